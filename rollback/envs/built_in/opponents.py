"""Who plays the other seats of a single-agent environment. Knows policies and their memories; knows no episode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from rollback.envs.built_in.views import Seat
from rollback.errors import UsageError
from rollback.games.bots import RandomBot, bot_for
from rollback.types import Policy

__all__ = ["Opponents"]

NAMES: Final = ("scripted", "random", "idle")
_FORMS: Final = (
    f"it must be one of {', '.join(map(repr, NAMES))}, a policy with act(observation, memory), a function of an observation,"
    " or a list of these, one for each other player"
)


class Opponents:
    """Players 1, 2 ... of a game, each by a policy.

    A name stands for the game's own bot, for one that draws its actions, or for one that does nothing. A policy sees
    what `game.observe(player)` returns and answers with the game's own action, see `rollback.types.Policy`. A function
    is shown an observation of the environment's space and answers with an action of its action space; it has no memory
    that a snapshot could hold.

    Args:
        game: The game they play.
        seats: The places of players 1, 2 ...
        chosen: One of these for all of them, or a list with one for each.

    Attributes:
        memories: Of each of them, a state tree; the state of the opponents is this and the seed they began with.
    """

    def __init__(self, game: Any, seats: Sequence[Seat], chosen: Any) -> None:
        each = list(chosen) if isinstance(chosen, list | tuple) else [chosen] * len(seats)
        if len(each) != len(seats):
            raise UsageError(f"opponent is a list of {len(each)} for {len(seats)} other players: {_FORMS}")
        for one in each:
            if not (callable(getattr(one, "act", None)) or callable(one) or (isinstance(one, str) and one in NAMES)):
                raise UsageError(f"opponent is {one!r:.80}: {_FORMS}")
        self._chosen = each
        self._seats = tuple(seats)
        self.memories: tuple[Any, ...] = ()
        self.begin(game, 0)

    def begin(self, game: Any, seed: int) -> None:
        """Take the seats for a match of that seed, with no memories."""
        self._acts = [
            _Function(one, seat, game) if callable(one) and not hasattr(one, "act") else _policy(one, seat, game, seed).act
            for one, seat in zip(self._chosen, self._seats, strict=True)
        ]
        self.memories = (None,) * len(self._acts)

    def act(self, game: Any) -> list[Any]:
        """Return the game's own actions of players 1, 2 ... in this frame."""
        actions, memories = [], []
        for act, memory, seat in zip(self._acts, self.memories, self._seats, strict=True):
            action, memory = act(game.observe(seat.player), memory)
            actions.append(action)
            memories.append(memory)
        self.memories = tuple(memories)
        return actions


class _Function:
    """A function of an observation, asked like a policy."""

    def __init__(self, function: Callable[[Any], Any], seat: Seat, game: Any) -> None:
        self._function, self._seat, self._game = function, seat, game

    def __call__(self, observation: Any, memory: Any) -> tuple[Any, None]:
        return self._seat.action(self._function(self._seat.observe(self._game))), None


class _Idle:
    """Does nothing."""

    def __init__(self, action: Any) -> None:
        self._action = action

    def act(self, observation: Any, memory: Any) -> tuple[Any, None]:
        return self._action, None


def _policy(one: Any, seat: Seat, game: Any, seed: int) -> Policy:
    if one == "scripted":
        return bot_for(game, seat.player, seed)
    if one == "random":
        return RandomBot(game, seat.player, seed)
    if one == "idle":
        return _Idle(game.idle(seat.player))
    return one  # type: ignore[no-any-return]
