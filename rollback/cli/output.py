"""Where the program's words go: streams that write any text, and what becomes of it when they end. Knows no command."""

from __future__ import annotations

import codecs
import contextlib
import errno
import os
import sys
import warnings
from typing import Any, Final

from rollback.cli.exit_codes import BROKEN_PIPE, FINE, NOT_WRITTEN

__all__ = ["code_of", "finish", "forgive_encodings", "hush_checker", "is_unicode", "say"]

# Of what a full or broken disk answers; whatever else the system refuses is told where it happens.
_UNWRITABLE: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def forgive_encodings() -> None:
    """Let stdout and stderr write a question mark for what their encoding does not have, rather than raise."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def hush_checker() -> None:
    """Leave out what gymnasium's checker says of environments, such as of a reward for each player, which `split` takes."""
    warnings.filterwarnings("ignore", module=r"gymnasium\.utils\.passive_env_checker")


def is_unicode(stream: Any) -> bool:
    """Whether a picture of blocks and braille can be written there."""
    try:
        return codecs.lookup(getattr(stream, "encoding", None) or "").name.startswith("utf")
    except LookupError:
        return False


def say(sentence: str) -> None:
    """Write a line to stderr, if anybody is there to read it."""
    with contextlib.suppress(OSError, ValueError):
        print(sentence, file=sys.stderr, flush=True)


def code_of(error: BaseException | None) -> int | None:
    """Return the exit code for an output that could not be written, having said so; None where `error` is none of that."""
    if not isinstance(error, OSError):
        return None
    if error.errno == errno.EPIPE:
        return BROKEN_PIPE
    if error.errno not in _UNWRITABLE:
        return None
    where = f" to {error.filename}" if error.filename else ""
    say(f"rollback: what there was to tell could not be written{where}: {error.strerror}; make room, or write it elsewhere")
    return NOT_WRITTEN


def finish(code: int) -> int:
    """Write what stdout still holds, and return the exit code; a trouble that `code` tells of already comes first."""
    if sys.stdout is None:
        return code
    try:
        sys.stdout.flush()
    except OSError as error:
        found = code_of(error)
        if found is None and error.errno != errno.EINVAL:  # Windows has this for a pipe that nobody reads
            raise
        code = code if code != FINE else found or BROKEN_PIPE
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter tries again at its end
    return code
