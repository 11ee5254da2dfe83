"""A transport whose peers are called by their members' names, as a session calls them. Knows names and ids only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from rollback.net.transport import PathChanged, Transport, ignore

__all__ = ["NamedTransport"]


class NamedTransport:
    """Passes everything on, under other names.

    Args:
        transport: Knows the peers by id.
        names: The name of every peer, by id; no two are equal.
    """

    def __init__(self, transport: Transport, names: Mapping[str, str]) -> None:
        self.on_datagram: Callable[[str, bytes], None] = ignore
        self.on_blob: Callable[[str, bytes], None] = ignore
        self.on_change: Callable[[PathChanged], None] = ignore
        self.peers = tuple(names[peer] for peer in transport.peers)
        self._transport = transport
        self._ids = {names[peer]: peer for peer in transport.peers}
        transport.on_datagram = lambda peer, datagram: self.on_datagram(names[peer], datagram)
        transport.on_blob = lambda peer, blob: self.on_blob(names[peer], blob)
        transport.on_change = lambda change: self.on_change(replace(change, peer=names[change.peer]))

    async def start(self) -> None:
        """Start the transport."""
        await self._transport.start()

    def send(self, peer: str, datagram: bytes) -> bool:
        """Send a datagram; False where it was not sent."""
        return self._transport.send(self._ids[peer], datagram)

    def send_blob(self, peer: str, blob: bytes) -> None:
        """Send a blob."""
        self._transport.send_blob(self._ids[peer], blob)

    def distrust(self, peer: str, reason: str) -> None:
        """Pass on that nothing is heard of a peer, where the transport has another path to take."""
        distrust: Any = getattr(self._transport, "distrust", None)
        if distrust is not None:
            distrust(self._ids[peer], reason)

    async def close(self, reason: str = "") -> None:
        """Close the transport."""
        await self._transport.close(reason)
