"""The transport by way of the lobby's relay: slower than a direct line, there while the lobby is. Knows no WebRTC.

The first byte of a relayed message says what it is: a datagram, a fragment of a blob and its answer (see
`rollback.net.relay_blobs`), a greeting, its answer, or a goodbye with a reason.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

from rollback.errors import NetworkError, UsageError, WireError
from rollback.net.allowance import Allowance
from rollback.net.relay_blobs import PACE, WINDOW, Inbox, Outbox
from rollback.net.signaling import Signaling, find_person, name_of
from rollback.net.transport import (
    MAX_MESSAGE,
    PathChanged,
    check_blob,
    check_datagram,
    check_peer,
    check_peers,
    check_timeout,
    ignore,
    tell,
)
from rollback.net.words import plain_words

__all__ = ["RelayTransport"]

DATAGRAM: Final = b"\x00"
FRAGMENT: Final = b"\x01"
ANSWER: Final = b"\x02"
HELLO: Final = b"\x03"
HELLO_BACK: Final = b"\x04"
GOODBYE: Final = b"\x05"
GREET_EVERY: Final = 0.25  # seconds between greetings to a peer that has not answered
MAX_REASON: Final = 200  # bytes
FLUSH: Final = 0.5  # seconds that blobs may still take when the transport closes


class RelayTransport:
    """Datagrams and blobs through the lobby.

    Args:
        signaling: The lobby, joined; its `on_relay` is taken over.
        peers: Ids of members of the room.
        connect_timeout: Seconds a peer may take to answer the first greeting.

    Attributes:
        dropped: What arrived or should have left and was dropped, by reason.
    """

    def __init__(self, signaling: Signaling, peers: Sequence[str], *, connect_timeout: float = 10.0) -> None:
        self.on_datagram: Callable[[str, bytes], None] = ignore
        self.on_blob: Callable[[str, bytes], None] = ignore
        self.on_change: Callable[[PathChanged], None] = ignore
        self.peers = check_peers(peers)
        self.dropped: Counter[str] = Counter()
        for peer in self.peers:
            if find_person(signaling, peer).id == signaling.me.id:
                raise UsageError(f"{peer!r} is this process itself: name the other members")
        self._signaling = signaling
        self._timeout = check_timeout("connect_timeout", connect_timeout)
        self._left: set[str] = set()
        self._heard = {peer: asyncio.Event() for peer in self.peers}
        self._outboxes = {peer: Outbox() for peer in self.peers}
        self._inboxes = {peer: Inbox() for peer in self.peers}
        # An honest peer greets and sends fragments at half these paces; a lost answer is made up for by the next one.
        self._greetings = {peer: Allowance(pace=GREET_EVERY / 2, burst=4) for peer in self.peers}
        self._answers = {peer: Allowance(pace=PACE / 2, burst=2 * WINDOW) for peer in self.peers}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._drained = asyncio.Event()
        self._began = False
        self._closing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return when every peer answered by the relay.

        Raises:
            NetworkError: One did not within `connect_timeout`; the transport is closed again.
        """
        self.begin()
        try:
            await asyncio.gather(*(self.reach(peer) for peer in self.peers))
        except BaseException:
            await self.close("no answer by the relay")
            raise
        for peer in self.peers:
            tell(self.on_change, PathChanged(peer, "relay", "the lobby passes everything on"))

    def begin(self) -> None:
        """Listen to the relay, without waiting; `reach` waits for one peer."""
        if self._closing is not None:
            raise UsageError("this transport is closed: make a new one")
        self._began = True
        self._signaling.on_relay = self._take

    async def reach(self, peer: str) -> None:
        """Greet a peer until it is heard by the relay.

        Raises:
            NetworkError: It was not heard within `connect_timeout`.
        """
        check_peer(peer, self.peers)
        try:
            async with asyncio.timeout(self._timeout):
                while not self._heard[peer].is_set():
                    self._relay(peer, HELLO)
                    await self._hear(peer)
        except TimeoutError:
            name = name_of(self._signaling, peer)
            raise NetworkError(
                f"{name} did not answer by the relay within {self._timeout:g} s: is {name} still there, and playing?"
            ) from None

    async def _hear(self, peer: str) -> None:
        try:
            async with asyncio.timeout(GREET_EVERY):
                await self._heard[peer].wait()
        except TimeoutError:
            pass  # time for another greeting: the first ones are lost where the peer started after us

    def send(self, peer: str, datagram: bytes) -> bool:
        """Send a datagram; False where the lobby does not take it."""
        check_peer(peer, self.peers)
        check_datagram(datagram)
        return self._relay(peer, DATAGRAM + datagram)

    def send_blob(self, peer: str, blob: bytes) -> None:
        """Send a blob; where more than 16 MiB wait already it is dropped and counted as `overflow`."""
        check_peer(peer, self.peers)
        check_blob(blob)
        if self._closing is not None or not self._outboxes[peer].add(blob):
            self.dropped["overflow"] += 1
            return
        self._pump(peer)

    def is_sending(self, peer: str) -> bool:
        """Return whether a blob to a peer is still on its way."""
        return bool(self._outboxes[peer])

    async def close(self, reason: str = "") -> None:
        """Let blobs arrive for half a second at most, say goodbye and close."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(reason))
        await asyncio.shield(self._closing)

    async def _close(self, reason: str) -> None:
        if not self._began:
            return
        try:
            async with asyncio.timeout(FLUSH):
                while any(self._outboxes.values()):
                    self._drained.clear()
                    await self._drained.wait()
        except TimeoutError:
            pass  # nobody acknowledges: the rest is lost with the connection
        for peer in self.peers:
            self._signaling.relay(peer, GOODBYE + reason.encode()[:MAX_REASON])
        for timer in self._timers.values():
            timer.cancel()
        if self._signaling.on_relay == self._take:
            self._signaling.on_relay = None
        self._began = False

    def _relay(self, peer: str, message: bytes) -> bool:
        return self._began and self._signaling.relay(peer, message)

    def _take(self, peer: str, message: Any) -> None:
        if peer not in self._heard:
            self.dropped["stranger"] += 1
        elif not isinstance(message, bytes) or not message:
            self.dropped["malformed"] += 1
        elif len(message) > MAX_MESSAGE:
            self.dropped["oversized"] += 1
        else:
            try:
                self._dispatch(peer, message[:1], message[1:])
            except WireError as error:
                self.dropped[error.reason] += 1

    def _dispatch(self, peer: str, kind: bytes, body: bytes) -> None:
        if kind == GOODBYE:
            reason = plain_words(body[:MAX_REASON].decode(errors="replace"))
            said = f"{name_of(self._signaling, peer)} left" + (f": {reason}" if reason else "")
            self._heard[peer].clear()
            self._left.add(peer)
            tell(self.on_change, PathChanged(peer, "none", said))
            return
        if kind not in (DATAGRAM, FRAGMENT, ANSWER, HELLO, HELLO_BACK):
            raise WireError("malformed", f"a message of kind {kind!r}")
        self._heard[peer].set()
        if peer in self._left:
            self._left.discard(peer)
            tell(self.on_change, PathChanged(peer, "relay", f"{name_of(self._signaling, peer)} is back"))
        if kind == DATAGRAM:
            tell(self.on_datagram, peer, body)
        elif kind == FRAGMENT:
            answer, blob = self._inboxes[peer].take(body)
            self._answer(peer, self._answers, ANSWER + answer)
            if blob is not None:
                tell(self.on_blob, peer, blob)
        elif kind == ANSWER:
            self._outboxes[peer].take_answer(body, asyncio.get_running_loop().time())
            self._pump(peer)
        elif kind == HELLO:
            self._answer(peer, self._greetings, HELLO_BACK)

    def _answer(self, peer: str, allowances: dict[str, Allowance], message: bytes) -> None:
        if allowances[peer].take(asyncio.get_running_loop().time()):
            self._relay(peer, message)
        else:
            self.dropped["unanswered"] += 1

    def _pump(self, peer: str) -> None:
        """Send the fragments that are due, and come back for the next."""
        loop, outbox = asyncio.get_running_loop(), self._outboxes[peer]
        if (timer := self._timers.pop(peer, None)) is not None:
            timer.cancel()
        if not self._began:
            return
        now = loop.time()
        refused = False
        if (fragment := outbox.fragment(now)) is not None:
            if self._relay(peer, FRAGMENT + fragment):
                outbox.sent(now)
            else:
                refused = True  # the lobby's queue is full, or the lobby is gone for a while
        if (due := outbox.wake_at()) is None:
            self._drained.set()
        else:
            self._timers[peer] = loop.call_at(max(due, now + PACE) if refused else due, self._pump, peer)
