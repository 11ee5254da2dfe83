"""The single-agent environments by id: which game, which settings, which reward. Knows no registry."""

from __future__ import annotations

from typing import Any, Final

from rollback.envs.built_in_solo import BuiltInSolo
from rollback.games import Duel, GridWorld, Pong, Tetris
from rollback.games.tetris_board import ACTIONS

__all__ = ["duel", "gridworld", "gridworld_coop", "pong", "tetris", "tetris_placements"]

_MATCH: Final = 450  # moves


def pong(**settings: Any) -> BuiltInSolo:
    """Return `rollback/Pong-v0`: +1 for a goal, -1 for one let in; the settings are those of `BuiltInSolo`."""
    return BuiltInSolo(Pong(), "rollback/Pong-v0", **settings)


def duel(**settings: Any) -> BuiltInSolo:
    """Return `rollback/Duel-v0`: +1 for a round won, -1 for one lost; the settings are those of `BuiltInSolo`."""
    return BuiltInSolo(Duel(), "rollback/Duel-v0", **settings)


def tetris(*, players: int = 1, level: int = 1, limit: int | None = None, **settings: Any) -> BuiltInSolo:
    """Return `rollback/Tetris-v0`: points, by eight buttons a frame; with more players, against bots that send garbage.

    The settings are those of `BuiltInSolo`; the others are those of `rollback.games.Tetris`.
    """
    game = Tetris(players, level=level, limit=limit)
    return BuiltInSolo(game, "rollback/Tetris-v0", **{"reward": "score", **settings})


def tetris_placements(*, players: int = 1, level: int = 1, limit: int | None = None, **settings: Any) -> BuiltInSolo:
    """Return `rollback/TetrisPlacements-v0`: points, by one placement a step, see `Tetris.placements` for what is possible.

    The settings are those of `BuiltInSolo`; the others are those of `rollback.games.Tetris`.
    """
    game = Tetris(players, "placements", level=level, limit=limit)
    return BuiltInSolo(game, "rollback/TetrisPlacements-v0", **{"reward": "score", "choices": ACTIONS, **settings})


def gridworld(
    *,
    layout: Any = "rooms",
    pace: int = 1,
    limit: int | None = None,
    tabular: bool = True,
    **settings: Any,
) -> BuiltInSolo:
    """Return `rollback/GridWorld-v0`: one player who looks for the goal, every cell a number, for learning tables.

    The seed decides the cell it starts from, never the map. The settings are those of `BuiltInSolo`; the others are those
    of `rollback.games.GridWorld`, which tells what the points are.
    """
    game = GridWorld(1, layout, pace=pace, limit=limit)
    return BuiltInSolo(game, "rollback/GridWorld-v0", tabular=tabular, **_walking(settings))


def gridworld_coop(
    *,
    players: int = 2,
    layout: Any = "handover",
    pace: int = 1,
    limit: int | None = None,
    **settings: Any,
) -> BuiltInSolo:
    """Return `rollback/GridWorldCoop-v0`: player 0 cooks and serves with scripted partners, and all are paid alike.

    A match is 450 moves, as long as the one that people play at their pace. The settings are those of `BuiltInSolo`; the
    others are those of `rollback.games.GridWorld`.
    """
    game = GridWorld(players, layout, pace=pace, limit=limit or _MATCH * pace)
    return BuiltInSolo(game, "rollback/GridWorldCoop-v0", **_walking(settings))


def _walking(settings: dict[str, Any]) -> dict[str, Any]:
    return {"reward": "score", "choices": len(GridWorld.buttons), **settings}
