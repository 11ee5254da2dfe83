"""Rings of inputs, one queue a peer and one row a frame. Knows frames and widths; knows no clock and no network.

A row is what all players of one peer do in one frame, side by side in the order of their numbers. Rows up to `known` are
real; past it the ring holds what was guessed when the frame was simulated.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from rollback.config import MAX_DELAY
from rollback.errors import UsageError
from rollback.wire.limits import RING
from rollback.wire.runs import Change, change_between, payload_lengths

__all__ = ["InputQueue", "LocalInputs"]

MASK = RING - 1


class InputQueue:
    """The rows of one peer's players.

    Attributes:
        players: The players, in ascending order.
        known: Newest frame whose row is here.
        last: The row at `known`; before the first, the idle row.
        rows: Ring of rows by frame.
        changes: Our own rows that differ from the one before, as tokens, until everybody acknowledged them.
        changed: Frame of the newest change.
        delta: First byte of its delta (of a remote queue).
        cut: Whether no more rows will come; the player idles past `known`.
    """

    __slots__ = (
        "changed",
        "changes",
        "cut",
        "delta",
        "idle",
        "known",
        "last",
        "lengths",
        "players",
        "rows",
        "spans",
        "width",
    )

    def __init__(self, players: Sequence[int], idle: Sequence[bytes]) -> None:
        self.players = tuple(players)
        self.spans: dict[int, tuple[int, int]] = {}
        at = 0
        for player in self.players:
            self.spans[player] = (at, at + len(idle[player]))
            at += len(idle[player])
        self.width = at
        self.idle = b"".join(idle[player] for player in self.players)
        self.known = -1
        self.last = self.idle
        self.rows: list[bytes] = [self.idle] * RING
        self.changes: deque[Change] = deque()
        self.lengths = payload_lengths(self.width)
        self.changed = self.delta = -1
        self.cut = False

    def append(self, row: bytes) -> None:
        """Add our own row for frame `known + 1`; it will be sent."""
        self.known = frame = self.known + 1
        self.rows[frame & MASK] = row
        if row != self.last:
            token, delta = change_between(self.last, row)
            self.changes.append((frame, token, delta))
            self.changed = frame
            self.last = row
        else:
            self.rows[frame & MASK] = self.last  # the same object: what is equal is then mostly seen to be the same

    def recall(self, frame: int) -> bool:
        """Have the changes after `frame` at hand again, for somebody who holds no more; False where the ring is too short."""
        if not -1 <= frame <= self.known or self.known - frame >= RING:
            return False
        before = self.rows[frame & MASK] if frame >= 0 else self.idle
        changes: deque[Change] = deque()
        for at in range(frame + 1, self.known + 1):
            row = self.rows[at & MASK]
            if row != before:
                changes.append((at, *change_between(before, row)))
                before = row
        self.changes = changes
        if changes:
            self.changed = changes[-1][0]
        return True

    def stand(self, frame: int, row: bytes) -> None:
        """Begin at a frame: `row` is the newest that is known, and nothing before it need ever be sent."""
        self.known, self.last, self.changed, self.delta = frame, row, -1, -1
        self.rows[frame & MASK] = row
        self.changes.clear()

    def forget(self, frame: int) -> None:
        """Drop what is only needed to send rows up to `frame`, which every peer acknowledged."""
        changes = self.changes
        while changes and changes[0][0] <= frame:
            changes.popleft()

    def history_of(self, player: int) -> Callable[[int], bytes | None]:
        """Return what tells a player's known input of a frame, None where it is no longer, or not yet, here."""
        start, stop = self.spans[player]
        rows = self.rows

        def history(frame: int) -> bytes | None:
            known = self.known
            if frame > known or frame < 0 or known - frame >= RING:
                return None
            return rows[frame & MASK][start:stop]

        return history


class LocalInputs:
    """The actions of our own players on their way to the frames in which they take effect.

    An action captured at frame f goes to frame f + delay. Each player has a delay of its own; a row is complete, and may
    be sent, once every one of our players has an input for it.

    Attributes:
        captured: Newest frame at which actions were taken.
        steady: Whether a captured row simply follows the newest one: one player, whose delay has not just changed.
    """

    __slots__ = ("captured", "delays", "queue", "steady", "waiting")

    def __init__(self, queue: InputQueue, delay: int) -> None:
        self.queue = queue
        self.captured = -1
        self.steady = len(queue.players) == 1
        self.delays = dict.fromkeys(queue.players, delay)
        # Inputs per player from frame queue.known + 1 on. Frames before the delay are idle.
        self.waiting: dict[int, deque[bytes]] = {player: deque() for player in queue.players}
        for player, (start, stop) in queue.spans.items():
            self.waiting[player].extend([queue.idle[start:stop]] * delay)
        self._complete()

    def begin_at(self, frame: int) -> None:
        """Come into a running match: idle for as long as the delay, then what is captured from `frame` on.

        The queue's newest known row is that of the frame before.
        """
        self.captured = frame - 1
        self.steady = len(self.delays) == 1
        for player, (start, stop) in self.queue.spans.items():
            self.waiting[player].clear()
            self.waiting[player].extend([self.queue.idle[start:stop]] * self.delays[player])
        self._complete()

    def capture(self, frame: int, row: bytes) -> None:
        """Take our players' inputs, side by side, as captured at `frame`. Once a frame."""
        self.captured = frame
        queue = self.queue
        if self.steady:
            queue.append(row)
            return
        base = queue.known + 1
        for player, (start, stop) in queue.spans.items():
            waiting = self.waiting[player]
            target = frame + self.delays[player]
            if base + len(waiting) > target:
                continue  # the delay was lowered: this frame has its input already
            last = waiting[-1] if waiting else queue.last[start:stop]
            # The delay was raised: without filler the others would wait for these frames for ever.
            waiting.extend([last] * (target - base - len(waiting)))
            waiting.append(row[start:stop])
        self._complete()
        if len(self.delays) == 1:
            self.steady = queue.known == frame + self.delays[queue.players[0]]

    def set_delay(self, player: int, frames: int) -> None:
        """Change a player's delay from the next capture on; inputs that are queued never change.

        Raises:
            UsageError: The player is not ours, or `frames` is not in 0..60.
        """
        if player not in self.delays:
            raise UsageError(f"player {player!r} is not local: the input delay can be set for {sorted(self.delays)}")
        if type(frames) is not int or not 0 <= frames <= MAX_DELAY:
            raise UsageError(f"the input delay must be a whole number of frames from 0 to {MAX_DELAY}, not {frames!r}")
        self.delays[player] = frames
        self.steady = False

    def _complete(self) -> None:
        waiting = list(self.waiting.values())
        while waiting and all(waiting):
            self.queue.append(b"".join([inputs.popleft() for inputs in waiting]))
