"""A game on its way to the present of a running match: a state from a feed, then settled rows. Knows no peers and no clock."""

from __future__ import annotations

from typing import Any

from rollback.core.confirmation import Confirmation
from rollback.core.follower import Follower
from rollback.core.queues import MASK
from rollback.core.simulation import Simulation
from rollback.state.trees import shown

__all__ = ["Boarding"]


class Boarding:
    """Steps the game on what a feed brings.

    Args:
        sim: The game, not started yet.
        confirmation: What is confirmed and settled.

    Attributes:
        follower: The receiving side of the feed.
        first: Frame of the state the game began with, -1 before.
        problem: Why this can lead nowhere, None while it can.
    """

    def __init__(self, sim: Simulation, confirmation: Confirmation) -> None:
        self.follower = Follower()
        self.first = -1
        self.problem: str | None = None
        self._sim = sim
        self._confirmation = confirmation

    def advance(self, most: int) -> None:
        """Take a state that has come, and step at most so many settled frames."""
        follower = self.follower
        begun = follower.take_state()
        if begun is not None:
            self._begin(*begun)
        if self.first >= 0 and self.problem is None:
            self._play(follower.take_rows(most))
        done = follower.done
        if self.problem is None:
            self.problem = follower.problem
        if self.problem is None and done is not None and not follower.available and (done.over or self.first < 0):
            self.problem = done.reason

    def place_rest(self) -> None:
        """Enter the rows that wait, without a step: they are known from now on."""
        for frame, row in self.follower.take_rows():
            self._place(frame, row)

    def _begin(self, frame: int, state: Any) -> None:
        """Let the game stand at a state that was given us; whatever it does to the game, it is not believed then."""
        sim, name, keyframe = self._sim, type(self._sim.game).__name__, self.follower.keyframe
        assert keyframe is not None
        sim.start()
        if sim.opaque:
            self.problem = f"the snapshots of {name} are no state trees, so nobody can come into a running match"
            return
        try:
            sim.game.load(state)
            sim.frame = sim.present = sim.began = frame
            is_right = sim.digest_at(frame) == keyframe.checksum
        except Exception as error:
            self._reject(f"{name} cannot load the state of frame {frame}: {shown(error)}")
            return
        if not is_right:
            self._reject(f"the game is not in the state of frame {frame} that it was given")
            return
        for queue in sim.queues:
            queue.stand(frame - 1, queue.idle)
        self._confirmation.begin_at(frame)
        self.first = frame

    def _reject(self, why: str) -> None:
        sim = self._sim
        sim.frame = sim.present = sim.began = 0  # or the first frames would count as confirmed, which nobody played here
        self.follower.reject(why)

    def _play(self, rows: list[tuple[int, bytes]]) -> None:
        sim = self._sim
        for frame, row in rows:
            self._place(frame, row)
            if sim.failure is None and not sim.is_over():
                sim.advance()
                self._confirmation.confirm()  # each time: snapshots are few, and checksums are of some of them
        if sim.failure is not None:
            self.problem = f"step raised at frame {sim.frame}:\n{sim.failure}"

    def _place(self, frame: int, row: bytes) -> None:
        """Enter a row of the match into the queues."""
        sizes = [codec.size for codec in self._sim.codecs]
        starts = [sum(sizes[:player]) for player in range(len(sizes))]
        for queue in self._sim.queues:
            part = b"".join([row[starts[player] : starts[player] + sizes[player]] for player in queue.players])
            if frame > queue.known:
                queue.known = frame
                queue.last = queue.last if part == queue.last else part
                part = queue.last
            queue.rows[frame & MASK] = part
