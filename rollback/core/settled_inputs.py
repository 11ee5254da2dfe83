"""Readers of settled inputs, for whoever needs no actions: many frames by one call. Knows rows by frame; knows no peers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from rollback.core.settled import SettledReader
from rollback.core.simulation import Simulation

__all__ = ["SettledInputs"]


class SettledInputs(SettledReader):
    """A reader that hands out inputs alone, which costs a small part of what the actions cost (benchmarks/recording.py)."""

    __slots__ = ("_rows_are_inputs",)

    def __init__(self, sim: Simulation, settle: Callable[[], int], readers: list[SettledReader]) -> None:
        super().__init__(sim, settle, readers)
        # With one player a peer, in the order of their numbers, a row already holds one input a player.
        self._rows_are_inputs = [[*queue.players] for queue in sim.queues] == [[player] for player in range(len(sim.queues))]

    def take_inputs(self) -> tuple[int, list[tuple[bytes, ...]]]:
        """Return the first frame that has settled since the last time, and from it on each frame's inputs, one a player."""
        settled, first = self._settle(), self._next
        if first > settled:
            return first, []
        self.collect(settled)
        rows, self._backlog = self._backlog, deque()
        self._next = settled + 1
        if self._rows_are_inputs:
            return first, list(rows)
        return first, [self._sim.decode(row)[1] for row in rows]
