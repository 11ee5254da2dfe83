"""What a negotiation needs of a line. Knows no signal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

__all__ = ["Negotiable"]


class Negotiable(Protocol):
    """What a negotiation needs of a line; see `rollback.net.line.Line`."""

    on_open: Callable[[], None]
    on_lost: Callable[[str], None]
    on_goodbye: Callable[[str], None]
    on_candidate: Callable[[str, str], None]
    is_open: bool

    async def offer(self) -> str:
        """Return the description that offers a connection."""

    async def answer(self, offer: str, /) -> str:
        """Return the description that answers an offer."""

    async def accept(self, answer: str, /) -> None:
        """Take the answer to our offer."""

    def add_candidate(self, candidate: str, mid: str, /) -> None:
        """Take an address of the other side, after its description."""

    async def close(self, goodbye: str | None = None) -> None:
        """Close, saying goodbye first where a reason is given."""
