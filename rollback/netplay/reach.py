"""A transport to whoever can be reached now, and to all who watch through the lobby. Knows names; knows no session.

A session writes to all who may play; some of them are gone, or not there yet. What is for those is dropped here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Final

from rollback.errors import UsageError
from rollback.net.lobby_requests import LobbyRequests
from rollback.net.transport import PathChanged, ignore
from rollback.netplay.named import NamedTransport

__all__ = ["BROADCAST", "Reach"]

BROADCAST: Final = "\0lobby"  # the label of the feed that the lobby hands on; no member's name holds such a character


class Reach:
    """Passes everything on, to those it leads to.

    Args:
        transport: Knows the peers by name.
        lobby: Takes the feed.

    Attributes:
        on_refused: Called when the lobby did not take a message of the feed: who watches has a gap from here on.
    """

    def __init__(self, transport: NamedTransport, lobby: LobbyRequests) -> None:
        self.on_datagram: Callable[[str, bytes], None] = ignore
        self.on_blob: Callable[[str, bytes], None] = ignore
        self.on_change: Callable[[PathChanged], None] = ignore
        self.on_refused: Callable[[], None] = ignore
        self._transport = transport
        self._lobby = lobby
        self._waiting: dict[str, str] = {}  # whom to add once the transport is open
        self._open = False
        transport.on_datagram = lambda peer, datagram: self.on_datagram(peer, datagram)
        transport.on_blob = lambda peer, blob: self.on_blob(peer, blob)
        transport.on_change = lambda change: self.on_change(change)

    @property
    def peers(self) -> tuple[str, ...]:
        """The names of the peers."""
        return self._transport.peers

    def add(self, peer: str, id: str = "") -> None:
        """Take another peer, by its name and its member's id, once the transport is open; one that is known stays.

        A new process of a member needs nothing more: the connections of the one before give way when it calls.
        """
        if not self._open:
            self._waiting[peer] = id
        elif peer not in self._transport.peers:
            self._transport.add(peer, id)

    def remove(self, peer: str, reason: str = "") -> None:
        """Let a peer go; one that is not known is no trouble."""
        self._waiting.pop(peer, None)
        if peer in self._transport.peers:
            self._transport.remove(peer, reason)

    async def start(self) -> None:
        """Start the transport, and then take those who came meanwhile."""
        await self._transport.start()
        self._open = True
        for peer, id in self._waiting.items():
            with contextlib.suppress(UsageError):  # it has left the room meanwhile
                self.add(peer, id)
        self._waiting.clear()

    def send(self, peer: str, datagram: bytes) -> bool:
        """Send a datagram; False where it was not sent."""
        return peer in self._transport.peers and self._transport.send(peer, datagram)

    def send_blob(self, peer: str, blob: bytes) -> None:
        """Send a blob, to a peer or to all who watch through the lobby."""
        if peer == BROADCAST:
            if not self._lobby.feed(blob):
                self.on_refused()
        elif peer in self._transport.peers:
            self._transport.send_blob(peer, blob)

    def distrust(self, peer: str, reason: str) -> None:
        """Pass on that nothing is heard of a peer."""
        if peer in self._transport.peers:
            self._transport.distrust(peer, reason)

    async def close(self, reason: str = "") -> None:
        """Close the transport."""
        self._open = False
        await self._transport.close(reason)
