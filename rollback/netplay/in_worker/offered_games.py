"""Which games this worker may make: those the lobby offers, and the built-in ones. Knows names; plays nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from rollback.envs.names import canonical_name
from rollback.errors import GameError
from rollback.game import Game
from rollback.sim.plan import factory_for

__all__ = ["OfferedGames"]

USUAL: Final = "pong"


class OfferedGames:
    """The games of this worker.

    A name may come from an address or from another member of the room: only what the lobby offers is imported, and what is
    built in.

    Args:
        offers: By the name that rooms carry, what the lobby tells of a game: `full` makes it here.
    """

    def __init__(self, offers: Mapping[str, Any] | None = None) -> None:
        self._full: dict[str, str] = {}
        for name, offer in (offers or {}).items():
            full = offer.get("full") if isinstance(offer, Mapping) else offer
            if isinstance(full, str):
                self._full[name] = full

    def maker(self, name: str, players: int | None = None) -> tuple[str, Callable[[], Game]]:
        """Return the game's full name, and what makes it.

        Args:
            name: As the room carries it; empty for the usual one.
            players: For how many; None for as many as it usually has.

        Raises:
            GameError: There is no such game here.
            UsageError: It is not for so many players.
        """
        name = name or USUAL
        full = self._full.get(name)
        try:
            make = factory_for(full or name, players, is_trusted=full is not None)
        except GameError as error:
            if full is not None:
                raise
            offered = ", ".join(sorted(self._full)) or "none"
            raise GameError(f"this lobby does not offer the game {name!r:.80} (it offers {offered}): {error}") from None
        return name if full is not None and name != full else canonical_name(name), make
