"""A game's own bot as a player of the environment: shown arrays, answering with actions of the space. Keeps nothing."""

from __future__ import annotations

from typing import Any

from rollback.envs.built_in.views import Seat
from rollback.games.bots import bot_for
from rollback.types import Policy

__all__ = ["SpaceBot"]


class SpaceBot:
    """The bot that plays a built-in game best, for whoever has observations and actions of the spaces only.

    Args:
        game: The game.
        seat: Whose player it will be; it must not be tabular, for bots look at the game's own observations.
        seed: Of its moods and mistakes.
    """

    def __init__(self, game: Any, seat: Seat, seed: int = 0) -> None:
        self._bot: Policy = bot_for(game, seat.player, seed)
        self._game, self._seat = game, seat

    def act(self, observation: Any, memory: Any) -> tuple[Any, Any]:
        """Return an action of the space, and the memory."""
        action, memory = self._bot.act(tuple(observation.tolist()), memory)
        return self._seat.arrayed(self._game, action), memory
