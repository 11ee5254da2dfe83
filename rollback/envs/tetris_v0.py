"""Tetris as a PettingZoo environment, `pettingzoo:rollback.envs.tetris_v0`. Knows which game it is and what it is worth.

Agents: `player_0` ... of one to four. With `actions="buttons"` an action is eight buttons, left, right, soft drop, hard
drop, turn right, turn left, hold and turn half: `MultiBinary(8)`, a step is a frame. With `actions="placements"` a step
is one piece of each player, and an action says where to drop it: `Discrete(80)`, see `rollback.games.Tetris`. An
observation is whole numbers, named by `Tetris.observed`: the own rows as ten bits each, the piece, hold and queue, and
the rows of the others. The reward is the points made (`reward="score"`), less the others' mean (`"margin"`), or -1 for
going out, which the others share as their gain (`"survival"`: 1 and -1 for two). A match ends when at most one player
of several, or none of one, is left; who is out before stays an agent, whose actions do nothing.
"""

from __future__ import annotations

from typing import Any, Literal

from rollback.envs.built_in.parallel import BuiltInParallel, turn_by_turn
from rollback.envs.built_in.views import Reward
from rollback.games import Tetris
from rollback.games.tetris_board import ACTIONS

__all__ = ["env", "parallel_env", "raw_env"]


def parallel_env(
    players: int = 2,
    actions: Literal["buttons", "placements"] = "buttons",
    *,
    level: int = 1,
    limit: int | None = None,
    reward: Reward = "score",
    render_mode: str | None = None,
    max_cycles: int | None = None,
) -> BuiltInParallel:
    """Return the environment in which all agents act at once; see `rollback.games.Tetris` and `BuiltInParallel`."""
    game = Tetris(players, actions, level=level, limit=limit)
    choices = ACTIONS if actions == "placements" else None
    return BuiltInParallel(game, "tetris_v0", reward=reward, render_mode=render_mode, max_cycles=max_cycles, choices=choices)


def env(**settings: Any) -> Any:
    """Return the environment in which agents act one after the other, of the same settings."""
    return turn_by_turn(parallel_env(**settings))


raw_env = env
