"""GridWorld as a PettingZoo environment, `pettingzoo:rollback.envs.gridworld_v0`. Knows which game it is and its worth.

Agents: `player_0` ... as many as the layout allows. An action is stay, up, down, left, right or act: `Discrete(6)`. An
observation is whole numbers, named by `GridWorld.observed`, one's own place first; with `tabular=True` it is the one
number that `state_index` returns, for layouts without a kitchen. The reward is the points made (`reward="score"`; in the
layouts where all work together everybody has the same), or those less the others' mean (`"margin"`, for a race). A match
ends when the goal was reached as often as it has to be, or when its time is up.
"""

from __future__ import annotations

from typing import Any

from rollback.envs.built_in.parallel import BuiltInParallel, turn_by_turn
from rollback.envs.built_in.views import Reward
from rollback.games import GridWorld

__all__ = ["env", "parallel_env", "raw_env"]


def parallel_env(
    players: int = 2,
    layout: Any = "handover",
    *,
    pace: int | None = None,
    limit: int | None = None,
    goals: int | None = None,
    tabular: bool = False,
    reward: Reward = "score",
    render_mode: str | None = None,
    max_cycles: int | None = None,
) -> BuiltInParallel:
    """Return the environment in which all agents act at once; see `rollback.games.GridWorld` and `BuiltInParallel`."""
    paced = {} if pace is None else {"pace": pace}
    game = GridWorld(players, layout, limit=limit, goals=goals, **paced)
    return BuiltInParallel(
        game,
        "gridworld_v0",
        reward=reward,
        render_mode=render_mode,
        max_cycles=max_cycles,
        choices=len(GridWorld.buttons),
        tabular=tabular,
    )


def env(**settings: Any) -> Any:
    """Return the environment in which agents act one after the other, of the same settings."""
    return turn_by_turn(parallel_env(**settings))


raw_env = env
