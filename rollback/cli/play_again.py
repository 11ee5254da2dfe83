"""Another match in the same room: who wants it, and whether all do. Knows a lobby and hands; plays nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Final, Protocol

from rollback.errors import NetworkError
from rollback.net.lobby import Lobby

__all__ = ["Asked", "plays_again"]

DECIDE_WITHIN: Final = 120.0  # seconds
REMATCH_WITHIN: Final = 120.0  # seconds the others may take
LOOK_EVERY: Final = 0.03  # seconds between looks at the keys: no press is shorter
AGAIN: Final = "r"
LEAVE: Final = frozenset({"q", "escape"})


class Asked(Protocol):
    """Who is asked; see `rollback.cli.play_hands.Hands`."""

    controller: str
    closed: asyncio.Event

    def held(self) -> Collection[str]:
        """Return the names of the keys that are held."""

    def tell(self, sentence: str) -> None:
        """Tell what happened."""


async def plays_again(lobby: Lobby, hands: Asked, *, further: int) -> bool:
    """Return whether the next match of the room begins: we want it, and so do all others.

    Args:
        lobby: The room.
        hands: Are asked, if a person has them.
        further: How many matches are to be played without asking.
    """
    if not further and not await _wanted(lobby, hands):
        return False
    hands.tell("waiting for the others, to play again")
    try:
        await lobby.rematch(REMATCH_WITHIN)
    except NetworkError as error:
        hands.tell(f"there is no further match: {error}")
        return False
    return True


async def _wanted(lobby: Lobby, hands: Asked) -> bool:
    if hands.controller == "bot" or not _others(lobby):
        return False
    hands.tell(f"{AGAIN} plays again, q leaves")
    loop = asyncio.get_running_loop()
    until = loop.time() + DECIDE_WITHIN
    was_held = AGAIN in hands.held()  # by a game that has that key for itself
    while loop.time() < until and not hands.closed.is_set() and _others(lobby):
        held = hands.held()
        if AGAIN in held and not was_held:
            return True
        if not LEAVE.isdisjoint(held):
            return False
        was_held = was_held and AGAIN in held
        await asyncio.sleep(LOOK_EVERY)
    return False


def _others(lobby: Lobby) -> bool:
    """Whether anybody else is still there to play with, and nobody said no."""
    others = [member for member in lobby.members if member.seat is not None and member.id != lobby.me.id]
    return bool(others) and not any(member.again is False for member in others)
