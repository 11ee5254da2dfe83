"""A bad network in front of any transport: what leaves is late, overtaken or lost. Knows nothing of the transport."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from rollback.errors import UsageError
from rollback.net.transport import PathChanged, Transport, check_blob, check_datagram, check_peer

__all__ = ["Impaired"]

MAX_DELAY_MS: Final = 10_000
FLUSH: Final = 0.5  # seconds that close waits for what is still delayed; the rest then leaves early


class Impaired:
    """Delays and drops what a transport sends; what it receives passes untouched, so impair both sides.

    Args:
        transport: Carries what is not lost.
        latency_ms: Every datagram and blob leaves this much later.
        jitter_ms: A datagram leaves up to this much later still, each for itself, so that they overtake each other.
        loss: The share of datagrams that is lost, 0 to 1; blobs are neither lost nor reordered.
        seed: Of the generator of losses and delays. Two ends with one seed lose the same datagrams: give each its own.

    Attributes:
        sent: Datagrams that were to be sent, lost or not.
        lost: Datagrams lost on purpose.
        refused: Datagrams that the transport refused when their time came; to the caller they are lost too.
    """

    def __init__(
        self,
        transport: Transport,
        latency_ms: float = 0.0,
        jitter_ms: float = 0.0,
        loss: float = 0.0,
        seed: int = 0,
    ) -> None:
        for name, value in (("latency_ms", latency_ms), ("jitter_ms", jitter_ms)):
            if not _is_number(value) or not 0 <= value <= MAX_DELAY_MS:
                raise UsageError(f"{name} must be a number of milliseconds from 0 to {MAX_DELAY_MS}, not {value!r}")
        if not _is_number(loss) or not 0 <= loss <= 1:
            raise UsageError(f"loss must be a share from 0 to 1, not {loss!r}: 5 % are 0.05")
        if not isinstance(seed, int) or isinstance(seed, bool):
            raise UsageError(f"seed must be a whole number, not {seed!r}")
        self.sent = 0
        self.lost = 0
        self.refused = 0
        self._transport = transport
        self._latency = latency_ms / 1000
        self._jitter = jitter_ms / 1000
        self._loss = loss
        self._random = random.Random(seed)
        self._number = 0
        self._late: dict[int, tuple[asyncio.TimerHandle, str, bytes]] = {}  # datagrams, by number
        self._late_blobs: deque[tuple[asyncio.TimerHandle, str, bytes]] = deque()
        self._nothing_late = asyncio.Event()
        self._closing: asyncio.Task[None] | None = None

    @property
    def peers(self) -> tuple[str, ...]:
        """The peers of the transport."""
        return self._transport.peers

    @property
    def on_datagram(self) -> Callable[[str, bytes], None]:
        """Called with (peer, datagram) as datagrams arrive."""
        return self._transport.on_datagram

    @on_datagram.setter
    def on_datagram(self, callback: Callable[[str, bytes], None]) -> None:
        self._transport.on_datagram = callback

    @property
    def on_blob(self) -> Callable[[str, bytes], None]:
        """Called with (peer, blob) as blobs arrive."""
        return self._transport.on_blob

    @on_blob.setter
    def on_blob(self, callback: Callable[[str, bytes], None]) -> None:
        self._transport.on_blob = callback

    @property
    def on_change(self) -> Callable[[PathChanged], None]:
        """Called when the path to a peer changes."""
        return self._transport.on_change

    @on_change.setter
    def on_change(self, callback: Callable[[PathChanged], None]) -> None:
        self._transport.on_change = callback

    async def start(self) -> None:
        """Start the transport."""
        await self._transport.start()

    def send(self, peer: str, datagram: bytes) -> bool:
        """Lose the datagram or send it later; True either way, as a network would not tell. False once closed."""
        check_peer(peer, self.peers)
        check_datagram(datagram)
        if self._closing is not None:
            return False
        self.sent += 1
        # Both are drawn for every datagram, so that another loss does not change the delays of the rest.
        lost = self._random.random() < self._loss
        delay = self._latency + self._jitter * self._random.random()
        if lost:
            self.lost += 1
        elif delay == 0:
            return self._transport.send(peer, datagram)
        else:
            loop = asyncio.get_running_loop()
            self._number += 1
            timer = loop.call_at(loop.time() + delay, self._send_late, self._number)
            self._late[self._number] = timer, peer, datagram
        return True

    def send_blob(self, peer: str, blob: bytes) -> None:
        """Send the blob after the latency, in order."""
        check_peer(peer, self.peers)
        check_blob(blob)
        if self._closing is None:
            loop = asyncio.get_running_loop()
            timer = loop.call_at(loop.time() + self._latency, self._send_late_blob)
            self._late_blobs.append((timer, peer, blob))

    def add(self, peer: str) -> None:
        """Take another peer."""
        self._transport.add(peer)

    def remove(self, peer: str, reason: str = "") -> None:
        """Let a peer go; what is still late for it is lost."""
        self._transport.remove(peer, reason)
        for number in [number for number, (_, to, _) in self._late.items() if to == peer]:
            self._late.pop(number)[0].cancel()
        gone = [late for late in self._late_blobs if late[1] == peer]
        for late in gone:
            late[0].cancel()
            self._late_blobs.remove(late)
        self._notice_nothing_late()

    def distrust(self, peer: str, reason: str) -> None:
        """Pass on that nothing is heard of a peer, where the transport has another path to take."""
        distrust: Any = getattr(self._transport, "distrust", None)
        if distrust is not None:
            distrust(peer, reason)

    async def close(self, reason: str = "") -> None:
        """Wait half a second at most for what is late, send the rest early, and close the transport."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(reason))
        await asyncio.shield(self._closing)

    async def _close(self, reason: str) -> None:
        try:
            async with asyncio.timeout(FLUSH):
                while self._late or self._late_blobs:
                    self._nothing_late.clear()
                    await self._nothing_late.wait()
        except TimeoutError:
            for number in sorted(self._late):
                self._late[number][0].cancel()
                self._send_late(number)
            while self._late_blobs:
                self._late_blobs[0][0].cancel()
                self._send_late_blob()
        await self._transport.close(reason)

    def _send_late(self, number: int) -> None:
        _, peer, datagram = self._late.pop(number)
        if not self._transport.send(peer, datagram):
            self.refused += 1
        self._notice_nothing_late()

    def _send_late_blob(self) -> None:
        # The loop may run timers that are due at the same time in any order: each sends whatever is first in line.
        _, peer, blob = self._late_blobs.popleft()
        self._transport.send_blob(peer, blob)
        self._notice_nothing_late()

    def _notice_nothing_late(self) -> None:
        if not self._late and not self._late_blobs:
            self._nothing_late.set()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
