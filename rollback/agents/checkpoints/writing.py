"""Who may write into a run's folder: one process at a time. Knows a file that is locked; knows no training."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, Final, Self

from rollback.errors import CheckpointError

__all__ = ["Writing"]

_LOCK: Final = ".lock"


class Writing:
    """The right to write into a folder, until it is closed or its process ends, however that happens.

    Used in `with`, or closed.

    Args:
        folder: The run's folder.

    Raises:
        CheckpointError: Another process has it, or the folder takes no file.
    """

    def __init__(self, folder: Path) -> None:
        place = folder / _LOCK
        try:
            self._file: BinaryIO = open(place, "ab", buffering=0)
        except OSError as error:
            raise CheckpointError(f"{place} cannot be written ({error.strerror or error})") from None
        try:
            _lock(self._file)
        except OSError:
            self._file.close()
            raise CheckpointError(
                f"the run {folder.name} is being trained by another process, a studio or rollback train: stop it there first"
            ) from None

    def close(self) -> None:
        """Let others write. Closing twice is allowed."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()


def _lock(file: BinaryIO) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
