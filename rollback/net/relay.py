"""The transport by way of the lobby's relay: slower than a direct line, there while the lobby is. Knows no WebRTC.

The first byte of a relayed message says what it is: a datagram, a fragment of a blob and its answer (`relay_blobs`), a
greeting, its answer, a goodbye with a reason, or a message of bulk (`flow`).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

from rollback.errors import NetworkError, UsageError, WireError
from rollback.net.allowance import Allowance
from rollback.net.bulk import Bulk
from rollback.net.flow import is_bulk
from rollback.net.relay_blobs import PACE
from rollback.net.relay_end import RelayEnd
from rollback.net.relay_path import RelayPath
from rollback.net.signaling import Signaling, find_person, name_of
from rollback.net.transport import (
    MAX_MESSAGE,
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
from rollback.net.words import plain_words

__all__ = ["RelayTransport"]

DATAGRAM: Final = b"\x00"
FRAGMENT: Final = b"\x01"
ANSWER: Final = b"\x02"
HELLO: Final = b"\x03"
HELLO_BACK: Final = b"\x04"
GOODBYE: Final = b"\x05"
BULK: Final = b"\x06"
MAX_REASON: Final = 200  # bytes
FLUSH: Final = 0.5  # seconds that blobs may still take when the transport closes


class RelayTransport:
    """Datagrams and blobs through the lobby.

    Args:
        signaling: The lobby, joined; its `on_relay` is taken over.
        peers: Ids of members of the room; `add` and `remove` change them.
        connect_timeout: Seconds a peer may take to answer the first greeting.

    Attributes:
        dropped: What arrived or should have left and was dropped, by reason.
    """

    def __init__(self, signaling: Signaling, peers: Sequence[str], *, connect_timeout: float = 10.0) -> None:
        self.on_datagram: Callable[[str, bytes], None] = ignore
        self.on_blob: Callable[[str, bytes], None] = ignore
        self.on_change: Callable[[PathChanged], None] = ignore
        self.on_bulk: Callable[[str, bytes], None] = self._take_bulk
        self.dropped: Counter[str] = Counter()
        self._signaling = signaling
        self._timeout = check_timeout("connect_timeout", connect_timeout)
        self._ends: dict[str, RelayEnd] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._drained = asyncio.Event()
        self._began = False
        self._closing: asyncio.Task[None] | None = None
        for peer in check_peers(peers):
            self.admit(peer)

    @property
    def peers(self) -> tuple[str, ...]:
        """The peers."""
        return tuple(self._ends)

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

    def admit(self, peer: str) -> None:
        """Take another member of the room as a peer, without greeting it.

        Raises:
            UsageError: It is a peer already, or no other member of the room.
        """
        check_new(peer, self._ends)
        if find_person(self._signaling, peer).id == self._signaling.me.id:
            raise UsageError(f"{peer!r} is this process itself: name the other members")
        path = RelayPath(lambda: self.is_heard(peer), lambda message: self.send_bulk(peer, message))
        self._ends[peer] = RelayEnd(Bulk((path,), lambda blob: self.on_blob(peer, blob), self.dropped))

    def add(self, peer: str) -> None:
        """Take another member of the room as a peer; after `begin` it is greeted in the background until it answers.

        Raises:
            UsageError: It is a peer already, or no other member of the room.
        """
        self.admit(peer)
        if self._began:
            self._ends[peer].greeting = greeting = asyncio.create_task(self._greet(peer), name=f"greeting {peer}")
            self._tasks.add(greeting)
            greeting.add_done_callback(self._tasks.discard)

    def remove(self, peer: str, reason: str = "") -> None:
        """Let a peer go: it is told goodbye, and nothing of it is told any more.

        Raises:
            UsageError: It is no peer.
        """
        check_peer(peer, self._ends)
        self._relay(peer, GOODBYE + reason.encode()[:MAX_REASON])
        self._ends.pop(peer).let_go()
        self._drained.set()

    async def _greet(self, peer: str) -> None:
        told = False
        while True:
            try:
                await self.reach(peer)
            except NetworkError as error:
                if not told:
                    tell(self.on_change, PathChanged(peer, "none", str(error)))
                told = True
            else:
                tell(self.on_change, PathChanged(peer, "relay", "the lobby passes everything on"))
                return

    async def reach(self, peer: str) -> None:
        """Greet a peer until it is heard by the relay.

        Raises:
            NetworkError: It was not heard within `connect_timeout`.
        """
        check_peer(peer, self._ends)
        end = self._ends[peer]
        try:
            async with asyncio.timeout(self._timeout):
                while not end.heard.is_set():
                    self._relay(peer, HELLO)
                    await end.hear()
        except TimeoutError:
            name = name_of(self._signaling, peer)
            raise NetworkError(
                f"{name} did not answer by the relay within {self._timeout:g} s: is {name} still there, and playing?"
            ) from None

    def is_heard(self, peer: str) -> bool:
        """Return whether the peer was heard by the relay, and has not left."""
        return self._began and peer in self._ends and self._ends[peer].heard.is_set()

    def send(self, peer: str, datagram: bytes) -> bool:
        """Send a datagram; False where the lobby does not take it."""
        check_peer(peer, self._ends)
        check_datagram(datagram)
        return self._relay(peer, DATAGRAM + datagram)

    def send_blob(self, peer: str, blob: bytes) -> None:
        """Send a blob; where more than 16 MiB wait already it is dropped and counted as `overflow`."""
        check_peer(peer, self._ends)
        check_blob(blob)
        end = self._ends[peer]
        if self._closing is not None or not (end.bulk.send(blob) if is_bulk(blob) else end.outbox.add(blob)):
            self.dropped["overflow"] += 1
            return
        self._pump(peer)

    def send_bulk(self, peer: str, message: bytes) -> bool:
        """Send a message of bulk; False where the lobby does not take it."""
        return self._relay(peer, BULK + message)

    def is_sending(self, peer: str) -> bool:
        """Return whether a blob to a peer is still on its way; bulk is none of them."""
        return bool(self._ends[peer].outbox)

    async def close(self, reason: str = "") -> None:
        """Let blobs arrive for half a second at most, say goodbye and close."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(reason))
        await asyncio.shield(self._closing)

    async def _close(self, reason: str) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if not self._began:
            return
        try:
            async with asyncio.timeout(FLUSH):
                while any(end.outbox for end in self._ends.values()):
                    self._drained.clear()
                    await self._drained.wait()
        except TimeoutError:
            pass  # nobody acknowledges: the rest is lost with the connection
        for peer, end in self._ends.items():
            self._signaling.relay(peer, GOODBYE + reason.encode()[:MAX_REASON])
            end.let_go()
        if self._signaling.on_relay == self._take:
            self._signaling.on_relay = None
        self._began = False

    def _relay(self, peer: str, message: bytes) -> bool:
        return self._began and self._signaling.relay(peer, message)

    def _take(self, peer: str, message: Any) -> None:
        if peer not in self._ends:
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
        end = self._ends[peer]
        if kind == GOODBYE:
            reason = plain_words(body[:MAX_REASON].decode(errors="replace"))
            said = f"{name_of(self._signaling, peer)} left" + (f": {reason}" if reason else "")
            end.heard.clear()
            end.has_left = True
            end.bulk.forget()
            tell(self.on_change, PathChanged(peer, "none", said))
            return
        if kind not in (DATAGRAM, FRAGMENT, ANSWER, HELLO, HELLO_BACK, BULK):
            raise WireError("malformed", f"a message of kind {kind!r}")
        if not end.heard.is_set():
            end.heard.set()
            end.bulk.pump()
        if end.has_left:
            end.has_left = False
            tell(self.on_change, PathChanged(peer, "relay", f"{name_of(self._signaling, peer)} is back"))
        if kind == DATAGRAM:
            tell(self.on_datagram, peer, body)
        elif kind == BULK:
            self.on_bulk(peer, body)
        elif kind == FRAGMENT:
            answer, blob = end.inbox.take(body)
            self._answer(peer, end.answers, ANSWER + answer)
            if blob is not None:
                tell(self.on_blob, peer, blob)
        elif kind == ANSWER:
            end.outbox.take_answer(body, asyncio.get_running_loop().time())
            self._pump(peer)
        elif kind == HELLO:
            self._answer(peer, end.greetings, HELLO_BACK)

    def _take_bulk(self, peer: str, message: bytes) -> None:
        self._ends[peer].bulk.take(message)

    def _answer(self, peer: str, allowance: Allowance, message: bytes) -> None:
        if allowance.take(asyncio.get_running_loop().time()):
            self._relay(peer, message)
        else:
            self.dropped["unanswered"] += 1

    def _pump(self, peer: str) -> None:
        """Send the fragments that are due, and come back for the next."""
        loop, end = asyncio.get_running_loop(), self._ends[peer]
        if end.timer is not None:
            end.timer.cancel()
            end.timer = None
        if not self._began:
            return
        now, refused = loop.time(), False
        if (fragment := end.outbox.fragment(now)) is not None:
            if self._relay(peer, FRAGMENT + fragment):
                end.outbox.sent(now)
            else:
                refused = True  # the lobby's queue is full, or the lobby is gone for a while
        if (due := end.outbox.wake_at()) is None:
            self._drained.set()
        else:
            end.timer = loop.call_at(max(due, now + PACE) if refused else due, self._pump, peer)
