"""The single-agent environments by id: which game, which settings, which reward. Knows no registry."""

from __future__ import annotations

from typing import Any

from rollback.envs.built_in_solo import BuiltInSolo
from rollback.games import Duel, Pong, Tetris
from rollback.games.tetris_board import ACTIONS

__all__ = ["duel", "pong", "tetris", "tetris_placements"]


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
