"""Agents that were trained here, shortly, for each of the built-in games. Knows no browser."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from rollback.agents.checkpoints import Checkpoint
from rollback.agents.races import RACES
from rollback.agents.training import make_algorithm

__all__ = ["GAMES", "trained"]

_SMALL: Final = {"population": 6, "elite": 2, "opponents": 2, "pool": 3, "frames": 400}
# By the name of a game in which they play: how they are trained, on what, by which parameters, for how many steps, and the
# seed, with which so short a training comes to more than one button.
GAMES: Final[dict[str, tuple[str, str, dict[str, Any], int, int]]] = {
    RACES["rooms"]: ("q-learning", "gridworld?layout=rooms", {}, 20_000, 1),
    "tetris": ("cross-entropy", "tetris", {"population": 10, "elite": 2}, 1_500, 1),
    "pong": ("self-play", "pong", _SMALL, 10_000, 1),
    "duel": ("self-play", "duel", _SMALL, 30_000, 4),
}


@cache
def trained(game: str) -> Checkpoint:
    """Return an agent that plays this game."""
    algorithm, environment, parameters, steps, seed = GAMES[game]
    training = make_algorithm(algorithm, environment, parameters, seed)
    training.advance(steps)
    return training.checkpoint()
