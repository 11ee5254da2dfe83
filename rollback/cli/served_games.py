"""What browsers are offered besides the built-in games: the named one, its title, its numbers of players. Serves nothing."""

from __future__ import annotations

import inspect
from typing import Any, Final

from rollback.cli.agent_games import race_offers
from rollback.envs.environment_names import PREFIXES
from rollback.envs.names import canonical_name, comes_with_us
from rollback.game import Game
from signaling.offers import BUILT_IN, Offer

__all__ = ["offers_of"]

MOST: Final = 16  # seats of a room


def offers_of(name: str, made: Game, seats: int) -> dict[str, Offer]:
    """Return what has to be offered for a game to be played by its name; nothing where that is offered always.

    Args:
        name: The name as it was given, which the room carries.
        made: A game of that name.
        seats: How many play it in the first room.
    """
    if name in BUILT_IN:
        return {}
    full = canonical_name(name)
    for offer in BUILT_IN.values():
        if offer.full == full:
            return {name: offer}
    if races := race_offers([full]):
        return races  # for two, whatever else its kind can be made for: with more it would be on another map
    players = tuple(sorted({made.players, seats, *_taken(made)}))
    return {name: Offer(full, _title(full, made), players, comes_with_us=comes_with_us(name))}


def _title(full: str, made: Game) -> str:
    if full.startswith(PREFIXES):
        return full.partition("?")[0].rpartition(":")[2]
    return type(made).__name__


def _taken(made: Game) -> list[int]:
    """Return the numbers of players that its kind can be made for, see `rollback.sim.plan.factory_for`."""
    kind: Any = type(made)
    try:
        if "players" not in inspect.signature(kind).parameters:
            return []
    except (TypeError, ValueError):
        return []
    return [players for players in range(2, MOST + 1) if _makes(kind, players)]


def _makes(kind: Any, players: int) -> bool:
    try:
        return bool(kind(players=players).players == players)
    except Exception:  # whatever a game says to a number that it is not for
        return False
