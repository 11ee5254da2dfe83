"""Who may write into a run's folder: one process at a time. Knows a file that is locked; knows no training."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final, Self

from rollback.agents.checkpoints.only_files import only_files_here
from rollback.errors import CheckpointError

__all__ = ["Writing", "is_taken"]

_LOCK: Final = ".lock"
_TRIES: Final = 15  # who only looks whether somebody writes holds the lock too, for less than a millisecond
_PAUSE: Final = 0.02  # seconds between two
_TAKEN: Final = (BlockingIOError, PermissionError)  # what a lock that somebody holds is told by; the second on Windows


class Writing:
    """The right to write into a folder, until it is closed or its process ends, however that happens.

    Used in `with`, or closed. The folder's time is that of the taking, so that who watches many folders looks only there.

    Args:
        folder: The run's folder.

    Raises:
        CheckpointError: Another process has it, the folder takes no file, or its disk knows no locks.
    """

    def __init__(self, folder: Path) -> None:
        place = folder / _LOCK
        try:
            self._file: BinaryIO = open(place, "ab", buffering=0, opener=only_files_here)
        except OSError as error:
            raise CheckpointError(f"{place} cannot be written ({error.strerror or error})") from None
        for left in reversed(range(_TRIES)):
            try:
                _lock(self._file)
                break
            except _TAKEN:
                if left:
                    time.sleep(_PAUSE)
                    continue
                self._file.close()
                raise CheckpointError(
                    f"the run {folder.name} is being trained by another process, a studio or rollback train: stop it there"
                ) from None
            except OSError as error:
                self._file.close()
                raise CheckpointError(
                    f"{place} cannot be locked ({error.strerror or error}): keep the runs on another disk"
                ) from None
        with suppress(OSError):
            os.utime(folder)

    def close(self) -> None:
        """Let others write. Closing twice is allowed."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()


def is_taken(folder: Path) -> bool:
    """Return whether a process has the right to write into a folder; not where that cannot be found out."""
    try:
        file = open(folder / _LOCK, "rb", buffering=0, opener=only_files_here)
    except OSError:  # who wants to write there is told why it cannot
        return False
    with file:
        try:
            _lock(file, is_shared=True)
        except _TAKEN:
            return True
        except OSError:
            return False
    return False


def _lock(file: BinaryIO, *, is_shared: bool = False) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        fcntl.flock(file, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
