"""A WebSocket that also takes bytes framed beforehand, so that many readers share one encoding. Knows no events.

A server's frames are not masked, so the same bytes are right for every connection. Going through the web server's own
`send` would frame them for each reader anew, in Python, while the players' datagrams wait.
"""

from __future__ import annotations

import json
import struct
from typing import Any, Final, cast

from uvicorn.protocols.websockets.wsproto_impl import WSProtocol

__all__ = ["RAW", "RawSocket", "event_frames"]

RAW: Final = "signaling.raw_socket"  # where the scope holds the socket
_TEXT, _BINARY = 0x81, 0x82  # a whole message in one frame


class RawSocket(WSProtocol):
    """The web server's WebSocket; the scope of its connection names it."""

    def handle_connect(self, event: Any) -> None:
        """Begin the connection."""
        super().handle_connect(event)
        cast(dict[str, Any], self.scope)[RAW] = self

    def is_drained(self) -> bool:
        """Tell whether all that was written is with the operating system, and more may be written."""
        return self._is_open() and self.writable.is_set() and self.transport.get_write_buffer_size() == 0

    def write_frames(self, frames: bytes) -> None:
        """Write whole messages; the caller has looked whether the socket is drained, and sends nothing else meanwhile."""
        if self._is_open():
            self.transport.write(frames)

    def _is_open(self) -> bool:
        return (
            self.handshake_complete
            and not self.response_started
            and not self.close_sent
            and not self.disconnected
            and not self.transport.is_closing()
        )


def event_frames(event: str, data: bytes) -> bytes:
    """Return a Socket.IO event with `{"data": data}`, framed: a text that announces one attachment, and the attachment."""
    text = json.dumps([event, {"data": {"_placeholder": True, "num": 0}}], separators=(",", ":"))
    return _framed(_TEXT, f"451-{text}".encode()) + _framed(_BINARY, data)


def _framed(kind: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", kind, size) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", kind, 126, size) + payload
    return struct.pack("!BBQ", kind, 127, size) + payload
