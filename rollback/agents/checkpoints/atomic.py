"""A file written whole or not at all: under another name first, to the disk, then renamed. Knows no content."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

__all__ = ["UNFINISHED", "replacing", "write_whole"]

UNFINISHED: Final = ".unfinished"  # how the other name ends; what has it was being written when its process was killed


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that whoever reads it, at any moment and after any crash, finds all of the old or all of the new.

    Raises:
        OSError: It cannot be written; what was there before is still there.
    """
    with replacing(path) as file:
        file.write(content)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Yield a file to write to, which takes the place of another one when all of it is on the disk; closed early, it does not.

    Raises:
        OSError: It cannot be written; what was there before is still there.
    """
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}{UNFINISHED}")
    try:
        with open(unfinished, "xb") as file:
            yield file
            if file.closed:
                unfinished.unlink()
                return
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the renaming last; where folders cannot be opened, as on Windows, the system does so by itself."""
    try:
        opened = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(opened)
    except OSError:  # not on every file system can a folder be synced, and the file itself is safe
        pass
    finally:
        os.close(opened)
