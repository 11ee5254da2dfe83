"""The temporary folder of a run, and what is told where it has no room. Knows the operating system; knows no match."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rollback.errors import UsageError

__all__ = ["run_folder", "writing"]


def run_folder() -> Path:
    """Return a new folder, which whoever asks for it removes.

    Raises:
        UsageError: None can be made.
    """
    with writing(tempfile.gettempdir()):
        return Path(tempfile.mkdtemp(prefix="rollback-pool-"))


@contextmanager
def writing(folder: object) -> Iterator[None]:
    """Tell in one sentence that something could not be written into a temporary folder.

    Raises:
        UsageError: It could not.
    """
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"the temporary folder {folder} cannot be written: {error.strerror or error}; make room there, or name another one"
            " by the variable TMPDIR"
        ) from None
