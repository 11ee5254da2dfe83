"""Plays the slots of those who are gone, on the lowest peer, by a policy. Knows the game and rows; knows no peers.

What the policy does becomes ordinary inputs, sent like our own players'; so any policy will do, and the others need none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollback.core.queues import MASK, InputQueue, LocalInputs
from rollback.core.simulation import Simulation
from rollback.game import ActionCodec

__all__ = ["StandIn"]


class StandIn:
    """The slots we play for.

    Args:
        policy: `act(observation, memory) -> (action, memory)`, or a function of game and player.
        sim: The game, and where rows are compared with what was simulated.
        codecs: One codec a player.
    """

    def __init__(self, policy: Any, sim: Simulation, codecs: tuple[ActionCodec, ...]) -> None:
        self.slots: dict[int, LocalInputs] = {}
        self._policy = policy
        self._sim = sim
        self._codecs = codecs
        self._memories: dict[int, Any] = {}

    def adopt(self, seat: int, queue: InputQueue, delay: int) -> None:
        """Begin to play a slot: idle up to the present, then by the policy with the given input delay."""
        if seat in self.slots:
            return
        sim = self._sim
        before = queue.known
        guessed = {frame: queue.rows[frame & MASK] for frame in range(before + 1, sim.frame)}
        queue.changes.clear()
        for _ in range(before + 1, sim.frame):
            queue.append(queue.idle)
        for frame, row in guessed.items():
            if row != queue.idle:
                sim.wrong = min(sim.wrong, frame)
                break
        self.slots[seat] = LocalInputs(queue, delay)
        self.slots[seat].captured = sim.frame - 1

    def release(self, seat: int) -> None:
        """Stop playing a slot; its owner is back."""
        self.slots.pop(seat, None)

    def capture(self, frame: int, stops: Mapping[int, int]) -> None:
        """Take the policy's actions at `frame`, once.

        Args:
            frame: The frame the game stands at.
            stops: The frames from which slots are no longer ours to play, by seat.
        """
        for seat, local in sorted(self.slots.items()):
            if local.captured >= frame or local.queue.known + 1 >= stops.get(seat, 1 << 60):
                continue
            local.capture(frame, b"".join([self._act(player) for player in local.queue.players]))
            local.queue.forget(local.queue.known)  # what is forwarded is made from the ring

    def _act(self, player: int) -> bytes:
        policy, game = self._policy, self._sim.game
        if hasattr(policy, "act"):
            observation = game.observe(player) if hasattr(game, "observe") else game
            action, self._memories[player] = policy.act(observation, self._memories.get(player))
        else:
            action = policy(game, player)
        return self._codecs[player].encode(action)
