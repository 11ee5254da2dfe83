"""The bots that play for people, by name. Knows which there are; knows no match."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any, Final

from rollback.errors import UsageError
from rollback.game import Game
from rollback.games.bots import RandomBot, act_with, bot_for

__all__ = ["BOTS", "bot_act", "check_bot", "stand_in"]

BOTS: Final = ("best", "random")


def check_bot(name: str) -> None:
    """Raise `UsageError` where there is no bot of that name."""
    if name not in BOTS:
        found = difflib.get_close_matches(name, BOTS, n=1)
        closest = f", did you mean {found[0]}?" if found else ""
        raise UsageError(f"there is no bot called {name!r}{closest}: best is the game's own bot, random plays any game")


def bot_act(name: str, game: Game, player: int, seed: int) -> Callable[[Any, int], Any]:
    """Return what a bot does, as `rollback.play` takes it.

    Raises:
        UsageError: There is no bot of that name.
    """
    check_bot(name)
    return act_with(RandomBot(game, player, seed) if name == "random" else bot_for(game, player, seed))


def stand_in() -> Callable[[Any, int], Any]:
    """Return what plays for whoever is lost, any player of any game: the best bot there is for it."""
    acts: dict[int, Callable[[Any, int], Any]] = {}

    def act(game: Any, player: int) -> Any:
        if player not in acts:
            acts[player] = bot_act("best", game, player, 0)
        return acts[player](game, player)

    return act
