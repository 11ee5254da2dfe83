"""One WebRTC connection to one peer, used once. The only place that knows aiortc. Knows no lobby and no second try.

Two negotiated channels: 0 `inputs`, unordered and never repeated; 1 `control`, ordered and reliable. A message on
`control` is a fragment of a blob (see `rollback.net.blobs`), `GOODBYE` with a reason, or `HEARD`, its acknowledgement.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from rollback.errors import MissingPackage, NetworkError, WireError
from rollback.net.blobs import Assembly, fragments
from rollback.net.ice import IceOptions
from rollback.net.ice_agent import IceAgent
from rollback.net.sctp_guard import guard_sctp
from rollback.net.transport import MAX_BLOB, MAX_MESSAGE, ignore, tell
from rollback.net.words import plain_words

if TYPE_CHECKING:
    import aiortc

__all__ = ["Line"]

GOODBYE: Final = 2
HEARD: Final = 3
MAX_REASON: Final = 200  # bytes of a goodbye's reason
FLUSH: Final = 0.5  # seconds a goodbye may take: a round trip to the other side of the world, and a resend
SHUTDOWN: Final = 2.0  # seconds aiortc may take to close its sockets


class Line:
    """A connection that is offered or answered, opens, carries messages, and is lost or closed.

    The callbacks are assigned before `offer` or `answer`. None of `on_open`, `on_lost` and `on_goodbye` is called once
    `close` was.

    Attributes:
        on_open: Called when both channels are open.
        on_lost: Called once with the reason when the connection fails or the other side drops it.
        on_goodbye: Called with the reason when the other side closes on purpose.
        on_datagram: Called with every datagram.
        on_blob: Called with every blob.
        dropped: What was refused on arrival, by reason.
    """

    def __init__(self, options: IceOptions, dropped: Counter[str] | None = None) -> None:
        self.on_open: Callable[[], None] = ignore
        self.on_lost: Callable[[str], None] = ignore
        self.on_goodbye: Callable[[str], None] = ignore
        self.on_datagram: Callable[[bytes], None] = ignore
        self.on_blob: Callable[[bytes], None] = ignore
        self.dropped: Counter[str] = Counter() if dropped is None else dropped
        self.is_open = False
        self._options = options
        self._aiortc = load_aiortc()
        self._connection = self._connect()
        self._inputs = self._connection.createDataChannel("inputs", ordered=False, maxRetransmits=0, negotiated=True, id=0)
        self._control = self._connection.createDataChannel("control", ordered=True, negotiated=True, id=1)
        self._agent = IceAgent(self._connection)
        if options.addresses is not None:
            self._agent.restrict(options.addresses)
        guard_sctp(self._connection, lambda: self._lost("the other side sends messages without an end"))
        self._newest = 0  # bytes of the datagram that was sent last
        self._assembly = Assembly()
        self._over = False  # lost, or closed by us: nothing more is told
        self._heard = asyncio.Event()
        self._gathering: asyncio.Future[None] | None = None
        self._closing: asyncio.Future[None] | None = None
        self._listen()

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

    def send(self, datagram: bytes) -> bool:
        """Send a datagram; False where the connection is not open or more than one datagram waits to leave.

        What waits during an outage arrives first afterwards, stale: 97 datagrams after two seconds without this gate.
        """
        channel = self._inputs
        if not self.is_open or channel.bufferedAmount > self._newest:
            return False
        self._newest = len(datagram) or 1  # an empty message travels as one byte
        channel.send(datagram)
        return True

    def send_blob(self, blob: bytes) -> bool:
        """Send a blob; False where the connection is not open or more than 16 MiB wait already."""
        if not self.is_open or self._control.bufferedAmount > MAX_BLOB:
            return False
        for fragment in fragments(blob):
            self._control.send(fragment)
        return True

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
        await self._agent.close()

    async def _say_goodbye(self, reason: str) -> None:
        # aiortc discards whatever has not left when it closes. The acknowledgement of a message that was queued last
        # proves that all before it left too, and takes one round trip where a fixed pause would guess.
        self._control.send(bytes([GOODBYE]) + reason.encode()[:MAX_REASON])
        try:
            async with asyncio.timeout(FLUSH):
                await self._heard.wait()
        except TimeoutError:
            pass  # the other side is gone, or cannot hear us: nothing more can be done for it

    def _connect(self) -> aiortc.RTCPeerConnection:
        servers = [self._aiortc.RTCIceServer(**server) for server in self._options.servers]
        # Without a list, even an empty one, aiortc asks a public STUN server: ten seconds where it cannot be reached.
        configuration = self._aiortc.RTCConfiguration(iceServers=servers)
        connection: aiortc.RTCPeerConnection = self._aiortc.RTCPeerConnection(configuration)
        return connection

    def _listen(self) -> None:
        for channel in (self._inputs, self._control):
            channel.on("open", self._opened)
            channel.on("close", lambda: self._lost("the other side closed the connection"))
        self._inputs.on("message", self._inputs_message)
        self._control.on("message", self._control_message)
        self._connection.on("connectionstatechange", self._state_changed)

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
        if not self._over and not self.is_open and self._inputs.readyState == self._control.readyState == "open":
            self.is_open = True
            self.on_open()

    def _lost(self, reason: str) -> None:
        self.is_open = False
        self._heard.set()  # nobody is left to wait for
        if not self._over:
            self._over = True
            self.on_lost(reason)

    def _state_changed(self) -> None:
        state = self._connection.connectionState
        if state == "failed":
            self._lost("the two sides cannot reach each other directly (ICE failed)")
        elif state == "closed":
            self._lost("the connection was closed")

    def _inputs_message(self, message: Any) -> None:
        if self._acceptable(message):
            tell(self.on_datagram, message)

    def _control_message(self, message: Any) -> None:
        if not self._acceptable(message):
            return
        kind = message[0] if message else None
        if kind == GOODBYE:
            self._goodbye(plain_words(message[1 : 1 + MAX_REASON].decode(errors="replace")))
        elif kind == HEARD:
            self._heard.set()
        else:
            try:
                blob = self._assembly.take(message)
            except WireError as error:
                self.dropped[error.reason] += 1
                return
            if blob is not None:
                tell(self.on_blob, blob)

    def _goodbye(self, reason: str) -> None:
        if self._control.readyState == "open":
            self._control.send(bytes([HEARD]))
        if not self._over:
            self.on_goodbye(reason)

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
