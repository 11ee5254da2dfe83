"""The built-in game a player sits at, bare or inside an environment, and what turns its views back. Knows no algorithm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rollback.errors import CheckpointError
from rollback.game import Game
from rollback.types import Policy

__all__ = ["Seated", "Unwrapping", "seated"]

_BUILT_IN: Final = "rollback.games."


@dataclass(frozen=True, slots=True)
class Seated:
    """A player's place.

    Attributes:
        game: The built-in game; what was given itself, where it is none and holds none.
        player: Which of its players.
        is_inside: Whether it is inside an environment, which shows arrays.
    """

    game: Any
    player: int
    is_inside: bool


def seated(game: Game, player: int) -> Seated:
    """Return where a player sits; a built-in game that is shown otherwise than it shows itself is not looked through.

    Raises:
        CheckpointError: The game has no such player.
    """
    if type(player) is not int or not 0 <= player < game.players:
        raise CheckpointError(f"{type(game).__name__} has the players 0 to {game.players - 1}, and no player {player!r:.40}")
    bare: Any = getattr(game, "_bare", None)
    if type(game).__module__.startswith(_BUILT_IN) or not callable(bare):
        return Seated(game, player, False)
    place, told = bare(player)
    found = getattr(place, "game", None)
    if not type(found).__module__.startswith(_BUILT_IN) or not _shows_itself(game, player, found):
        return Seated(game, player, False)
    return Seated(found, list(place.possible_agents).index(told[0]) if told else 0, True)


def _shows_itself(game: Any, player: int, found: Any) -> bool:
    space = game.spaces(player)[0]
    states = getattr(space, "n", None)
    if states is not None:
        return bool(states == getattr(found, "states", -1))
    return getattr(space, "shape", None) == (len(found.observed),) and not isinstance(space, Mapping)


class Unwrapping:
    """Plays in an environment by a policy that knows the built-in game: what is shown is made plain numbers first."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def act(self, observation: Any, memory: Any) -> tuple[Any, Any]:
        """Return the action, which the codec of the environment takes as it is, and the memory."""
        seen = observation.tolist() if hasattr(observation, "tolist") else observation
        return self._policy.act(tuple(seen) if isinstance(seen, list) else seen, memory)
