"""The first lines of the program: a Ctrl-C while it still loads ends it without a word. Knows signals; knows no command.

It is imported before all else, so it imports nothing that takes time.
"""

from __future__ import annotations

import os
import signal

TYPE_CHECKING = False  # what checks types takes it for true, and `typing` takes its time
if TYPE_CHECKING:
    from typing import Any, NoReturn

__all__ = ["loaded", "main"]

_INTERRUPTED = 130  # of `exit_codes`: 128 and the number of SIGINT, as shells have it


def main() -> NoReturn:
    """Run the program on the command line it was started with, and leave the process with its code."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not where it is ignored, as behind `nohup ... &`
        signal.signal(signal.SIGINT, _leave)
    from rollback.cli import app

    app.main()


def loaded() -> None:
    """Let Ctrl-C be a `KeyboardInterrupt` from here on; what catches it is loaded."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _leave(number: int, frame: Any) -> NoReturn:
    os._exit(_INTERRUPTED)  # nothing is open or written yet, and an exception within an import may be swallowed or told
