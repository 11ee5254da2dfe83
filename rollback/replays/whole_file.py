"""Files that are written whole or not at all. Knows no format; who calls words the troubles of the disk."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

__all__ = ["write_whole"]


def write_whole(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Write a file beside its place and put it there when it is done; where that fails an older one stays as it was.

    Args:
        path: The file.
        write: Is given the open file.

    Raises:
        OSError: It cannot be written. What `write` raises is raised too.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        with open(part, "wb") as file:
            write(file)
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
