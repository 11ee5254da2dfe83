"""Those who watch a match that we play: some directly, all others by one upload to the lobby. Knows a lobby and a session."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Final

from rollback.core.session import P2PSession
from rollback.errors import RollbackError, UsageError
from rollback.net.allowance import Allowance
from rollback.net.lobby_requests import LobbyRequests
from rollback.net.room_view import Member
from rollback.netplay.reach import BROADCAST, Reach
from rollback.netplay.switchboard import WATCH, Switchboard

__all__ = ["Audience"]

KEYFRAME_EVERY: Final = 5.0  # seconds: as long as somebody who begins to watch waits at most
ANEW: Final = 0.5  # seconds from a message that the lobby did not take to a new beginning
AWAY: Final = 20.0  # seconds; a lobby that was started again hears of its members one after the other
PACE: Final = 0.5  # seconds between refusals to one who asks: what is sent for others counts as ours at the lobby
BURST: Final = 4
LONGEST: Final = 300  # characters of a refusal


class Audience:
    """What we show, and to whom.

    Args:
        lobby: The room.
        session: The session.
        reach: The transport; its `on_refused` is taken over.
        signals: Where requests to watch come in; its `on_watch` is taken over.
    """

    def __init__(self, lobby: LobbyRequests, session: P2PSession, reach: Reach, signals: Switchboard) -> None:
        self._lobby = lobby
        self._session = session
        self._reach = reach
        self._signals = signals
        self._match = lobby.match
        self._feeds = False
        self._anew: asyncio.TimerHandle | None = None
        self._direct: dict[str, str] = {}  # who watches directly: names by id
        self._leaving: dict[str, asyncio.TimerHandle] = {}  # who of them is away, by id
        self._allowances: dict[str, Allowance] = {}
        self._answers: set[asyncio.Task[None]] = set()
        reach.on_refused = self._refused
        signals.on_watch = self._asked

    def look(self) -> None:
        """See who watches, and whether it is ours to show the match."""
        lobby = self._lobby
        if lobby.connected:
            here = {member.id for member in lobby.members if member.connected}
            for id in self._direct:
                if id in here and id in self._leaving:
                    self._leaving.pop(id).cancel()
                elif id not in here and id not in self._leaving:
                    self._leaving[id] = asyncio.get_running_loop().call_later(AWAY, self._let_go, id)
        wanted = lobby.connected and lobby.watching > 0 and lobby.is_feeder and self._anew is None
        if wanted == self._feeds:
            return
        self._feeds = wanted
        if not wanted:
            self._session.dismiss(BROADCAST)
            return
        with contextlib.suppress(UsageError):  # a match that cannot be watched: nobody is shown anything
            self._session.broadcast(BROADCAST, keyframe_every=KEYFRAME_EVERY)

    async def close(self) -> None:
        """Do nothing more."""
        for timer in (self._anew, *self._leaving.values()):
            if timer is not None:
                timer.cancel()
        for answer in self._answers:
            answer.cancel()
        await asyncio.gather(*self._answers, return_exceptions=True)

    def _asked(self, id: str, said: Any) -> None:
        """Somebody asks to watch directly; whoever has no answer asks again."""
        member = next((each for each in self._lobby.members if each.id == id and each.seat is None), None)
        if member is None or not isinstance(said, dict) or said.get("match") != self._match:
            return
        if self._session.reason in ("synchronizing", "ended"):
            return
        try:
            self._session.admit(member.name)
            self._reach.add(member.name, id)
            self._direct[id] = member.name
        except UsageError as error:
            self._refuse(member, str(error))

    def _refuse(self, member: Member, sentence: str) -> None:
        allowance = self._allowances.setdefault(member.id, Allowance(pace=PACE, burst=BURST))
        if allowance.take(asyncio.get_running_loop().time()):
            self._answers.add(task := asyncio.ensure_future(self._say(member.id, {"refused": sentence[:LONGEST]})))
            task.add_done_callback(self._answers.discard)

    async def _say(self, id: str, what: dict[str, str]) -> None:
        with contextlib.suppress(RollbackError):  # it asks again, or is gone
            await self._signals.signal(id, {WATCH: what})

    def _let_go(self, id: str) -> None:
        name = self._direct.pop(id)
        del self._leaving[id]
        self._allowances.pop(id, None)
        self._session.dismiss(name)
        self._reach.remove(name)

    def _refused(self) -> None:
        if self._anew is None:
            self._anew = asyncio.get_running_loop().call_later(ANEW, self._begin_anew)
            self.look()

    def _begin_anew(self) -> None:
        self._anew = None
        self.look()
