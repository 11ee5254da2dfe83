"""A connection for bulk alone, so that its losses and its congestion are not those of the inputs. Knows no lobby.

One negotiated channel: 0 `bulk`, ordered and reliable; its messages are those of `rollback.net.flow`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from rollback.net.connection import Connection
from rollback.net.flow import is_bulk_message
from rollback.net.ice import IceOptions
from rollback.net.peer_connection import MakePeerConnection
from rollback.net.transport import ignore, tell

__all__ = ["BUFFER", "BulkLine"]

BUFFER: Final = 32 * 1024  # bytes that may wait in the channel; what the association holds below it comes on top


class BulkLine(Connection):
    """A connection with the one channel that carries bulk.

    Attributes:
        on_bulk: Called with every message.
        on_room: Called when the channel takes more again.
    """

    def __init__(
        self,
        options: IceOptions,
        dropped: Counter[str] | None = None,
        peer_connection: MakePeerConnection | None = None,
    ) -> None:
        super().__init__(options, dropped, peer_connection)
        self.on_bulk: Callable[[bytes], None] = ignore
        self.on_room: Callable[[], None] = ignore
        self._bulk = self._channel("bulk", 0, self._message, ordered=True)
        self._peer.quicken()
        self._bulk.bufferedAmountLowThreshold = BUFFER // 2
        self._bulk.on("bufferedamountlow", lambda: self.on_room())

    def send_bulk(self, message: bytes) -> bool:
        """Send a message; False where the connection is not open or enough waits already: `on_room` tells of room."""
        if not self._takes(self._bulk) or self._bulk.bufferedAmount > BUFFER:
            return False
        self._bulk.send(message)
        return True

    def _message(self, message: Any) -> None:
        if not self._acceptable(message):
            return
        if is_bulk_message(message):
            tell(self.on_bulk, message)
        else:
            self.dropped["malformed"] += 1
