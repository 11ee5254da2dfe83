"""The state of a GridWorld as a tree, and back. Knows what may stand in it; knows no rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from rollback.errors import GameError
from rollback.games.gridworld_kitchen import Item

if TYPE_CHECKING:
    from rollback.games.gridworld import GridWorld

__all__ = ["restore", "saved"]

_ROWS: Final = ("cells", "facing", "waits", "carried", "held", "points", "won")  # a number a player
_MOST: Final = 1_000_000_000  # of what only counts


def saved(game: GridWorld) -> dict[str, Any]:
    """Return the state: a dict of whole numbers and tuples of them, none of which the game ever changes."""
    state: dict[str, Any] = {
        "cells": tuple(game.cells),
        "facing": tuple(game.facing),
        "waits": tuple(game.waits),
        "carried": tuple(game.carried),
        "held": tuple(game.held),
        "loose": game.loose,
        "doors": game.doors,
        "spot": game.spot,
        "points": tuple(game.points),
        "won": tuple(game.won),
        "clock": game.clock,
        "pause": game.pause,
        "word": game.word,
    }
    if game.kitchen is not None:
        state["kitchen"] = game.kitchen.save()
    return state


def restore(game: GridWorld, state: Mapping[str, Any]) -> None:
    """Make a game become a state that `saved` returned.

    Raises:
        GameError: It is none, or one of another layout, pace or number of players; the game stays as it was.
    """
    try:
        rows = [[*state[name]] for name in _ROWS]
        loose, doors, spot = state["loose"], state["doors"], state["spot"]
        clock, pause, word = state["clock"], state["pause"], state["word"]
        _check(game, rows, loose | doors, spot)
        if not (0 <= clock <= _MOST and 0 <= pause <= _MOST and 0 < word < 1 << 32):
            raise ValueError("no clock")
        if game.kitchen is not None:
            game.kitchen.load(state["kitchen"])
    except (KeyError, TypeError, ValueError, IndexError):
        raise GameError(f"GridWorld.load takes what GridWorld.save returned, not {state!r:.100}") from None
    game.cells, game.facing, game.waits, game.carried, game.held, game.points, game.won = rows
    game.loose, game.doors, game.spot = loose, doors, spot
    game.clock, game.pause, game.word = clock, pause, word


def _check(game: GridWorld, rows: list[list[int]], keys: int, spot: int) -> None:
    """Raise a ValueError for what could not be played on."""
    layout, pace = game.layout, game.pace
    cells, facing, waits, carried, held, points, won = rows
    every = (1 << len(layout.keys)) - 1
    fits = all([len(row) == game.players for row in rows]) and len({*cells}) == game.players
    fits = fits and min(cells) >= 0 and all([layout.floor[cell] for cell in cells])
    fits = fits and min(facing) > 0 and max(facing) < 5 and -pace < min(waits) and max(waits) < pace
    fits = fits and min(carried) >= 0 and max(carried) < len(Item) and min(held) >= 0 and max(held) <= every
    fits = fits and 0 <= keys <= every and 0 <= spot < max(1, len(layout.spots))
    if not (fits and min(won) >= 0 and max(won) <= _MOST and -_MOST <= min(points) and max(points) <= _MOST):
        raise ValueError("another world")
