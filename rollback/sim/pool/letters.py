"""What is too long for a pipe goes by a file. Knows bytes; knows no match.

A process that is killed while it writes to a pipe that others use too leaves half a message there, and whoever reads it
waits for ever for the rest. What fits into a pipe at once is written at once, or not at all.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

from rollback.sim.pool.run_folder import writing

__all__ = ["LONGEST", "Letter", "opened", "posted"]

LONGEST: Final = 3000  # bytes; POSIX writes 4,096 at once (PIPE_BUF on Linux; 512 are promised), and an executor adds some

Letter = bytes | str


def posted(content: bytes, folder: Path) -> Letter:
    """Return what is to be sent: the content itself, or the path of a file with it, which whoever opens it removes.

    Raises:
        UsageError: The folder has no room for it.
    """
    if len(content) <= LONGEST:
        return content
    with writing(folder):
        number, path = tempfile.mkstemp(dir=folder, prefix="letter-")
        with os.fdopen(number, "wb") as file:
            file.write(content)
    return path


def opened(letter: Letter) -> bytes:
    """Return the content of what was posted; can be done once."""
    if isinstance(letter, bytes):
        return letter
    path = Path(letter)
    content = path.read_bytes()
    path.unlink(missing_ok=True)
    return content
