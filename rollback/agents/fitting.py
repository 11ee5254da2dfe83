"""What decides whether an agent fits a game, as one hash to be kept in its checkpoint. Knows games; knows no algorithm."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

from rollback.agents.checkpoints.plain import dumped, plain
from rollback.game import Game, codecs_of
from rollback.games.gridworld_layouts import Layout

__all__ = ["game_hash", "hash_of", "map_hash"]

_FURTHER_STARTS: Final = str.maketrans("234", "...")


def hash_of(facts: Any) -> str:
    """Return the SHA-256 of plain values, 64 hexadecimal digits; the same in every process and on every machine.

    Raises:
        UsageError: They are no plain values.
    """
    return sha256(dumped(plain(facts, "the facts"))).hexdigest()


def game_hash(game: Game) -> str:
    """Return the hash of what an agent sees and may do in a game: its kind, players, observations and actions.

    The rules are not in it, nor is how long a match lasts: an agent plays on where a number was changed.
    """
    kind = type(game)
    seen = [[str(name), least, greatest] for name, least, greatest in getattr(game, "observed", ())]
    actions = [codec.describe() for codec in codecs_of(game)]
    named = [f"{kind.__module__}:{kind.__qualname__}", getattr(game, "game_id", "")]
    return hash_of([named, game.players, seen, actions])


def map_hash(layout: Layout) -> str:
    """Return the hash of a map of GridWorld: what the rows of a table mean there.

    Prices and names are not in it, nor is where players start besides the first: the same map raced by two is no other one.
    """
    return hash_of(["gridworld", [row.translate(_FURTHER_STARTS) for row in layout.rows]])
