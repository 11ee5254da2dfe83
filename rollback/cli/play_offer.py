"""What somebody new types to take the seat of a player who left in the middle. Knows a lobby; knows no session."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from rollback.errors import NetworkError
from rollback.net.lobby import Lobby
from rollback.net.transport import PathChanged
from rollback.types import Event, PeerLeft

__all__ = ["SeatOffer"]

FREE_WITHIN: Final = 2.0  # seconds from a player's goodbye to the lobby's word that the seat is free
LOOK_EVERY: Final = 0.1


class SeatOffer:
    """Offers free seats to the people in the match, who may know somebody.

    Args:
        lobby: The room.
        tell: Called with the sentence.
        command: Makes a command of an invitation.
    """

    def __init__(self, lobby: Lobby, tell: Callable[[str], None], command: Callable[[str], str]) -> None:
        self._lobby = lobby
        self._tell = tell
        self._command = command
        self._tasks: set[asyncio.Task[None]] = set()

    def event(self, event: Event | PathChanged) -> None:
        """Take an event of the match."""
        if isinstance(event, PeerLeft) and event.players and event.reason != "ended":
            self._tasks.add(task := asyncio.ensure_future(self._offer(event.players[0])))
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Offer nothing more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _offer(self, seat: int) -> None:
        with contextlib.suppress(NetworkError, TimeoutError):
            async with asyncio.timeout(FREE_WITHIN):
                while any(member.seat == seat for member in self._lobby.members):
                    await asyncio.sleep(LOOK_EVERY)
            invite = await self._lobby.renew_invite()
            self._tell(f"somebody else can play on for player {seat + 1}, within five minutes: {self._command(invite)}")
