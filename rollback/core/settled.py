"""Readers of settled frames: each frame once, in order, for each of them. Knows rows by frame; knows no peers.

A reader looks into the simulation's ring of played rows; only what it has not read when the ring comes round is copied.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from rollback.core.queues import MASK
from rollback.core.simulation import NEVER, Simulation
from rollback.types import Confirmed

__all__ = ["SettledReader"]


class SettledReader:
    """Iterate to take what has settled since the last time; nothing is lost or handed out twice.

    What is not taken is kept, at the cost of one reference a frame: a reader that is no longer wanted is to be closed.

    Args:
        sim: Where the rows of played frames stand.
        settle: Says which frame is the newest settled one.
        readers: Those who must collect before the ring comes round; the reader enters itself.
    """

    __slots__ = ("_backlog", "_next", "_readers", "_settle", "_sim")

    def __init__(self, sim: Simulation, settle: Callable[[], int], readers: list[SettledReader]) -> None:
        self._sim = sim
        self._settle = settle
        self._readers = readers
        self._next = settle() + 1
        self._backlog: deque[tuple[bytes, ...]] = deque()  # rows from frame `_next` on
        readers.append(self)

    def take(self) -> list[Confirmed]:
        """Return what has settled since the last time."""
        settled, frame = self._settle(), self._next
        if frame > settled:
            return []
        sim = self._sim
        self._next = settled + 1
        if not self._backlog:
            played, decode = sim.played, sim.decode
            if frame == settled:
                return [Confirmed(frame, *decode(played[frame & MASK]))]
            return [Confirmed(at, *decode(played[at & MASK])) for at in range(frame, settled + 1)]
        self._next = frame
        self.collect(settled)
        self._next = settled + 1
        rows, self._backlog = self._backlog, deque()
        return [Confirmed(at, *sim.decode(row)) for at, row in enumerate(rows, frame)]

    def __iter__(self) -> Iterator[Confirmed]:
        return iter(self.take())

    def __len__(self) -> int:
        return max(0, self._settle() + 1 - self._next)

    def collect(self, settled: int) -> None:
        """Copy what was not read yet, up to `settled`, before the ring comes round."""
        played, start = self._sim.played, self._next + len(self._backlog)
        low, high = start & MASK, settled + 1 & MASK
        if start > settled:
            return
        if low < high:
            self._backlog.extend(played[low:high])
        else:
            self._backlog.extend(played[low:])
            self._backlog.extend(played[:high])

    def begin_at(self, frame: int) -> None:
        """Go on with a later frame: those before it are not here."""
        self._backlog.clear()
        self._next = frame

    def close(self) -> None:
        """Stop keeping frames for this reader."""
        self._readers[:] = [reader for reader in self._readers if reader is not self]
        self._backlog.clear()
        self._next = NEVER
