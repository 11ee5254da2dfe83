"""The checkpoints of a run, as pages list them; a file is read again only when it was written anew. Trains nothing."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any, Final

from rollback.agents.checkpoints import EXTENSION, Checkpoint, RunFolder, is_id
from rollback.errors import CheckpointError

__all__ = ["Listing"]

MOST: Final = 1000  # entries that are remembered, and checkpoints of a run that are listed
_LAST: Final = re.compile(r"last-(\d{1,12})")
_BEST: Final = "best"

Entry = dict[str, Any]
Stamp = tuple[int, int, int]


class Listing:
    """Reads what checkpoints say of themselves. May be used by several threads."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[Stamp, Entry]] = {}
        self._lock = threading.Lock()

    def of(self, folder: RunFolder) -> list[Entry]:
        """Return the checkpoints of a run: the newest first, then the best, then those with names of their own."""
        try:
            places = [path for path in folder.path.glob(f"*{EXTENSION}") if is_id(path.stem)]
        except OSError as error:
            raise CheckpointError(f"{folder.path} cannot be read ({error.strerror or error})") from None
        entries = [entry for path in places[:MOST] if (entry := self._entry(path)) is not None]
        return sorted(entries, key=_place)

    def _entry(self, path: Path) -> Entry | None:
        try:
            found = path.stat()
        except OSError:  # deleted meanwhile
            return None
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        with self._lock:
            known = self._known.get(path)
        if known is not None and known[0] == stamp:
            return dict(known[1])
        entry = _read(path)
        with self._lock:
            while len(self._known) >= MOST:
                del self._known[next(iter(self._known))]
            self._known.pop(path, None)
            self._known[path] = stamp, entry
        return dict(entry)


def _read(path: Path) -> Entry:
    name = path.stem
    kind = _BEST if name == _BEST else "last" if _LAST.fullmatch(name) else "manual"
    entry: Entry = {"name": name, "kind": kind, "problem": ""}
    try:
        held = Checkpoint.load(path)
    except CheckpointError as error:
        return entry | {"problem": str(error)}
    entry |= {"episode": held.episode, "step": held.step, "epsilon": held.epsilon}
    return entry | {"hash": held.hash, "parent": held.parent, "metrics": dict(held.metrics)}


def _place(entry: Entry) -> tuple[int, int, str]:
    number = _LAST.fullmatch(entry["name"])
    return ("last", _BEST, "manual").index(entry["kind"]), -int(number[1]) if number else 0, entry["name"]
