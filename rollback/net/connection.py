"""One WebRTC connection to one peer, used once. Knows no implementation of WebRTC, no lobby and no second try."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from rollback.errors import NetworkError
from rollback.net.aiortc_connection import AiortcConnection
from rollback.net.ice import IceOptions
from rollback.net.peer_connection import Channel, Kind, MakePeerConnection
from rollback.net.transport import MAX_MESSAGE, ignore

__all__ = ["FLUSH", "Connection"]

FLUSH: Final = 0.5  # seconds a goodbye may take: a round trip to the other side of the world, and a resend
SHUTDOWN: Final = 2.0  # seconds aiortc may take to close its sockets


class Connection:
    """A connection that is offered or answered, opens, carries messages, and is lost or closed.

    A subclass opens negotiated channels with `_channel`. The callbacks are assigned before `offer` or `answer`. None of
    them is called once `close` was.

    Args:
        options: How to look for the other side.
        dropped: Where to count what is refused on arrival, by reason.
        peer_connection: Makes what WebRTC it is built on; by default that of aiortc.

    Attributes:
        on_open: Called when all channels are open.
        on_lost: Called once with the reason when the connection fails or the other side drops it.
        on_goodbye: Called with the reason when the other side closes on purpose.
        on_candidate: Called with (candidate, media id) for an own address that was found after the description.
        is_open: Whether all channels are open.
        dropped: What was refused on arrival, by reason.
    """

    def __init__(
        self,
        options: IceOptions,
        dropped: Counter[str] | None = None,
        peer_connection: MakePeerConnection | None = None,
    ) -> None:
        self.on_open: Callable[[], None] = ignore
        self.on_lost: Callable[[str], None] = ignore
        self.on_goodbye: Callable[[str], None] = ignore
        self.on_candidate: Callable[[str, str], None] = ignore
        self.dropped: Counter[str] = Counter() if dropped is None else dropped
        self.is_open = False
        self._peer = (peer_connection or AiortcConnection)(options)
        self._peer.on_lost = lambda reason: self._lost(reason)
        self._peer.on_candidate = self._found
        self._channels: list[Channel] = []
        self._over = False  # lost, or closed by us: nothing more is told
        self._closing: asyncio.Future[None] | None = None

    async def offer(self) -> str:
        """Return the description to send to the other side.

        Raises:
            NetworkError: This machine has no address to offer.
        """
        return await self._describe("offer")

    async def answer(self, offer: str) -> str:
        """Return the description that answers the other side's offer.

        Raises:
            NetworkError: The offer cannot be understood, or this machine has no address to offer.
        """
        await self._take(offer, "offer")
        return await self._describe("answer")

    async def accept(self, answer: str) -> None:
        """Take the answer to our offer.

        Raises:
            NetworkError: The answer cannot be understood.
        """
        await self._take(answer, "answer")

    def add_candidate(self, candidate: str, mid: str) -> None:
        """Take an address of the other side, whose description was taken; one that cannot be used is no trouble."""
        if not self._over:
            self._peer.add_candidate(candidate, mid)

    async def close(self, goodbye: str | None = None) -> None:
        """Close the connection, in at most `FLUSH` and `SHUTDOWN` seconds; further calls wait for the first.

        Args:
            goodbye: A reason for the other side; what was sent before is delivered first. None closes at once.
        """
        if self._closing is None:
            was_open, self.is_open, self._over = self.is_open, False, True
            # A task of its own: aiortc cannot close again when its close was cancelled.
            self._closing = asyncio.ensure_future(self._close(goodbye if was_open else None))
        await asyncio.wait({self._closing}, timeout=FLUSH + SHUTDOWN)

    async def _close(self, goodbye: str | None) -> None:
        if goodbye is not None:
            await self._say_goodbye(goodbye)
        await self._peer.close()

    async def _say_goodbye(self, reason: str) -> None:
        """Tell the other side why; a connection without a word for that just closes."""

    def _channel(
        self,
        label: str,
        number: int,
        on_message: Callable[[Any], None],
        *,
        ordered: bool,
        max_retransmits: int | None = None,
    ) -> Channel:
        """Open a negotiated channel."""
        channel = self._peer.channel(label, number, ordered=ordered, max_retransmits=max_retransmits)
        channel.on("open", self._opened)
        channel.on("close", lambda: self._lost("the other side closed the connection"))
        channel.on("message", on_message)
        self._channels.append(channel)
        return channel

    async def _describe(self, kind: Kind) -> str:
        return await self._peer.describe(kind)

    async def _take(self, description: str, kind: Kind) -> None:
        sections = [line for line in description.splitlines() if line.startswith("m=")]
        if not any(section.startswith("m=application") for section in sections):  # aiortc takes it, and waits for ever
            raise NetworkError(f"the other side's WebRTC {kind} cannot be understood: it has no data channel")
        if len(sections) > 1:  # aiortc would decode the other side's video, and pile it up where nobody looks at it
            raise NetworkError(f"the other side's WebRTC {kind} is refused: it holds more than a data channel")
        await self._peer.take(description, kind)

    def _opened(self) -> None:
        if not self._over and not self.is_open and all(channel.readyState == "open" for channel in self._channels):
            self.is_open = True
            self.on_open()

    def _lost(self, reason: str) -> None:
        self.is_open = False
        if not self._over:
            self._over = True
            self.on_lost(reason)

    def _found(self, candidate: str, mid: str) -> None:
        if not self._over:
            self.on_candidate(candidate, mid)

    def _takes(self, channel: Channel) -> bool:
        """Return whether a channel takes messages; aiortc's raises while the other side closes it, before it says so."""
        return self.is_open and channel.readyState == "open"

    def _acceptable(self, message: Any) -> bool:
        if not isinstance(message, bytes):
            self.dropped["text"] += 1
            return False
        if len(message) > MAX_MESSAGE:
            self.dropped["oversized"] += 1
            return False
        return True
