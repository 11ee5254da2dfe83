"""All that leads directly to one peer: the connection of the inputs, and the one for bulk. Knows no other peer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, Final, cast

from rollback.net.bulk import Bulk
from rollback.net.bulk_connection import KEY, BulkConnection
from rollback.net.bulk_line import BulkLine
from rollback.net.connection import FLUSH
from rollback.net.flow import is_bulk
from rollback.net.ice import IceOptions
from rollback.net.line import Line
from rollback.net.negotiation import Negotiation
from rollback.net.peer_connection import MakePeerConnection
from rollback.net.shared_channel import SharedChannel
from rollback.net.transport import ignore

__all__ = ["Way"]


class Way:
    """Keeps the connections to one peer.

    Args:
        offers: Whether this side makes the offers.
        signal: Sends a signal to the peer.
        options: How to look for the peer.
        timeout: Seconds a connection may take to open.
        dropped: What is dropped, by reason.
        peer_connection: See `rollback.net.connection.Connection`.

    Attributes:
        on_datagram: Called with every datagram.
        on_blob: Called with every blob.
        on_open: Called when the connection of the inputs opened.
        on_end: Called with the reason when a try failed or it was lost, and whether the peer said goodbye.
        bulk: The bulk to and from the peer.
        first: What came of the first try, once `begin` was called: a reason, or an empty string.
        has_left: Whether the peer said goodbye and did not come back.
    """

    def __init__(
        self,
        *,
        offers: bool,
        signal: Callable[[dict[str, Any]], Awaitable[None]],
        options: IceOptions,
        timeout: float,
        dropped: Counter[str],
        peer_connection: MakePeerConnection | None = None,
    ) -> None:
        self.on_datagram: Callable[[bytes], None] = ignore
        self.on_blob: Callable[[bytes], None] = ignore
        self.on_open: Callable[[], None] = ignore
        self.on_end: Callable[[str, bool], None] = ignore
        self.first: asyncio.Future[str] | None = None
        self.has_left = False
        self._options = options
        self._dropped = dropped
        self._peer_connection = peer_connection
        self._task: asyncio.Task[None] | None = None
        self._negotiation = Negotiation(
            offers=offers, signal=signal, make_line=self._make_line, timeout=timeout, dropped=dropped
        )
        self._negotiation.on_open = self._opened
        self._negotiation.on_end = self._ended
        self._apart = BulkConnection(
            offers=offers,
            signal=signal,
            make_line=lambda: BulkLine(self._options, self._dropped, self._peer_connection),
            timeout=timeout,
            dropped=dropped,
        )
        self._apart.may_open = lambda: self.is_open
        paths: Final = (self._apart, SharedChannel(lambda: self.line))
        self.bulk = Bulk(paths, lambda blob: self.on_blob(blob), dropped)
        self._apart.on_message = self.bulk.take
        self._apart.on_change = self.bulk.pump

    @property
    def line(self) -> Line | None:
        """The connection of the inputs, or the present try."""
        return cast("Line | None", self._negotiation.line)

    @property
    def is_open(self) -> bool:
        """Whether the connection of the inputs is open."""
        return self.line is not None and self.line.is_open

    def begin(self, name: str) -> None:
        """Start to connect; `name` is for the task."""
        self.first = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._negotiation.run(), name=name)

    def take(self, signal: dict[str, Any]) -> None:
        """Take a signal of the peer."""
        if KEY in signal:
            self._apart.take(signal)
        else:
            self._negotiation.take(signal)

    def distrust(self, reason: str) -> None:
        """Give up the open connection, because nothing is heard by it, and open a new one."""
        self._negotiation.distrust(reason)

    def send(self, datagram: bytes) -> bool:
        """Send a datagram; False while there is no connection, or more than one datagram waits to leave."""
        return self.line is not None and self.line.send(datagram)

    def send_blob(self, blob: bytes) -> str:
        """Send a blob; return why it was dropped, or an empty string."""
        if not is_bulk(blob):
            return "" if self.line is not None and self.line.send_blob(blob) else "unreachable"
        if self.has_left:
            return "unreachable"
        return "" if self.bulk.send(blob) else "overflow"

    async def close(self, reason: str) -> None:
        """Deliver what was sent, say goodbye and close; from the call on nothing more is told."""
        self.on_datagram = self.on_blob = self.on_open = self.on_end = ignore
        if self.first is not None and not self.first.done():
            self.first.set_result("the transport was closed")
        if self._task is None:
            return
        self._task.cancel()
        if self.bulk and self.is_open:
            await self._drain()
        self.bulk.close()
        await self._apart.close()
        if self.line is not None:
            await self.line.close(reason)
        await asyncio.gather(self._task, return_exceptions=True)

    async def _drain(self) -> None:
        drained = asyncio.Event()
        self.bulk.on_drained = drained.set
        try:
            async with asyncio.timeout(FLUSH):
                await drained.wait()
        except TimeoutError:
            pass  # it was too much: who needs it asks others, or comes back

    def _make_line(self) -> Line:
        line = Line(self._options, self._dropped, self._peer_connection)
        line.on_datagram = lambda datagram: self.on_datagram(datagram)
        line.on_blob = lambda blob: self.on_blob(blob)
        line.on_bulk = self.bulk.take
        return line

    def _opened(self) -> None:
        self.has_left = False
        self.bulk.pump()
        self.on_open()
        if self.first is not None and not self.first.done():
            self.first.set_result("")

    def _ended(self, reason: str, left: bool) -> None:
        if left:
            self.has_left = True
            self.bulk.forget()
        self._apart.shut()  # what ended this ended that, and a peer that is another process needs a new one
        self.bulk.pump()
        self.on_end(reason, left)
