"""Which games the browser client offers: their names, titles and numbers of players. Makes and imports none of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

__all__ = ["BUILT_IN", "Offer"]


@dataclass(frozen=True, slots=True)
class Offer:
    """A game that can be played in a browser.

    Attributes:
        full: What makes it, as `rollback.envs.names.canonical_name` says it.
        title: What it is called on a page.
        players: The numbers of players that it is for.
        comes_with_us: Whether everybody has it whose room names it, see `rollback.envs.names.comes_with_us`; to others a
            terminal must name their own copy.
    """

    full: str
    title: str
    players: tuple[int, ...]
    comes_with_us: bool = False

    def describe(self, full: str | None = None) -> dict[str, Any]:
        """Return what the browser client is told; `full` is what makes the game there, if it has another name there."""
        told = {"full": full or self.full, "title": self.title, "players": list(self.players)}
        return {**told, "comes_with_us": self.comes_with_us}


# By the name that a room carries. The lobby imports no game; a test holds that the games agree.
BUILT_IN: Final[Mapping[str, Offer]] = MappingProxyType(
    {
        "pong": Offer("rollback.games:Pong", "Pong", (2,), comes_with_us=True),
        "duel": Offer("rollback.games:Duel", "Duel", (2,), comes_with_us=True),
        "gridworld": Offer("rollback.games:GridWorld", "GridWorld", (2, 3, 4), comes_with_us=True),
        "tetris": Offer("rollback.games:Tetris", "Tetris", (1, 2, 3, 4), comes_with_us=True),
    }
)
