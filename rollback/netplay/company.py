"""Who comes and goes in the room while a match runs, and what the session is told of it. Knows a lobby; plays no frames.

The session agrees with its peers who is lost; what only a lobby can know comes from here: its vote where two halves are left, a
new process in the place of one that died, somebody for an open seat, and who watches.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Final

from rollback.core.session import P2PSession
from rollback.errors import NetworkError, UsageError
from rollback.net.lobby_requests import LobbyRequests
from rollback.net.room_view import Member
from rollback.net.transport import PathChanged
from rollback.netplay.audience import Audience
from rollback.netplay.reach import Reach
from rollback.netplay.seats import Seats
from rollback.netplay.switchboard import Switchboard
from rollback.types import Event, PeerJoined, VoteWanted

__all__ = ["Company"]

LOOK_EVERY: Final = 0.5  # seconds until somebody who could not be admitted is tried again


class Company:
    """Those in the room, to be used in `async with` while the match runs.

    Args:
        lobby: The room.
        session: The session.
        reach: The transport to its peers.
        signals: Where requests to watch come in.
        seats: Who sat where when the session was made.
        late: Whether we come into a match that is running. Then nobody else need have been in it: all who are there are
            offered to the session, which takes those that are as new as we are once it is in.
    """

    def __init__(
        self, lobby: LobbyRequests, session: P2PSession, reach: Reach, signals: Switchboard, seats: Seats, *, late: bool
    ) -> None:
        self._lobby = lobby
        self._session = session
        self._reach = reach
        self._audience = Audience(lobby, session, reach, signals)
        self._players = len(seats.members)
        self._known = {} if late else {member.id: member.life for member in seats.members if member is not None}
        self._names = dict(enumerate(seats.names))  # by seat
        self._wanted: dict[int, Member] = {}  # who is to be admitted, by seat
        self._is_in = not late
        self._tasks: set[asyncio.Task[None]] = set()
        self._before = lobby.on_members

    async def __aenter__(self) -> Company:
        """Listen to the room."""
        self._lobby.on_members = self._look
        self._look()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Listen no more."""
        self._lobby.on_members = self._before
        await self._audience.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def event(self, event: Event | PathChanged) -> None:
        """Take an event of the session."""
        match event:
            case VoteWanted(roster, epoch):
                self._begin(self._vote(roster, epoch))
            case PeerJoined(""):
                self._is_in = True
                self._audience.look()

    def _look(self) -> None:
        """See who is in the room now."""
        lobby = self._lobby
        for member in lobby.members:
            if member.seat is None or member.seat >= self._players or member.id == lobby.me.id or not member.is_ready:
                continue  # whoever is loading is offered once that has ended, and is no silent peer until then
            if self._known.get(member.id, 0) < member.life:
                self._known[member.id] = member.life
                self._wanted[member.seat] = member
                self._begin(self._admit(member, member.seat))
        if self._is_in:
            self._audience.look()
        if self._before is not None:
            self._before()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _vote(self, roster: int, epoch: int) -> None:
        """Ask the lobby; where it does not answer, the session decides by itself."""
        with contextlib.suppress(NetworkError):
            self._session.decide(await self._lobby.vote(epoch, roster), epoch)

    async def _admit(self, member: Member, seat: int) -> None:
        """Let a process take its seat; again while the one before is not agreed to be lost, or the match has not begun."""
        while self._wanted.get(seat) is member and self._session.reason != "ended":
            try:
                self._session.admit(member.name, seat)
            except UsageError:
                await asyncio.sleep(LOOK_EVERY)
                continue
            before = self._names.get(seat, "")
            if before != member.name:
                self._reach.remove(before, "somebody else has the seat now")
                self._names[seat] = member.name
            self._reach.add(member.name, member.id)
            return
