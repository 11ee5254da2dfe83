"""Those who watch a match that we play: one upload for all who watch through the lobby. Knows a lobby and a session."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from rollback.core.session import P2PSession
from rollback.errors import UsageError
from rollback.net.lobby import Lobby
from rollback.netplay.reach import BROADCAST, Reach
from rollback.netplay.switchboard import Switchboard

__all__ = ["Audience"]

KEYFRAME_EVERY: Final = 5.0  # seconds: as long as somebody who begins to watch waits at most
ANEW: Final = 0.5  # seconds from a message that the lobby did not take to a new beginning


class Audience:
    """What we show, and to whom.

    Args:
        lobby: The room.
        session: The session.
        reach: The transport; its `on_refused` is taken over.
        signals: Where requests to watch come in; its `on_watch` is taken over.
    """

    def __init__(self, lobby: Lobby, session: P2PSession, reach: Reach, signals: Switchboard) -> None:
        self._lobby = lobby
        self._session = session
        self._reach = reach
        self._feeds = False
        self._anew: asyncio.TimerHandle | None = None
        reach.on_refused = self._refused

    def look(self) -> None:
        """See whether somebody watches, and whether it is ours to show the match."""
        lobby = self._lobby
        wanted = lobby.connected and lobby.watching > 0 and lobby.is_feeder and self._anew is None
        if wanted == self._feeds:
            return
        self._feeds = wanted
        if not wanted:
            self._session.dismiss(BROADCAST)
            return
        with contextlib.suppress(UsageError):  # a match that cannot be watched: nobody is shown anything
            self._session.broadcast(BROADCAST, keyframe_every=KEYFRAME_EVERY)

    def close(self) -> None:
        """Do nothing more."""
        if self._anew is not None:
            self._anew.cancel()

    def _refused(self) -> None:
        if self._anew is None:
            self._anew = asyncio.get_running_loop().call_later(ANEW, self._begin_anew)
            self.look()

    def _begin_anew(self) -> None:
        self._anew = None
        self.look()
