"""The transport of direct connections only: one WebRTC connection a peer, reopened when it is lost. Knows no relay."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from rollback.errors import NetworkError, UsageError
from rollback.net.ice import IceOptions
from rollback.net.line import Line, load_aiortc
from rollback.net.negotiation import Negotiation
from rollback.net.signaling import Signaling, comes_first, find_person, name_of
from rollback.net.transport import (
    PathChanged,
    check_blob,
    check_datagram,
    check_peer,
    check_peers,
    check_timeout,
    ignore,
    tell,
)

__all__ = ["WebRTCTransport"]


class WebRTCTransport:
    """Datagrams and blobs over WebRTC data channels.

    A lost connection is reported by `on_change` and tried again after 1, 2, 4 .. 30 seconds while the lobby lives; a
    peer that closed on purpose is waited for.

    Args:
        signaling: The lobby, joined; its `on_signal` is taken over.
        peers: Ids of members of the room.
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
        self.peers = check_peers(peers)
        self.dropped: Counter[str] = Counter()
        self._signaling = signaling
        self._options = IceOptions.checked(ice_servers, ice_addresses)
        self._timeout = check_timeout("connect_timeout", connect_timeout)
        self._negotiations = {peer: self._negotiation(peer) for peer in self.peers}
        self._first: dict[str, asyncio.Future[str]] = {}
        self._left: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._began = 0.0
        self._closing: asyncio.Task[None] | None = None
        load_aiortc()  # takes most of a second: better now than in the first frame

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
        if self._tasks:
            return
        self._began = time.monotonic()
        self._signaling.on_signal = self._take_signal
        for peer, negotiation in self._negotiations.items():
            self._first[peer] = asyncio.get_running_loop().create_future()
            self._tasks.append(asyncio.create_task(negotiation.run(), name=f"direct connection to {peer}"))

    async def reach(self, peer: str) -> None:
        """Wait for the first try to reach a peer, after `begin`.

        Raises:
            NetworkError: It failed; the tries go on.
        """
        check_peer(peer, self.peers)
        if reason := await asyncio.shield(self._first[peer]):
            raise NetworkError(f"no direct connection to {name_of(self._signaling, peer)}: {reason}")

    def is_open(self, peer: str) -> bool:
        """Return whether the connection to a peer is open."""
        line = self._negotiations[peer].line
        return line is not None and line.is_open

    def has_left(self, peer: str) -> bool:
        """Return whether a peer closed its connection on purpose and did not come back."""
        return peer in self._left

    def distrust(self, peer: str, reason: str) -> None:
        """Give up the open connection to a peer, because nothing is heard by it, and open a new one."""
        check_peer(peer, self.peers)
        self._negotiations[peer].distrust(reason)

    def send(self, peer: str, datagram: bytes) -> bool:
        """Send a datagram; False while there is no connection, or more than one datagram waits to leave."""
        check_datagram(datagram)
        line = self._line(peer)
        return line is not None and line.send(datagram)

    def send_blob(self, peer: str, blob: bytes) -> None:
        """Send a blob; without a connection it is dropped and counted as `unreachable`."""
        check_blob(blob)
        line = self._line(peer)
        if line is None or not line.send_blob(blob):
            self.dropped["unreachable"] += 1

    async def close(self, reason: str = "") -> None:
        """Deliver what was sent, say goodbye and close all connections, in less than three seconds."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(reason))
        await asyncio.shield(self._closing)

    async def _close(self, reason: str) -> None:
        for task in self._tasks:
            task.cancel()
        lines = [line for negotiation in self._negotiations.values() if (line := negotiation.line) is not None]
        await asyncio.gather(*(line.close(reason) for line in lines))
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._signaling.on_signal == self._take_signal:
            self._signaling.on_signal = None
        for future in self._first.values():
            if not future.done():
                future.set_result("the transport was closed")

    def _line(self, peer: str) -> Line | None:
        check_peer(peer, self.peers)
        return cast("Line | None", self._negotiations[peer].line)

    def _negotiation(self, peer: str) -> Negotiation:
        me, other = self._signaling.me, find_person(self._signaling, peer)
        if me.id == other.id:
            raise UsageError(f"{peer!r} is this process itself: name the other members")
        negotiation = Negotiation(
            offers=comes_first(me, other),
            signal=lambda data: self._signaling.signal(peer, data),
            make_line=lambda: self._make_line(peer),
            timeout=self._timeout,
            dropped=self.dropped,
        )
        negotiation.on_open = lambda: self._opened(peer)
        negotiation.on_end = lambda reason, left: self._ended(peer, reason, left)
        return negotiation

    def _make_line(self, peer: str) -> Line:
        line = Line(self._options, self.dropped)
        line.on_datagram = lambda datagram: self.on_datagram(peer, datagram)
        line.on_blob = lambda blob: self.on_blob(peer, blob)
        return line

    def _take_signal(self, peer: str, signal: dict[str, Any]) -> None:
        if peer in self._negotiations:
            self._negotiations[peer].take(signal)

    def _opened(self, peer: str) -> None:
        self._left.discard(peer)
        first = not self._first[peer].done()
        if first:
            self._first[peer].set_result("")
        took = f"after {1000 * (time.monotonic() - self._began):.0f} ms" if first else "again"
        tell(self.on_change, PathChanged(peer, "webrtc", f"the direct connection is open {took}"))

    def _ended(self, peer: str, reason: str, left: bool) -> None:
        if left:
            self._left.add(peer)
            reason = f"{name_of(self._signaling, peer)} left" + (f": {reason}" if reason else "")
        if not self._first[peer].done():
            self._first[peer].set_result(reason)
        tell(self.on_change, PathChanged(peer, "none", reason))
