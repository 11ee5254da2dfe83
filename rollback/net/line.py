"""The connection of the inputs, and of what must arrive beside them. Knows no lobby and no second try.

Two negotiated channels: 0 `inputs`, unordered and never repeated; 1 `control`, ordered and reliable. A message on
`control` is a fragment of a blob (see `rollback.net.blobs`), `GOODBYE` with a reason, `HEARD`, its acknowledgement, or a
message of bulk (see `rollback.net.flow`) that has no connection of its own.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from rollback.errors import WireError
from rollback.net.blobs import Assembly, fragments
from rollback.net.connection import FLUSH, Connection
from rollback.net.flow import is_bulk_message
from rollback.net.ice import IceOptions
from rollback.net.peer_connection import MakePeerConnection
from rollback.net.transport import MAX_BLOB, ignore, tell
from rollback.net.words import plain_words

__all__ = ["Line"]

GOODBYE: Final = 2
HEARD: Final = 3
MAX_REASON: Final = 200  # bytes of a goodbye's reason


class Line(Connection):
    """Datagrams, blobs and bulk messages over one connection.

    Attributes:
        on_datagram: Called with every datagram.
        on_blob: Called with every blob.
        on_bulk: Called with every message of bulk.
    """

    def __init__(
        self,
        options: IceOptions,
        dropped: Counter[str] | None = None,
        peer_connection: MakePeerConnection | None = None,
    ) -> None:
        super().__init__(options, dropped, peer_connection)
        self.on_datagram: Callable[[bytes], None] = ignore
        self.on_blob: Callable[[bytes], None] = ignore
        self.on_bulk: Callable[[bytes], None] = ignore
        self._inputs = self._channel("inputs", 0, self._inputs_message, ordered=False, max_retransmits=0)
        self._control = self._channel("control", 1, self._control_message, ordered=True)
        self._newest = 0  # bytes of the datagram that was sent last
        self._assembly = Assembly()
        self._heard = asyncio.Event()

    def send(self, datagram: bytes) -> bool:
        """Send a datagram; False where the connection is not open or more than one datagram waits to leave.

        What waits during an outage arrives first afterwards, stale: 97 datagrams after two seconds without this gate.
        """
        channel = self._inputs
        if not self._takes(channel) or channel.bufferedAmount > self._newest:
            return False
        self._newest = len(datagram) or 1  # an empty message travels as one byte
        channel.send(datagram)
        return True

    def send_blob(self, blob: bytes) -> bool:
        """Send a blob; False where the connection is not open or more than 16 MiB wait already."""
        if not self._takes(self._control) or self._control.bufferedAmount > MAX_BLOB:
            return False
        for fragment in fragments(blob):
            self._control.send(fragment)
        return True

    def send_bulk(self, message: bytes) -> bool:
        """Send a message of bulk; False where the connection is not open or anything waits to leave already."""
        if not self._takes(self._control) or self._control.bufferedAmount:
            return False
        self._control.send(message)
        return True

    async def _say_goodbye(self, reason: str) -> None:
        # aiortc discards whatever has not left when it closes. The acknowledgement of a message that was queued last
        # proves that all before it left too, and takes one round trip where a fixed pause would guess.
        if self._control.readyState != "open":
            return
        self._control.send(bytes([GOODBYE]) + reason.encode()[:MAX_REASON])
        try:
            async with asyncio.timeout(FLUSH):
                await self._heard.wait()
        except TimeoutError:
            pass  # the other side is gone, or cannot hear us: nothing more can be done for it

    def _lost(self, reason: str) -> None:
        self._heard.set()  # nobody is left to wait for
        super()._lost(reason)

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
        elif is_bulk_message(message):
            tell(self.on_bulk, message)
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
