"""The single-agent environments by id: which game, which settings, which reward. Knows no registry."""

from __future__ import annotations

from typing import Any, Final

from rollback.envs.built_in.solo import BuiltInSolo
from rollback.errors import UsageError
from rollback.games import Duel, GridWorld, Pong, Tetris
from rollback.games.tetris_board import ACTIONS

__all__ = ["SETTINGS", "duel", "gridworld", "gridworld_coop", "pong", "tetris", "tetris_placements"]

SETTINGS: Final = ("opponent", "reward", "frame_skip", "render_mode")

_MATCH: Final = 450  # moves


def pong(**settings: Any) -> BuiltInSolo:
    """Return `rollback/Pong-v0`: +1 for a goal, -1 for one let in; the settings are `SETTINGS`, see `BuiltInSolo`."""
    return _made(Pong(), "rollback/Pong-v0", settings)


def duel(**settings: Any) -> BuiltInSolo:
    """Return `rollback/Duel-v0`: +1 for a round won, -1 for one lost; the settings are `SETTINGS`, see `BuiltInSolo`."""
    return _made(Duel(), "rollback/Duel-v0", settings)


def tetris(*, players: int = 1, level: int = 1, limit: int | None = None, **settings: Any) -> BuiltInSolo:
    """Return `rollback/Tetris-v0`: points, by eight buttons a frame; with more players, against bots that send garbage.

    The further settings are `SETTINGS`, see `BuiltInSolo`; those named here are of `rollback.games.Tetris`.
    """
    return _made(Tetris(players, level=level, limit=limit), "rollback/Tetris-v0", settings, reward="score")


def tetris_placements(*, players: int = 1, level: int = 1, limit: int | None = None, **settings: Any) -> BuiltInSolo:
    """Return `rollback/TetrisPlacements-v0`: points, by one placement a step, see `Tetris.placements` for what is possible.

    The further settings are `SETTINGS`, see `BuiltInSolo`; those named here are of `rollback.games.Tetris`.
    """
    game = Tetris(players, "placements", level=level, limit=limit)
    return _made(game, "rollback/TetrisPlacements-v0", settings, reward="score", choices=ACTIONS)


def gridworld(
    *, layout: Any = "rooms", pace: int = 1, limit: int | None = None, tabular: bool = True, **settings: Any
) -> BuiltInSolo:
    """Return `rollback/GridWorld-v0`: one player who looks for the goal, every situation a number, for learning tables.

    The seed decides the cell it starts from, never the map. The further settings are `SETTINGS`, see `BuiltInSolo`; those
    named here are of `rollback.games.GridWorld`, which tells what the points are.
    """
    game = GridWorld(1, layout, pace=pace, limit=limit)
    return _made(game, "rollback/GridWorld-v0", settings, reward="score", choices=len(game.buttons), tabular=tabular)


def gridworld_coop(
    *, players: int = 2, layout: Any = "handover", pace: int = 1, limit: int | None = None, **settings: Any
) -> BuiltInSolo:
    """Return `rollback/GridWorldCoop-v0`: player 0 cooks and serves with scripted partners, and all are paid alike.

    A match is 450 moves, as long as the one that people play at their pace. The further settings are `SETTINGS`, see
    `BuiltInSolo`; those named here are of `rollback.games.GridWorld`.
    """
    game = GridWorld(players, layout, pace=pace, limit=_MATCH * pace if limit is None else limit)
    return _made(game, "rollback/GridWorldCoop-v0", settings, reward="score", choices=len(game.buttons))


def _made(game: Any, name: str, settings: dict[str, Any], **fixed: Any) -> BuiltInSolo:
    for setting in settings:
        if setting not in SETTINGS:
            raise UsageError(f"{name} has no setting {setting!r:.80}: besides those of its game it has {', '.join(SETTINGS)}")
    return BuiltInSolo(game, name, **{**fixed, **settings})
