"""Stands between the web server and python-socketio: one link per WebSocket. Knows connections; knows no rooms.

It refuses what is no proper message, ends a connection for good from our side, and gives up receivers that take
nothing: the library alone would wait for those without an end.
"""

from __future__ import annotations

import asyncio
import ipaddress
import itertools
import logging
import time
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any, Final
from urllib.parse import parse_qs

from signaling.buckets import Bucket
from signaling.frames import FrameCheck
from signaling.limits import Limits
from signaling.raw_socket import RAW, RawSocket
from signaling.refusals import Refusal

__all__ = ["LINK", "Gate", "Link", "address_of"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

LINK: Final = "signaling.link"  # where the scope holds the link
SEND_PATIENCE: Final = 10.0  # seconds a full buffer may stay full
LAST_WORDS: Final = 1.0  # the same once the connection is ended
_GONE: Final = 1008  # the WebSocket code for a broken rule

_log = logging.getLogger("signaling")


class Link:
    """One WebSocket connection.

    Args:
        key: Its name, never used twice.
        address: Where it comes from.
        receive: The web server's side.
        send: The web server's side.
        check: What it may send.
        allowance: How often it may send.
        raw: Takes framed bytes; None where the web server has no such thing, and this connection gets no feed.
    """

    def __init__(
        self,
        key: str,
        address: str,
        receive: Receive,
        send: Send,
        check: FrameCheck,
        allowance: Bucket,
        raw: RawSocket | None = None,
    ) -> None:
        self.key = key
        self.address = address
        self._receive = receive
        self._send = send
        self._check = check
        self._allowance = allowance
        self._raw = raw
        self._is_between = True  # not between an announcement and its attachment
        self._ended = False
        self._waiting: asyncio.Task[Any] | None = None

    def end(self) -> None:
        """Take nothing more from this connection, and close it when what was sent before is out."""
        self._ended = True
        if self._waiting is not None:
            self._waiting.cancel()

    async def receive(self) -> Message:
        """Return the next proper message; after the end, and after an improper one, that the client is gone."""
        task = self._waiting = asyncio.current_task()
        try:
            message = await self._receive() if not self._ended else {}
        except asyncio.CancelledError:
            if not self._ended:
                raise
            assert task is not None
            task.uncancel()
            message = {}
        finally:
            self._waiting = None
        if message.get("type") == "websocket.receive":
            text = message.get("text")
            content = text if text is not None else message.get("bytes") or b""
            if not self._allowance.take(now=time.monotonic()) or not self._check.is_fine(content):
                self._ended = True
        if self._ended:
            return {"type": "websocket.disconnect", "code": _GONE}
        return message

    def can_push(self) -> bool:
        """Tell whether framed bytes may be written now: everything before is on its way."""
        return self._is_between and not self._ended and self._raw is not None and self._raw.is_drained()

    def push(self, frames: bytes) -> None:
        """Write framed bytes between two messages; look at `can_push` before."""
        if self._raw is not None:
            self._raw.write_frames(frames)

    async def send(self, message: Message) -> None:
        """Send, or end the connection where nothing is taken for too long."""
        if message["type"] == "websocket.send":
            text = message.get("text")
            self._is_between = False  # nothing comes in between while it waits for its turn
            await self._send_patiently(message)
            self._is_between = text is None or not text.startswith("451-")
        else:
            await self._send_patiently(message)

    async def _send_patiently(self, message: Message) -> None:
        try:
            async with asyncio.timeout(LAST_WORDS if self._ended else SEND_PATIENCE):
                await self._send(message)
        except TimeoutError:
            self.end()
            raise OSError("the receiver takes nothing") from None


class Gate:
    """An ASGI application around another one, for WebSockets only.

    Args:
        app: The application inside.
        limits: The limits of the lobby.
        events: The names of the events a client may use.
        opened: Called with each new link; a `Refusal` it raises turns the connection away.
        closed: Awaited with each link that is gone.
    """

    def __init__(
        self,
        app: App,
        *,
        limits: Limits,
        events: Collection[str],
        opened: Callable[[Link], None],
        closed: Callable[[Link], Awaitable[None]],
    ) -> None:
        self._app = app
        self._limits = limits
        self._events = events
        self._opened = opened
        self._closed = closed
        self._numbers = itertools.count(1)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one connection from its beginning to its end."""
        if scope["type"] != "websocket":
            await _answer_plainly(send)
            return
        check = FrameCheck(self._events, self._limits.frame_bytes)
        allowance = Bucket(self._limits.frames, now=time.monotonic())
        link = Link(f"c{next(self._numbers)}", address_of(scope), receive, send, check, allowance, scope.get(RAW))
        query = scope.get("query_string", b"")
        try:
            if "sid" in parse_qs(query.decode("latin-1"), keep_blank_values=True):
                # It would attach to somebody's session; only the polling transport needs it.
                raise Refusal("malformed", "this lobby takes no other session's id")
            self._opened(link)
        except Refusal as refusal:
            await receive()
            await send({"type": "websocket.close", "code": _GONE, "reason": str(refusal)})
            return
        try:
            await self._app({**scope, LINK: link}, link.receive, link.send)
        except Exception:
            _log.exception("a connection ended with an error")
        finally:
            await self._closed(link)


def address_of(scope: MutableMapping[str, Any]) -> str:
    """Return whose connection it is: an IPv4 address, or the /64 network one IPv6 customer has."""
    client = scope.get("client")
    host = str(client[0]) if client else "unknown"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return host


async def _answer_plainly(send: Send) -> None:
    body = b"This lobby speaks Socket.IO over WebSocket only.\n"
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": body})
