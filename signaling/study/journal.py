"""Lines of JSON that are only ever added to a file, each on the disk before anybody is answered. Knows no meaning of them.

What a crash cut in the middle is the last line: it was answered to nobody, and is cut off when the file is opened again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rollback.errors import UsageError

__all__ = ["Journal", "sync_folder"]


class Journal:
    """A file of events.

    Args:
        path: The file; made if there is none.

    Raises:
        UsageError: It cannot be read or written, or a line but the last is damaged.

    Attributes:
        events: What was in it when it was opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            is_new = not path.exists()
            with open(path, "ab+", opener=_private) as file:
                file.seek(0)
                content = file.read()
                whole = content.rfind(b"\n") + 1
                if whole < len(content):
                    file.truncate(whole)
                    file.flush()
                    os.fsync(file.fileno())
            if is_new:
                sync_folder(path.parent)
        except OSError as error:
            raise UsageError(f"the journal {str(path)!r} cannot be kept: {error.strerror or error}") from None
        self._size = whole
        self.events = [self._read(number, line) for number, line in enumerate(content[:whole].splitlines(), 1)]

    def add(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Add events, all of them or none.

        Raises:
            OSError: They could not be written; the file is as it was, as far as the disk lets it.
        """
        lines = "".join(json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n" for event in events).encode()
        if not lines:
            return
        with open(self.path, "r+b", buffering=0) as file:  # a buffer would write what failed again when it is closed
            file.seek(self._size)
            try:
                written = 0
                while written < len(lines):
                    written += file.write(lines[written:])
                os.fsync(file.fileno())
            except OSError:
                file.truncate(self._size)
                raise
        self._size += len(lines)

    def _read(self, number: int, line: bytes) -> dict[str, Any]:
        try:
            event = json.loads(line)
            if not isinstance(event, dict):
                raise ValueError
        except (ValueError, RecursionError):
            raise UsageError(
                f"{self.path}, line {number}: this is no event, somebody changed the file: mend it or begin with another folder"
            ) from None
        return event


def _private(path: str, flags: int) -> int:
    """Open a file that, if it is made, nobody else reads, also where others may look into its folder."""
    return os.open(path, flags, 0o600)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk; some systems know no such thing."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
