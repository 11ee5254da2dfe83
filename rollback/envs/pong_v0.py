"""Pong as a PettingZoo environment, `pettingzoo:rollback.envs.pong_v0`. Knows which game it is and what it is worth.

Agents: `player_0` and `player_1`. An action is two buttons, up and down: `MultiBinary(2)`. An observation is nine whole
numbers (`Pong.observed`: both paddles, the ball's place and velocity, both points, the pause before the serve), to both
players as if they played on the left. The reward of a goal is +1, and -1 for whom it was scored against
(`reward="margin"`), or +1 and 0 (`reward="score"`). A match ends at five points.
"""

from __future__ import annotations

from typing import Any

from rollback.envs.built_in.parallel import BuiltInParallel, turn_by_turn
from rollback.envs.built_in.views import Reward
from rollback.games import Pong

__all__ = ["env", "parallel_env", "raw_env"]


def parallel_env(
    *, reward: Reward = "margin", render_mode: str | None = None, max_cycles: int | None = None
) -> BuiltInParallel:
    """Return the environment in which all agents act at once; for the arguments see `BuiltInParallel`."""
    return BuiltInParallel(Pong(), "pong_v0", reward=reward, render_mode=render_mode, max_cycles=max_cycles)


def env(**settings: Any) -> Any:
    """Return the environment in which agents act one after the other, of the same settings."""
    return turn_by_turn(parallel_env(**settings))


raw_env = env
