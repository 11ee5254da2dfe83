"""The transport of a match: direct connections where they open, the relay where they do not. Knows no frame.

Both transports feed the same callbacks; which of them carries the datagrams to a peer is this side's own choice, and
the other side may choose differently for a while.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from rollback.errors import NetworkError, UsageError
from rollback.net.flow import is_bulk
from rollback.net.refusal import refuse_direct
from rollback.net.relay import RelayTransport
from rollback.net.relay_path import RelayPath
from rollback.net.signaling import Signaling
from rollback.net.transport import Path, PathChanged, Transport, check_peer, ignore, tell
from rollback.net.webrtc import WebRTCTransport

__all__ = ["DirectOrRelayTransport", "make_transport"]


class DirectOrRelayTransport:
    """WebRTC, and the lobby's relay for every peer that WebRTC does not reach, or no longer reaches.

    It goes back to a direct connection as soon as one opens; tries are made while the lobby lives.

    Args:
        signaling: The lobby, joined; its `on_signal` and `on_relay` are taken over.
        peers: Ids of members of the room; `add` and `remove` change them.
        ice_servers: See `WebRTCTransport`.
        ice_addresses: See `WebRTCTransport`.
        connect_timeout: Seconds after which the relay is taken.
    """

    def __init__(
        self,
        signaling: Signaling,
        peers: Sequence[str],
        *,
        ice_servers: Sequence[str | Mapping[str, Any]] = (),
        ice_addresses: Sequence[str] | None = None,
        connect_timeout: float = 10.0,
    ) -> None:
        self.on_datagram: Callable[[str, bytes], None] = ignore
        self.on_blob: Callable[[str, bytes], None] = ignore
        self.on_change: Callable[[PathChanged], None] = ignore
        self.direct = WebRTCTransport(
            signaling,
            peers,
            ice_servers=ice_servers,
            ice_addresses=ice_addresses,
            connect_timeout=connect_timeout,
        )
        self.relay = RelayTransport(signaling, peers, connect_timeout=connect_timeout)
        self._signaling = signaling
        self._paths: dict[str, Path] = {}
        self._tries: dict[str, asyncio.Task[None]] = {}
        self._began = False
        self.relay.on_bulk = self._take_bulk
        for peer in self.direct.peers:
            self._know(peer)
        for transport in (self.direct, self.relay):
            transport.on_datagram = lambda peer, datagram: self.on_datagram(peer, datagram)
            transport.on_blob = lambda peer, blob: self.on_blob(peer, blob)
        self.direct.on_change = self._direct_changed
        self.relay.on_change = self._relay_changed

    @property
    def peers(self) -> tuple[str, ...]:
        """The peers."""
        return self.direct.peers

    @property
    def dropped(self) -> Counter[str]:
        """What arrived or should have left and was dropped, by reason."""
        return self.direct.dropped + self.relay.dropped

    def add(self, peer: str) -> None:
        """Take another member of the room as a peer; it is connected in the background, by either path.

        Raises:
            UsageError: It is a peer already, or no other member of the room.
        """
        self.direct.add(peer)
        self.relay.admit(peer)
        self._know(peer)
        if self._began:
            self._tries[peer] = asyncio.create_task(self._reach_late(peer), name=f"first way to {peer}")

    def remove(self, peer: str, reason: str = "") -> None:
        """Let a peer go: it is told goodbye on both paths, and nothing of it is told any more.

        Raises:
            UsageError: It is no peer.
        """
        self.direct.remove(peer, reason)
        self.relay.remove(peer, reason)
        del self._paths[peer]
        if (attempt := self._tries.pop(peer, None)) is not None:
            attempt.cancel()

    def path(self, peer: str) -> Path:
        """Return the path that datagrams to a peer take now."""
        check_peer(peer, self.peers)
        return self._paths[peer]

    async def start(self) -> None:
        """Return when every peer can be reached, by either path.

        Raises:
            NetworkError: A peer answers on neither; the transport is closed again.
        """
        self.relay.begin()
        self.direct.begin()
        self._began = True
        tries = [asyncio.ensure_future(self._reach(peer)) for peer in self.peers]
        try:
            await asyncio.gather(*tries)
        except BaseException:
            for attempt in tries:
                attempt.cancel()
            await asyncio.gather(*tries, return_exceptions=True)
            await self.close("not every peer could be reached")
            raise

    def send(self, peer: str, datagram: bytes) -> bool:
        """Send a datagram by the present path; False where it was not sent."""
        check_peer(peer, self.peers)
        path = self._paths[peer]
        if path == "webrtc":
            return self.direct.send(peer, datagram)
        return path == "relay" and self.relay.send(peer, datagram)

    def send_blob(self, peer: str, blob: bytes) -> None:
        """Send a blob by the present path, but never past one that is still with the relay; bulk finds its own path."""
        check_peer(peer, self.peers)
        if is_bulk(blob) or (self._paths[peer] == "webrtc" and not self.relay.is_sending(peer)):
            self.direct.send_blob(peer, blob)
        else:
            self.relay.send_blob(peer, blob)

    def distrust(self, peer: str, reason: str) -> None:
        """Tell that nothing is heard of a peer: a direct connection is given up, and the relay takes over."""
        self.direct.distrust(peer, reason)

    async def close(self, reason: str = "") -> None:
        """Deliver what was sent, say goodbye on both paths and close, in less than three seconds."""
        for attempt in self._tries.values():
            attempt.cancel()
        await asyncio.gather(self.direct.close(reason), self.relay.close(reason))
        await asyncio.gather(*self._tries.values(), return_exceptions=True)
        self._paths = dict.fromkeys(self.peers, "none")

    def _know(self, peer: str) -> None:
        self._paths[peer] = "none"
        path = RelayPath(lambda: self._paths.get(peer) == "relay", lambda message: self.relay.send_bulk(peer, message))
        self.direct.bulk(peer).add_path(path)

    def _take_bulk(self, peer: str, message: bytes) -> None:
        self.direct.bulk(peer).take(message)

    async def _reach_late(self, peer: str) -> None:
        told = False
        while True:
            try:
                await self._reach(peer)
                return
            except NetworkError as error:
                if self._paths[peer] != "none":
                    return
                if not told:
                    tell(self.on_change, PathChanged(peer, "none", str(error)))
                told = True

    async def _reach(self, peer: str) -> None:
        try:
            await self.direct.reach(peer)
        except NetworkError as direct:
            try:
                await self.relay.reach(peer)
            except NetworkError as relay:
                raise NetworkError(f"{direct}; and {relay}") from None
            if self._paths[peer] == "none":  # a later try may have opened meanwhile
                self._change(peer, "relay", str(direct))

    def _direct_changed(self, change: PathChanged) -> None:
        peer = change.peer
        if change.path == "webrtc":
            self._change(peer, "webrtc", change.reason)
        elif self.direct.has_left(peer):
            self._change(peer, "none", change.reason)
        elif self._paths[peer] == "webrtc":
            self._change(peer, "relay", change.reason)

    def _relay_changed(self, change: PathChanged) -> None:
        if change.path == "none" and not self.direct.is_open(change.peer):
            self.direct.bulk(change.peer).forget()  # it left, and nobody is there to take it
        if change.path == "none" or self._paths[change.peer] == "none":
            self._change(change.peer, change.path, change.reason)

    def _change(self, peer: str, path: Path, reason: str) -> None:
        if path != self._paths[peer]:
            self._paths[peer] = path
            self.direct.bulk(peer).pump()
            self.on_change(PathChanged(peer, path, reason))


def make_transport(
    signaling: Signaling,
    peers: Sequence[str],
    *,
    transport: Literal["auto", "webrtc", "relay"] = "auto",
    ice_servers: Sequence[str | Mapping[str, Any]] = (),
    ice_addresses: Sequence[str] | None = None,
    connect_timeout: float = 10.0,
) -> Transport:
    """Return the transport that goes by the name `transport`, not yet started.

    Raises:
        UsageError: There is no such transport, or a peer, server, address or time is not possible.
    """
    if transport == "relay":
        relay = RelayTransport(signaling, peers, connect_timeout=connect_timeout)
        refuse_direct(signaling, lambda: relay.peers)
        return relay
    kinds: dict[str, type[WebRTCTransport] | type[DirectOrRelayTransport]]
    kinds = {"auto": DirectOrRelayTransport, "webrtc": WebRTCTransport}
    if transport not in kinds:
        raise UsageError(f"transport must be 'auto', 'webrtc' or 'relay', not {transport!r}")
    return kinds[transport](
        signaling, peers, ice_servers=ice_servers, ice_addresses=ice_addresses, connect_timeout=connect_timeout
    )
