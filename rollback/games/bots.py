"""Scripted players of the built-in games, and the one for any game. Knows which bot plays which game.

A bot is a policy (`rollback.types.Policy`): a pure function of what it sees and of its memory, so the same bot can play
many matches at once, and a match can be taken up again with its memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from rollback.game import Game
from rollback.games.duel import Duel
from rollback.games.duel_bot import DuelBot
from rollback.games.gridworld import GridWorld
from rollback.games.gridworld_bot import GridWorldBot
from rollback.games.pong import Pong
from rollback.games.pong_bot import PongBot
from rollback.games.random_bot import RandomBot
from rollback.games.tetris import Tetris
from rollback.games.tetris_bot import TetrisBot
from rollback.types import Policy

__all__ = ["DuelBot", "GridWorldBot", "PongBot", "RandomBot", "TetrisBot", "act_with", "bot_for"]

_SEATS: Final = 16  # seeds of neighbouring players must not meet those of neighbouring matches


def bot_for(game: Game, player: int = 0, seed: int = 0) -> Policy:
    """Return the bot that plays `game` best: its own one, or a `RandomBot` for a game that has none.

    A game that is none of the built-in ones may bring its own by a method `bot(player, seed)`.

    Args:
        game: Any game.
        player: Which player it will be; bots of different players behave differently.
        seed: Of its moods and mistakes.
    """
    if isinstance(game, Pong):
        return PongBot(seed=seed * _SEATS + player)
    if isinstance(game, Duel):
        return DuelBot(seed=seed * _SEATS + player)
    if isinstance(game, GridWorld):
        return GridWorldBot(game.layout, game.players, pace=game.pace, seed=seed * _SEATS + player)
    if isinstance(game, Tetris):
        return TetrisBot(seed=seed * _SEATS + player, actions=game.actions)
    own = getattr(game, "bot", None)
    found: Policy | None = own(player, seed) if callable(own) else None
    return RandomBot(game, player, seed) if found is None else found


def act_with(policy: Policy) -> Callable[[Any, int], Any]:
    """Return a function (game, player) -> action for drivers such as `rollback.play`.

    The memory is kept here, one for each player, and not in the game: a rollback must not take a bot's memory back.
    A game without `observe` shows nothing: the policy gets None.
    """
    memories: dict[int, Any] = {}

    def act(game: Any, player: int) -> Any:
        observe = getattr(game, "observe", None)
        seen = observe(player) if observe is not None else None
        action, memories[player] = policy.act(seen, memories.get(player))
        return action

    return act
