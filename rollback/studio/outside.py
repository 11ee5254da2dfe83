"""What other processes do to the folder of runs: which came, changed, went, and are being trained. Knows the disk, no state."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from rollback.agents.checkpoints import ListedRun, RunFolder, Runs, Stamp

__all__ = ["Look", "Outside"]

YOUNG: Final = 2_000_000_000  # ns: a file system's clock ticks slowly, so what changed just now may change under the same stamp


@dataclass(frozen=True, slots=True)
class Look:
    """What was found.

    Attributes:
        came: Runs that were not there at the last look.
        changed: Runs with something new in their folders: a checkpoint, facts, or a process that began to train them.
        gone: Names of runs that are not there any more.
        taken: Names of runs that a process trains, of those that were to be looked at.
    """

    came: tuple[ListedRun, ...]
    changed: tuple[ListedRun, ...]
    gone: tuple[str, ...]
    taken: frozenset[str]


class Outside:
    """Looks at a folder of runs again and again; a run in which nothing happened costs one question to the disk.

    Args:
        folder: Of the runs.
    """

    def __init__(self, folder: Runs) -> None:
        self._folder = folder
        self._stamps: dict[str, Stamp] = {}
        self._young: set[str] = set()
        self._taken: frozenset[str] = frozenset()

    def look(self, own: Collection[str] = ()) -> Look:
        """Return what has happened since the last time; one thread at a time.

        Args:
            own: Names of runs that are trained from here: only whether they are still there is looked at.

        Raises:
            CheckpointError: The folder cannot be read.
        """
        stamps, now = self._folder.stamps(), time.time_ns()
        gone = [name for name in self._stamps if name not in stamps]
        came: list[ListedRun] = []
        changed: list[ListedRun] = []
        begun: list[str] = []
        for name, stamp in stamps.items():
            before = self._stamps.get(name)
            is_young = now - stamp[1] < YOUNG
            if before is not None and before[0] != stamp[0]:  # another folder of the same name
                gone.append(name)
                before = None
            if name in own and before is not None:
                continue
            if before is None:
                listed = self._folder.look(name)
                if is_young and not listed.folder.has_facts():  # somebody is just making it
                    self._stamps.pop(name, None)
                    continue
                came.append(listed)
            elif stamp != before:
                changed.append(self._folder.look(name))
            elif name not in self._young and name not in self._taken:
                continue
            begun.append(name)
            self._stamps[name] = stamp
            (self._young.add if is_young else self._young.discard)(name)
        for name in gone:
            if name not in stamps:
                self._stamps.pop(name, None)
            self._young.discard(name)
        self._taken = frozenset(name for name in begun if RunFolder(self._folder.path / name).is_taken())
        return Look(tuple(came), tuple(changed), tuple(gone), self._taken)
