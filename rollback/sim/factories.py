"""What makes games of a name, for a number of players. Knows names; knows no match and no session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rollback.errors import UsageError
from rollback.game import Game

__all__ = ["factory_for"]


def factory_for(name: str, players: int | None, *, is_trusted: bool = True) -> Callable[[], Game]:
    """Return what makes the game of that name for so many players.

    A game with another number of players than asked for is made anew with `players=`, where it takes that.

    Raises:
        GameError: The name leads nowhere.
        UsageError: The game is not for so many.
    """
    from rollback.envs.names import game_factory

    make = game_factory(name, is_trusted=is_trusted)
    game = make()
    if players is None or game.players == players:
        return make
    kind: Any = type(game)
    try:
        fits = kind(players=players).players == players
    except TypeError:
        fits = False
    if not fits:
        raise UsageError(f"{name} is a game for {game.players} players, not for {players}, and takes no players=")
    return lambda: kind(players=players)
