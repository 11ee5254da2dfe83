"""A transport whose peers are called by their members' names, as a session calls them. Knows names and ids only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from rollback.net.transport import PathChanged, Transport, check_new, check_peer, ignore

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
        self._transport = transport
        self._names = {peer: names[peer] for peer in transport.peers}
        self._ids = {name: peer for peer, name in self._names.items()}
        transport.on_datagram = lambda peer, datagram: self.on_datagram(self._names[peer], datagram)
        transport.on_blob = lambda peer, blob: self.on_blob(self._names[peer], blob)
        transport.on_change = lambda change: self.on_change(replace(change, peer=self._names[change.peer]))

    @property
    def peers(self) -> tuple[str, ...]:
        """The names of the peers."""
        return tuple(self._ids)

    def add(self, peer: str, id: str = "") -> None:
        """Take another peer, by its name and by the id that the transport knows; without one they are the same.

        Raises:
            UsageError: The name or the id is a peer's already, or the transport cannot reach it.
        """
        id = id or peer
        check_new(peer, self._ids)
        check_new(id, self._names)
        self._names[id], self._ids[peer] = peer, id  # before the transport tells of it
        try:
            self._transport.add(id)
        except BaseException:
            del self._names[id], self._ids[peer]
            raise

    def remove(self, peer: str, reason: str = "") -> None:
        """Let a peer go, by its name.

        Raises:
            UsageError: It is no peer.
        """
        check_peer(peer, self._ids)
        self._transport.remove(self._ids[peer], reason)
        del self._names[self._ids.pop(peer)]

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
