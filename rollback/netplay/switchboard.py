"""A lobby's signals for two: connections take theirs, and requests to watch go to whoever answers them. Knows no sessions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from rollback.net.lobby_requests import LobbyRequests
from rollback.net.peer_connection import MakePeerConnection
from rollback.net.room_view import Member
from rollback.net.transport import ignore

__all__ = ["WATCH", "Switchboard"]

WATCH: Final = "watch"  # the key of a signal about watching


class Switchboard:
    """Stands between a lobby and a transport; see `rollback.net.signaling.Signaling`.

    Args:
        lobby: The room; its `on_signal` and `on_relay` are taken over once the transport assigns them.

    Attributes:
        on_watch: Called with (member id, what it says) for each request to watch, and each answer to one.
    """

    def __init__(self, lobby: LobbyRequests) -> None:
        self.on_watch: Callable[[str, Any], None] = ignore
        self._lobby = lobby
        self._on_signal: Callable[[str, dict[str, Any]], None] | None = None

    @property
    def me(self) -> Member:
        """This process in the room."""
        return self._lobby.me

    @property
    def members(self) -> Sequence[Member]:
        """Everybody in the room."""
        return self._lobby.members

    @property
    def on_signal(self) -> Callable[[str, dict[str, Any]], None] | None:
        """Called with (member id, data) for what is about connections."""
        return self._on_signal

    @on_signal.setter
    def on_signal(self, handler: Callable[[str, dict[str, Any]], None] | None) -> None:
        self._on_signal = handler
        self._lobby.on_signal = None if handler is None else self._sort

    @property
    def on_relay(self) -> Callable[[str, bytes], None] | None:
        """Called with (member id, datagram)."""
        return self._lobby.on_relay

    @on_relay.setter
    def on_relay(self, handler: Callable[[str, bytes], None] | None) -> None:
        self._lobby.on_relay = handler

    async def signal(self, member_id: str, data: dict[str, Any], /) -> None:
        """Send a signal reliably and in order."""
        await self._lobby.signal(member_id, data)

    def relay(self, member_id: str, data: bytes, /) -> bool:
        """Queue bytes for a member; False: not taken."""
        return self._lobby.relay(member_id, data)

    @property
    def peer_connection(self) -> MakePeerConnection | None:
        """What connections are built on where it is not aiortc; None where it is."""
        return getattr(self._lobby, "peer_connection", None)

    def _sort(self, member: str, data: dict[str, Any]) -> None:
        if WATCH in data:
            self.on_watch(member, data[WATCH])
        elif self._on_signal is not None:
            self._on_signal(member, data)
