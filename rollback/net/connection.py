"""One WebRTC connection to one peer, used once. The only place that knows aiortc. Knows no lobby and no second try."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from rollback.errors import MissingPackage, NetworkError
from rollback.net.ice import IceOptions
from rollback.net.ice_agent import IceAgent
from rollback.net.sctp_guard import guard_sctp
from rollback.net.transport import MAX_MESSAGE, ignore

if TYPE_CHECKING:
    import aiortc

__all__ = ["FLUSH", "Connection", "load_aiortc"]

FLUSH: Final = 0.5  # seconds a goodbye may take: a round trip to the other side of the world, and a resend
SHUTDOWN: Final = 2.0  # seconds aiortc may take to close its sockets


class Connection:
    """A connection that is offered or answered, opens, carries messages, and is lost or closed.

    A subclass opens negotiated channels with `_channel`. The callbacks are assigned before `offer` or `answer`. None of
    `on_open`, `on_lost` and `on_goodbye` is called once `close` was.

    Attributes:
        on_open: Called when all channels are open.
        on_lost: Called once with the reason when the connection fails or the other side drops it.
        on_goodbye: Called with the reason when the other side closes on purpose.
        is_open: Whether all channels are open.
        dropped: What was refused on arrival, by reason.
    """

    def __init__(self, options: IceOptions, dropped: Counter[str] | None = None) -> None:
        self.on_open: Callable[[], None] = ignore
        self.on_lost: Callable[[str], None] = ignore
        self.on_goodbye: Callable[[str], None] = ignore
        self.dropped: Counter[str] = Counter() if dropped is None else dropped
        self.is_open = False
        self._options = options
        self._aiortc = load_aiortc()
        self._connection = self._connect()
        self._connection.on("connectionstatechange", self._state_changed)
        self._channels: list[Any] = []
        self._agent: IceAgent | None = None
        self._over = False  # lost, or closed by us: nothing more is told
        self._gathering: asyncio.Future[None] | None = None
        self._closing: asyncio.Future[None] | None = None

    async def offer(self) -> str:
        """Return the description to send to the other side.

        Raises:
            NetworkError: This machine has no address to offer.
        """
        return await self._describe()

    async def answer(self, offer: str) -> str:
        """Return the description that answers the other side's offer.

        Raises:
            NetworkError: The offer cannot be understood, or this machine has no address to offer.
        """
        await self._take(offer, "offer")
        return await self._describe()

    async def accept(self, answer: str) -> None:
        """Take the answer to our offer.

        Raises:
            NetworkError: The answer cannot be understood.
        """
        await self._take(answer, "answer")

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
        if self._gathering is not None:
            await asyncio.wait({self._gathering})
        await self._connection.close()
        if self._agent is not None:
            await self._agent.close()

    async def _say_goodbye(self, reason: str) -> None:
        """Tell the other side why; a connection without a word for that just closes."""

    def _connect(self) -> aiortc.RTCPeerConnection:
        servers = [self._aiortc.RTCIceServer(**server) for server in self._options.servers]
        # Without a list, even an empty one, aiortc asks a public STUN server: ten seconds where it cannot be reached.
        configuration = self._aiortc.RTCConfiguration(iceServers=servers)
        connection: aiortc.RTCPeerConnection = self._aiortc.RTCPeerConnection(configuration)
        return connection

    def _channel(self, label: str, number: int, on_message: Callable[[Any], None], **options: Any) -> Any:
        """Open a negotiated channel."""
        channel = self._connection.createDataChannel(label, negotiated=True, id=number, **options)
        channel.on("open", self._opened)
        channel.on("close", lambda: self._lost("the other side closed the connection"))
        channel.on("message", on_message)
        self._channels.append(channel)
        if self._agent is None:  # below the first channel there is a transport to look after
            self._agent = IceAgent(self._connection)
            if self._options.addresses is not None:
                self._agent.restrict(self._options.addresses)
            guard_sctp(self._connection, lambda: self._lost("the other side sends messages without an end"))
        return channel

    async def _describe(self) -> str:
        try:
            # aioice forgets the sockets of a gathering that is cancelled, so it runs to its end, and we close after it.
            self._gathering = asyncio.ensure_future(self._connection.setLocalDescription())
            await asyncio.shield(self._gathering)
            description: str = self._connection.localDescription.sdp
        except Exception as error:  # aiortc raises whatever its parts raise
            raise NetworkError(f"WebRTC could not describe this side: {error!r}") from error
        if "a=candidate:" not in description:
            raise NetworkError(
                "this machine has no network address to offer for a direct connection: connect it to a network, or give"
                " ice_addresses=['127.0.0.1'] where all peers are on this machine"
            )
        return description

    async def _take(self, description: str, kind: str) -> None:
        sections = [line for line in description.splitlines() if line.startswith("m=")]
        if not any(section.startswith("m=application") for section in sections):  # aiortc takes it, and waits for ever
            raise NetworkError(f"the other side's WebRTC {kind} cannot be understood: it has no data channel")
        if len(sections) > 1:  # aiortc would decode the other side's video, and pile it up where nobody looks at it
            raise NetworkError(f"the other side's WebRTC {kind} is refused: it holds more than a data channel")
        try:
            await self._connection.setRemoteDescription(self._aiortc.RTCSessionDescription(description, kind))
        except Exception as error:  # a peer may send any text, and the parser raises many kinds of errors
            raise NetworkError(f"the other side's WebRTC {kind} cannot be understood: {error!r}") from error

    def _opened(self) -> None:
        if not self._over and not self.is_open and all(channel.readyState == "open" for channel in self._channels):
            self.is_open = True
            self.on_open()

    def _lost(self, reason: str) -> None:
        self.is_open = False
        if not self._over:
            self._over = True
            self.on_lost(reason)

    def _state_changed(self) -> None:
        state = self._connection.connectionState
        if state == "failed":
            self._lost("the two sides cannot reach each other directly (ICE failed)")
        elif state == "closed":
            self._lost("the connection was closed")

    def _acceptable(self, message: Any) -> bool:
        if not isinstance(message, bytes):
            self.dropped["text"] += 1
            return False
        if len(message) > MAX_MESSAGE:
            self.dropped["oversized"] += 1
            return False
        return True


def load_aiortc() -> Any:
    """Import aiortc, and keep its parts from logging every candidate unless somebody asked for that.

    Raises:
        MissingPackage: aiortc is not installed.
    """
    try:
        import aiortc
    except ImportError as error:
        raise MissingPackage("a direct connection by WebRTC", "aiortc") from error
    for name in ("aiortc", "aioice"):
        if (logger := logging.getLogger(name)).level == logging.NOTSET:
            logger.setLevel(logging.WARNING)
    return aiortc
