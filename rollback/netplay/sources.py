"""Where somebody who watches gets the match from: the lobby, or one of the players. Knows feeds as bytes; knows no game."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from rollback.errors import NetworkError, RollbackError, UsageError
from rollback.net.direct_or_relay import make_transport
from rollback.net.lobby_requests import LobbyRequests
from rollback.net.room_view import Member
from rollback.net.transport import PathChanged, ignore
from rollback.net.words import plain_words
from rollback.netplay.named import NamedTransport
from rollback.netplay.switchboard import WATCH, Switchboard

__all__ = ["THE_LOBBY", "Direct", "Source", "ThroughLobby"]

THE_LOBBY: Final = "the lobby"
ASK_EVERY: Final = 1.0  # seconds; a player that is not playing yet gives no answer
PATIENCE: Final = 8.0  # seconds without a word of a host until another one is asked: longer than a connection takes
LONGEST: Final = 300  # characters of a refusal


class Source(Protocol):
    """A way to the match.

    Attributes:
        host: Who sends it now; empty while nobody does.
        on_blob: Called with (host, message).
        on_change: Called when the path changes.
    """

    host: str
    on_blob: Callable[[str, bytes], None]
    on_change: Callable[[PathChanged], None]

    async def start(self) -> None:
        """Begin."""

    def look(self, now: float) -> None:
        """See to it that somebody sends; once a tick. Raises `NetworkError` where nobody will."""

    def host_left(self) -> None:
        """The host says that it leaves the match."""

    def send(self, host: str, message: bytes) -> None:
        """Send the host what we ask for."""

    async def close(self) -> None:
        """End."""


class ThroughLobby:
    """The lobby's feed, which is the same for all and takes no questions.

    Args:
        lobby: The room.
    """

    def __init__(self, lobby: LobbyRequests) -> None:
        self.host = THE_LOBBY
        self.on_blob: Callable[[str, bytes], None] = ignore
        self.on_change: Callable[[PathChanged], None] = ignore
        self._lobby = lobby

    async def start(self) -> None:
        """Ask for the feed."""
        self._lobby.on_feed = lambda message: self.on_blob(THE_LOBBY, message)
        await self._lobby.watch()  # begins anew, also where the last match was watched until now

    def look(self, now: float) -> None:
        """Raise `NetworkError` where the lobby is gone for good."""
        if self._lobby.lost:
            raise NetworkError(self._lobby.lost)

    def host_left(self) -> None:
        """Wait: another player uploads."""

    def send(self, host: str, message: bytes) -> None:
        """Send nothing: the feed takes no questions."""

    async def close(self) -> None:
        """Want no more of it."""
        self._lobby.on_feed = None
        if self._lobby.connected:
            with contextlib.suppress(NetworkError):
                await self._lobby.watch(False)


class Direct:
    """A connection to one of the players, the lowest that answers.

    Args:
        lobby: The room.
        transport: See `rollback.play`.
        ice_servers: The same.
        ice_addresses: The same.
        connect_timeout: The same.

    Raises:
        UsageError: An argument cannot be meant.
    """

    def __init__(
        self,
        lobby: LobbyRequests,
        *,
        transport: Any = "auto",
        ice_servers: Sequence[str | Mapping[str, Any]] = (),
        ice_addresses: Sequence[str] | None = None,
        connect_timeout: float = 10.0,
    ) -> None:
        self.host = ""
        self.on_blob: Callable[[str, bytes], None] = ignore
        self.on_change: Callable[[PathChanged], None] = ignore
        self._lobby = lobby
        self._signals = Switchboard(lobby)
        self._signals.on_watch = self._answered
        self._transport = NamedTransport(
            make_transport(
                self._signals,
                [],
                transport=transport,
                ice_servers=ice_servers,
                ice_addresses=ice_addresses,
                connect_timeout=connect_timeout,
            ),
            {},
        )
        self._transport.on_blob = self._take
        self._transport.on_change = self._changed
        self._id = ""
        self._passed: set[str] = set()  # ids of players that did not answer, or left the match
        self._refused = ""
        self._ask_at = self._give_up_at = 0.0
        self._heard = False
        self._now = 0.0
        self._asking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen."""
        await self._transport.start()

    def look(self, now: float) -> None:
        """Stay with the host while it is there, else ask the next one.

        Raises:
            NetworkError: It refused, or the lobby is gone before anybody answered.
        """
        self._now = now
        if self._refused:
            raise NetworkError(f"{self.host} does not show us the match directly: {self._refused}")
        if self._lobby.lost and not self._heard:
            raise NetworkError(self._lobby.lost)
        players = [member for member in self._lobby.members if member.seat is not None and member.is_ready]
        chosen = next((member for member in players if member.id == self._id and member.id not in self._passed), None)
        if self._id and not self._lobby.connected:
            return  # who is in the room is not known just now
        if chosen is None or (not self._heard and now > self._give_up_at):
            if chosen is not None:
                self._passed.add(chosen.id)
            self._turn_to(players, now)
        elif not self._heard and now >= self._ask_at:
            self._ask(now)

    def host_left(self) -> None:
        """Turn to another player."""
        self._passed.add(self._id)

    def send(self, host: str, message: bytes) -> None:
        """Send the host what we ask for."""
        if host == self.host and host in self._transport.peers:
            self._transport.send_blob(host, message)

    async def close(self) -> None:
        """Close the connection."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        await self._transport.close("watches no more")

    def _turn_to(self, players: Sequence[Member], now: float) -> None:
        left = [member for member in players if member.id not in self._passed]
        if not left:
            self._passed.clear()  # whoever was passed over may answer by now
            left = list(players)
        if self.host in self._transport.peers:
            self._transport.remove(self.host, "watches elsewhere")
        self.host = self._id = ""
        if left:
            member = min(left, key=lambda each: each.seat or 0)
            with contextlib.suppress(UsageError):  # it left the room in this moment
                self._transport.add(member.name, member.id)
                self.host, self._id, self._heard = member.name, member.id, False
                self._give_up_at = now + PATIENCE
                self._ask(now)

    def _ask(self, now: float) -> None:
        self._ask_at = now + ASK_EVERY
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(self._say(self._id, {"match": self._lobby.match}))

    async def _say(self, id: str, what: dict[str, int]) -> None:
        with contextlib.suppress(RollbackError):  # asked again, or somebody else is
            await self._signals.signal(id, {WATCH: what})

    def _answered(self, id: str, said: Any) -> None:
        if id == self._id and isinstance(said, dict) and isinstance(said.get("refused"), str):
            self._refused = plain_words(said["refused"][:LONGEST])

    def _changed(self, change: PathChanged) -> None:
        if change.path == "none" and change.peer == self.host and self._heard:
            self._heard, self._ask_at, self._give_up_at = False, 0.0, self._now + PATIENCE  # it let us go, or is gone
        self.on_change(change)

    def _take(self, host: str, message: bytes) -> None:
        self._heard = self._heard or host == self.host
        self.on_blob(host, message)
