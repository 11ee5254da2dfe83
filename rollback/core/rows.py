"""How rows of others come into the rings: which are new, which were guessed wrong, which contradict. Knows no peer."""

from __future__ import annotations

from typing import Final

from rollback.core.queues import MASK, InputQueue
from rollback.core.simulation import Simulation
from rollback.wire.runs import Change, changed_row

__all__ = ["BUFFERED_AHEAD", "UNCONFIRMED", "contradicts", "extend", "note_change"]

COMPARED: Final = 128  # known frames that are compared with what is told of them again: half the rings
UNCONFIRMED: Final = 130  # frames a peer's inputs may be past what it confirmed; its window and delay allow it 122
BUFFERED_AHEAD: Final = 128  # frames past ours that are taken in: half the rings; what lies further is sent again


def extend(sim: Simulation, queue: InputQueue, rows: list[bytes]) -> None:
    """Take the next rows of a queue, and note the first that a simulated frame was not stepped with."""
    ring, known = queue.rows, queue.known
    for row in rows:
        known += 1
        slot = known & MASK
        # What a simulated frame was stepped with stands in the ring until the real row takes its place.
        if known < sim.frame and known < sim.wrong and ring[slot] != row:
            sim.wrong = known
        ring[slot] = row
    queue.known = known
    queue.last = rows[-1]


def note_change(queue: InputQueue, changes: list[Change], known: int) -> None:
    """Note the newest of the changes that brought the queue on from `known`: what follows is compared with it."""
    for frame, _, delta in changes:
        if known < frame <= queue.known:
            queue.changed, queue.delta = frame, delta[0]
            break


def contradicts(queue: InputQueue, changes: list[Change]) -> bool:
    """Whether a datagram tells another input for a known frame than the one that is kept. The first one told stands."""
    ring, known = queue.rows, queue.known
    oldest = max(0, known - COMPARED)
    return any(
        ring[frame & MASK] != changed_row(ring[frame - 1 & MASK], token, delta)
        for frame, token, delta in changes
        if oldest <= frame <= known
    )
