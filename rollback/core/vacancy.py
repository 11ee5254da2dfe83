"""The inputs of a seat between the one who sat there and the one who will. Knows rows and frames; knows no peers."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from rollback.core.queues import MASK, InputQueue
from rollback.core.simulation import Simulation
from rollback.wire.inputs import new_rows
from rollback.wire.limits import MAX_TOKENS
from rollback.wire.messages import Join
from rollback.wire.runs import Change, change_between, decode_runs, encode_runs

__all__ = ["REACH", "bridge", "bridged", "fill", "row_at", "vacate"]

REACH: Final = 200  # frames from the newcomer's last to its first own: the rings of 256 hold them, and what is sent meanwhile


def row_at(queue: InputQueue, frame: int) -> bytes:
    """Return the row of a vacant seat: what was known of it, and then idle."""
    return queue.rows[frame & MASK] if frame <= queue.known else queue.idle


def bridge(queue: InputQueue, base: int, frame: int) -> tuple[list[bytes], bytes] | None:
    """Return a vacant seat's rows after `base` and before `frame`, and their tokens; None where these are too many."""
    rows = [row_at(queue, at) for at in range(base + 1, frame)]
    tokens, newest = encode_runs(_changes(base, row_at(queue, base), rows), base, frame - 1, MAX_TOKENS)
    return (rows, tokens) if newest == frame - 1 else None


def bridged(join: Join, before: bytes, lengths: tuple[int, ...]) -> list[bytes]:
    """Return the rows of a proposal, whose base has the row `before`.

    Raises:
        WireError: Its tokens are none.
    """
    changes = decode_runs(join.tokens, 0, join.frame - 1, lengths)
    return new_rows(changes, join.base, join.frame - 1, before, join.frame - 1 - join.base)


def fill(queue: InputQueue, sim: Simulation, base: int, rows: Sequence[bytes]) -> None:
    """Let a vacant seat have these rows from the frame after `base` on, and wait for what comes after them."""
    for frame, row in enumerate(rows, base + 1):
        slot = frame & MASK
        if frame > queue.known or queue.cut:
            if frame < min(sim.frame, sim.wrong) and queue.rows[slot] != row:
                sim.wrong = frame
            queue.rows[slot] = row
    queue.stand(base + len(rows), rows[-1])
    queue.cut = False


def vacate(queue: InputQueue, sim: Simulation) -> None:
    """Let a seat idle from here on."""
    queue.cut, queue.last = True, queue.idle
    for frame in range(queue.known + 1, sim.frame):
        if queue.rows[frame & MASK] != queue.idle:
            sim.wrong = min(sim.wrong, frame)
            break


def _changes(base: int, before: bytes, rows: Sequence[bytes]) -> deque[Change]:
    changes: deque[Change] = deque()
    for frame, row in enumerate(rows, base + 1):
        if row != before:
            changes.append((frame, *change_between(before, row)))
            before = row
    return changes
