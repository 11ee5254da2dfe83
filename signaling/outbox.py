"""What waits for one receiver, event by event, with its size. Knows packets; knows no sockets.

python-engineio's writer takes all that waits at once and sends it piece by piece; with a receiver that is slow, those
pieces are out of the queue and still there, and nobody counts them. Here it gets one event at a time.
"""

from __future__ import annotations

import asyncio
from typing import Any

__all__ = ["Outbox"]


class Outbox(asyncio.Queue[Any]):
    """The queue of one connection, as python-engineio uses queues.

    Attributes:
        bytes: Bytes that wait.
    """

    def __init__(self, maxsize: int = 0) -> None:
        super().__init__(maxsize)
        self.bytes = 0
        self._is_due = False  # whether the writer may have another packet

    async def get(self) -> Any:
        """Return the next packet, when there is one."""
        self._is_due = True
        return await super().get()

    def get_nowait(self) -> Any:
        """Return the attachment of the packet before; raise `asyncio.QueueEmpty` where an event is complete."""
        if not self._is_due:
            raise asyncio.QueueEmpty
        packet = super().get_nowait()
        self._is_due = _announces(packet)
        return packet

    def _put(self, item: Any) -> None:
        self.bytes += _size(item)
        super()._put(item)

    def _get(self) -> Any:
        item = super()._get()
        self.bytes -= _size(item)
        return item


def _size(packet: Any) -> int:
    data = getattr(packet, "data", None)
    return len(data) if isinstance(data, str | bytes) else 0


def _announces(packet: Any) -> bool:
    """Tell whether an attachment follows: such a message begins with Socket.IO's 5 or 6 and the number 1."""
    data = getattr(packet, "data", None)
    return isinstance(data, str) and data.startswith(("51-", "61-"))
