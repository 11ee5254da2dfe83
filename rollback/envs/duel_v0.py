"""Duel as a PettingZoo environment, `pettingzoo:rollback.envs.duel_v0`. Knows which game it is and what it is worth.

Agents: `player_0` (left) and `player_1`. An action is five buttons, back, forward, punch, kick and dash, meant from the
fighter's own side: `MultiBinary(5)`. An observation is seventeen whole numbers, named by `Duel.observed`. The reward of
a round is +1 to who wins it and -1 to who loses it, nothing for a draw (`reward="margin"`), or +1 to everyone who won
it (`reward="score"`). A match ends when somebody has three rounds.
"""

from __future__ import annotations

from typing import Any

from rollback.envs.built_in.parallel import BuiltInParallel, turn_by_turn
from rollback.envs.built_in.views import Reward
from rollback.games import Duel

__all__ = ["env", "parallel_env", "raw_env"]


def parallel_env(
    *, reward: Reward = "margin", render_mode: str | None = None, max_cycles: int | None = None
) -> BuiltInParallel:
    """Return the environment in which all agents act at once; for the arguments see `BuiltInParallel`."""
    return BuiltInParallel(Duel(), "duel_v0", reward=reward, render_mode=render_mode, max_cycles=max_cycles)


def env(**settings: Any) -> Any:
    """Return the environment in which agents act one after the other, of the same settings."""
    return turn_by_turn(parallel_env(**settings))


raw_env = env
