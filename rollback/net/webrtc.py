"""The transport of direct connections only: one to each peer, and one more while there is bulk. Knows no relay."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rollback.errors import NetworkError, UsageError
from rollback.net.aiortc_connection import load_aiortc
from rollback.net.bulk import Bulk
from rollback.net.ice import IceOptions
from rollback.net.peer_connection import MakePeerConnection
from rollback.net.signaling import Signaling, comes_first, find_person, name_of
from rollback.net.transport import (
    PathChanged,
    check_blob,
    check_datagram,
    check_new,
    check_peer,
    check_peers,
    check_timeout,
    ignore,
    tell,
)
from rollback.net.way import Way

__all__ = ["WebRTCTransport"]


class WebRTCTransport:
    """Datagrams and blobs over WebRTC data channels.

    A lost connection is reported by `on_change` and tried again after 1, 2, 4 .. 30 seconds while the lobby lives; a
    peer that closed on purpose is waited for. Bulk (see `rollback.net.flow`) takes a connection of its own, or where none
    opens the one of the match, at a pace; it waits where there is neither, and arrives once and in order whichever way it
    took, unless the peer is a new process by then.

    Args:
        signaling: The lobby, joined; its `on_signal` is taken over. Where it has a `peer_connection`, connections are
            built on what that makes (see `rollback.net.peer_connection`) instead of on aiortc.
        peers: Ids of members of the room; `add` and `remove` change them.
        ice_servers: STUN and TURN servers: URLs, or mappings with `urls`, `username` and `credential`.
        ice_addresses: Offer only these addresses of this machine, for instance `["127.0.0.1"]`.
        connect_timeout: Seconds a connection may take to open.

    Attributes:
        dropped: What arrived or should have left and was dropped, by reason.
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
        self.dropped: Counter[str] = Counter()
        self._signaling = signaling
        self._options = IceOptions.checked(ice_servers, ice_addresses)
        self._timeout = check_timeout("connect_timeout", connect_timeout)
        self._peer_connection: MakePeerConnection | None = getattr(signaling, "peer_connection", None)
        self._ways: dict[str, Way] = {}
        self._farewells: set[asyncio.Task[None]] = set()
        self._began: float | None = None
        self._closing: asyncio.Task[None] | None = None
        for peer in check_peers(peers):
            self.add(peer)
        if self._peer_connection is None:
            load_aiortc()  # takes most of a second: better now than in the first frame

    @property
    def peers(self) -> tuple[str, ...]:
        """The peers."""
        return tuple(self._ways)

    async def start(self) -> None:
        """Return when a connection to every peer is open.

        Raises:
            NetworkError: One did not open within `connect_timeout`; the transport is closed again.
        """
        self.begin()
        try:
            for peer in self.peers:
                await self.reach(peer)
        except BaseException:
            await self.close("no direct connection")
            raise

    def begin(self) -> None:
        """Start to connect, without waiting; `reach` waits for one peer."""
        if self._closing is not None:
            raise UsageError("this transport is closed: make a new one")
        if self._began is not None:
            return
        self._began = time.monotonic()
        self._signaling.on_signal = self._take_signal
        for peer, way in self._ways.items():
            way.begin(f"direct connection to {peer}")

    def add(self, peer: str) -> None:
        """Take another member of the room as a peer; after `begin` it is connected in the background.

        Raises:
            UsageError: It is a peer already, or no other member of the room.
        """
        check_new(peer, self.peers)
        me, other = self._signaling.me, find_person(self._signaling, peer)
        if me.id == other.id:
            raise UsageError(f"{peer!r} is this process itself: name the other members")
        way = self._ways[peer] = Way(
            offers=comes_first(me, other),
            signal=lambda data: self._signaling.signal(peer, data),
            options=self._options,
            timeout=self._timeout,
            dropped=self.dropped,
            peer_connection=self._peer_connection,
        )
        way.on_datagram = lambda datagram: self.on_datagram(peer, datagram)
        way.on_blob = lambda blob: self.on_blob(peer, blob)
        way.on_open = lambda: self._opened(peer)
        way.on_end = lambda reason, left: self._ended(peer, reason, left)
        if self._began is not None and self._closing is None:
            way.begin(f"direct connection to {peer}")

    def remove(self, peer: str, reason: str = "") -> None:
        """Let a peer go: its connections are closed in the background, and nothing of it is told any more.

        Raises:
            UsageError: It is no peer.
        """
        check_peer(peer, self.peers)
        self._farewells.add(farewell := asyncio.ensure_future(self._ways.pop(peer).close(reason)))
        farewell.add_done_callback(self._farewells.discard)

    async def reach(self, peer: str) -> None:
        """Wait for the first try to reach a peer, after `begin`.

        Raises:
            NetworkError: It failed; the tries go on.
        """
        check_peer(peer, self.peers)
        first = self._ways[peer].first
        if first is None:
            raise UsageError("begin comes before reach")
        if reason := await asyncio.shield(first):
            raise NetworkError(f"no direct connection to {name_of(self._signaling, peer)}: {reason}")

    def is_open(self, peer: str) -> bool:
        """Return whether the connection to a peer is open."""
        return self._ways[peer].is_open

    def has_left(self, peer: str) -> bool:
        """Return whether a peer closed its connection on purpose and did not come back."""
        return self._ways[peer].has_left

    def distrust(self, peer: str, reason: str) -> None:
        """Give up the open connection to a peer, because nothing is heard by it, and open a new one."""
        check_peer(peer, self._ways)
        self._ways[peer].distrust(reason)

    def send(self, peer: str, datagram: bytes) -> bool:
        """Send a datagram; False while there is no connection, or more than one datagram waits to leave."""
        check_datagram(datagram)
        check_peer(peer, self._ways)
        return self._ways[peer].send(datagram)

    def send_blob(self, peer: str, blob: bytes) -> None:
        """Send a blob; without a connection it is dropped and counted as `unreachable`, but bulk waits for one."""
        check_blob(blob)
        check_peer(peer, self._ways)
        if dropped := self._ways[peer].send_blob(blob):
            self.dropped[dropped] += 1

    def bulk(self, peer: str) -> Bulk:
        """Return the bulk to and from a peer, which may be given further paths."""
        check_peer(peer, self._ways)
        return self._ways[peer].bulk

    async def close(self, reason: str = "") -> None:
        """Deliver what was sent, say goodbye and close all connections, in less than three seconds."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(reason))
        await asyncio.shield(self._closing)

    async def _close(self, reason: str) -> None:
        await asyncio.gather(*(way.close(reason) for way in self._ways.values()), *self._farewells)
        if self._signaling.on_signal == self._take_signal:
            self._signaling.on_signal = None

    def _take_signal(self, peer: str, signal: dict[str, Any]) -> None:
        if peer in self._ways:
            self._ways[peer].take(signal)

    def _opened(self, peer: str) -> None:
        first = self._ways[peer].first
        took = "again"
        if first is not None and self._began is not None and not first.done():
            took = f"after {1000 * (time.monotonic() - self._began):.0f} ms"
        tell(self.on_change, PathChanged(peer, "webrtc", f"the direct connection is open {took}"))

    def _ended(self, peer: str, reason: str, left: bool) -> None:
        if left:
            reason = f"{name_of(self._signaling, peer)} left" + (f": {reason}" if reason else "")
        first = self._ways[peer].first
        if first is not None and not first.done():
            first.set_result(reason)
        tell(self.on_change, PathChanged(peer, "none", reason))
