"""Transports between peers of one process and one event loop, for tests and examples. Loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from rollback.errors import UsageError
from rollback.net.transport import PathChanged, check_blob, check_datagram, check_new, check_peer, check_peers, ignore

__all__ = ["MemoryNetwork", "MemoryTransport"]


class MemoryNetwork:
    """Peers that reach each other without a network.

    Args:
        names: The peers.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._ends: dict[str, MemoryTransport] = {}
        for name in (known := check_peers(names)):
            self._ends[name] = MemoryTransport(self, name, tuple(other for other in known if other != name))

    def add(self, name: str) -> MemoryTransport:
        """Return a new peer's transport, which knows everybody; the others `add` it.

        A name whose transport was closed may be added again: a new process takes its place.

        Raises:
            UsageError: The name is in use.
        """
        if name in self._ends and not self._ends[name].is_closed:
            raise UsageError(f"{name!r} is in this network already: close its transport first")
        check_new(name, ())
        self._ends.pop(name, None)
        self._ends[name] = MemoryTransport(self, name, tuple(self._ends))
        return self._ends[name]

    def transport(self, name: str) -> MemoryTransport:
        """Return the transport of a peer, always the same one."""
        if name not in self._ends:
            known = ", ".join(map(repr, self._ends)) or "nobody"
            raise UsageError(f"{name!r} is nobody in this network: it knows {known}")
        return self._ends[name]


class MemoryTransport:
    """One peer's end of a `MemoryNetwork`; what is sent arrives on the next turn of the event loop, in order.

    Datagrams to a peer that has not started are refused, blobs wait for it.
    """

    def __init__(self, network: MemoryNetwork, name: str, peers: tuple[str, ...]) -> None:
        self.on_datagram: Callable[[str, bytes], None] = ignore
        self.on_blob: Callable[[str, bytes], None] = ignore
        self.on_change: Callable[[PathChanged], None] = ignore
        self.peers = peers
        self.name = name
        self.is_open = False
        self._network = network
        self._closed = False
        self._early: list[tuple[str, bytes]] = []

    @property
    def is_closed(self) -> bool:
        """Whether this end is closed for good."""
        return self._closed

    def add(self, peer: str) -> None:
        """Take another peer of the network.

        Raises:
            UsageError: It is a peer already, this end itself, or nobody in the network.
        """
        check_new(peer, (*self.peers, self.name))
        other = self._network.transport(peer)
        self.peers += (peer,)
        if self.is_open and other.is_open and self.name in other.peers:
            self.on_change(PathChanged(peer, "memory", "both ends are open"))
            other.on_change(PathChanged(self.name, "memory", "both ends are open"))

    def remove(self, peer: str, reason: str = "") -> None:
        """Let a peer go; it is told that it cannot be reached.

        Raises:
            UsageError: It is no peer.
        """
        check_peer(peer, self.peers)
        self.peers = tuple(other for other in self.peers if other != peer)
        other = self._network.transport(peer)
        if self.is_open and other.is_open and self.name in other.peers:
            other.on_change(PathChanged(self.name, "none", reason or f"{self.name} closed the connection"))

    async def start(self) -> None:
        """Open this end; the other ends need not be open."""
        if self._closed:
            raise UsageError(f"the transport of {self.name!r} is closed: make another MemoryNetwork")
        if self.is_open:
            return
        self.is_open = True
        for peer, blob in self._early:
            asyncio.get_running_loop().call_soon(self._arrive_blob, peer, blob)
        self._early.clear()
        for peer in self.peers:
            if (other := self._network.transport(peer)).is_open and self.name in other.peers:
                self.on_change(PathChanged(peer, "memory", "both ends are open"))
                other.on_change(PathChanged(self.name, "memory", "both ends are open"))

    def send(self, peer: str, datagram: bytes) -> bool:
        """Deliver a datagram on the next turn of the loop; False where one of the ends is not open."""
        check_peer(peer, self.peers)
        check_datagram(datagram)
        other = self._network.transport(peer)
        if not (self.is_open and other.is_open):
            return False
        asyncio.get_running_loop().call_soon(other._arrive, self.name, datagram)
        return True

    def send_blob(self, peer: str, blob: bytes) -> None:
        """Deliver a blob on the next turn of the loop, or when the peer starts."""
        check_peer(peer, self.peers)
        check_blob(blob)
        other = self._network.transport(peer)
        if self._closed or other._closed:
            return
        if other.is_open:
            asyncio.get_running_loop().call_soon(other._arrive_blob, self.name, blob)
        else:
            other._early.append((self.name, blob))

    async def close(self, reason: str = "") -> None:
        """Close this end after what was sent was delivered; the others are told."""
        if self._closed:
            return
        self._closed = True
        await asyncio.sleep(0)  # one turn: everything sent before was scheduled earlier
        self.is_open = False
        self._early.clear()
        for peer in self.peers:
            if (other := self._network.transport(peer)).is_open and self.name in other.peers:
                other.on_change(PathChanged(self.name, "none", reason or f"{self.name} closed the connection"))

    def _arrive(self, peer: str, datagram: bytes) -> None:
        if self.is_open and peer in self.peers:
            self.on_datagram(peer, datagram)

    def _arrive_blob(self, peer: str, blob: bytes) -> None:
        if self.is_open and peer in self.peers:
            self.on_blob(peer, blob)
