"""Which games this worker may make: those the lobby offers, and the built-in ones. Knows names; plays nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rollback.envs.names import SHORT_NAMES, canonical_name
from rollback.errors import GameError, UsageError
from rollback.game import Game
from rollback.sim.plan import factory_for

__all__ = ["OfferedGame", "OfferedGames"]

USUAL: Final = "pong"
ROOT: Final = Path(__file__).resolve().parents[3]  # where the lobby's zip was unpacked, files of games with it


@dataclass(frozen=True, slots=True)
class OfferedGame:
    """A game that can be made here.

    Attributes:
        label: What the room calls it.
        name: What commands call it, for the replay; as the room does, where they know it only by its place in this worker.
        make: Makes it.
    """

    label: str
    name: str
    make: Callable[[], Game]


class OfferedGames:
    """The games of this worker.

    A name may come from an address or from another member of the room: only what the lobby offers is imported, and what is
    built in.

    Args:
        offers: By the name that rooms carry, what the lobby tells of a game: `full` makes it here.
        root: The folder from which files are named.
    """

    def __init__(self, offers: Mapping[str, Any] | None = None, root: Path = ROOT) -> None:
        self._full: dict[str, str] = {}
        for name, offer in (offers or {}).items():
            full = offer.get("full") if isinstance(offer, Mapping) else offer
            if isinstance(full, str):
                self._full[name] = str(root / full) if full.rpartition(":")[0].endswith(".py") else full

    def find(self, name: str, players: int | None = None) -> OfferedGame:
        """Return the game of that name; one is made to see that it can be.

        Args:
            name: As the room carries it; empty for the usual one.
            players: For how many; None for as many as it usually has.

        Raises:
            GameError: There is no such game here, or it cannot be made.
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
        except UsageError as error:
            raise UsageError(str(error).replace(full or name, name)) from None  # its place in this worker is nobody's business
        known = canonical_name(full or name)
        make()
        return OfferedGame(name, known if known in SHORT_NAMES.values() else name, make)
