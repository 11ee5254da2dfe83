"""A game of three, for real processes: whatever anybody presses changes all that follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

SIZE = 997


class Trio:
    """Three points on a ring; each moves by what its player presses and by where the others are."""

    players = 3

    def __init__(self) -> None:
        self.reset(0)

    def reset(self, seed: int) -> None:
        self.places = [(seed + 100 * player) % SIZE for player in range(self.players)]
        self.steps = 0

    def step(self, actions: Sequence[int]) -> None:
        left = self.places[-1]
        for player, action in enumerate(actions):
            self.places[player] = left = (self.places[player] * 31 + left + action % 7) % SIZE
        self.steps += 1

    def observe(self, player: int) -> dict[str, Any]:
        return {"place": self.places[player], "steps": self.steps}

    def save(self) -> dict[str, Any]:
        return {"places": list(self.places), "steps": self.steps}

    def load(self, state: dict[str, Any]) -> None:
        self.places, self.steps = list(state["places"]), state["steps"]
