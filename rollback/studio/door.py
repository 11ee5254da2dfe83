"""Stands between the web server and python-socketio: one link per WebSocket. Knows connections; knows no run.

It refuses what is no proper message, ends a connection for good from our side, and gives up a page that takes nothing: the
library alone would wait for it without an end.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from rollback.studio.bucket import Bucket
from rollback.studio.frames import FrameCheck
from rollback.studio.limits import Limits
from rollback.studio.origins import Origins
from rollback.studio.refusals import Refused

__all__ = ["LINK", "App", "Door", "Link", "Message", "Receive", "Send"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

LINK: Final = "studio.link"  # where the scope holds the link
SEND_PATIENCE: Final = 20.0  # seconds a full buffer may stay full: a page that is held up by a debugger comes back
ENTER_WITHIN: Final = 10.0  # seconds a connection may take to say its token
_GONE: Final = 1008  # the WebSocket code for a broken rule

_log = logging.getLogger("rollback.studio")


class Link:
    """One WebSocket connection.

    Args:
        number: Never used twice.
        receive: The web server's side.
        send: The web server's side.
        limits: Of the studio.
    """

    def __init__(self, number: int, receive: Receive, send: Send, limits: Limits) -> None:
        self.number = number
        self.has_entered = False
        self._receive = receive
        self._send = send
        self._check = FrameCheck(limits.message_bytes)
        self._allowance = Bucket(limits.messages, now=time.monotonic())
        self._is_ended = False
        self._waiting: asyncio.Task[Any] | None = None

    def end(self) -> None:
        """Take nothing more from this connection, and close it."""
        self._is_ended = True
        if self._waiting is not None:
            self._waiting.cancel()

    async def receive(self) -> Message:
        """Return the next proper message; after the end, and after an improper one, that the page is gone."""
        task = self._waiting = asyncio.current_task()
        message: Message = {}
        try:
            if not self._is_ended:
                message = await self._receive()
        except asyncio.CancelledError:
            if not self._is_ended:
                raise
            assert task is not None
            task.uncancel()
        finally:
            self._waiting = None
        if message.get("type") == "websocket.receive":
            text = message.get("text")
            content = text if text is not None else message.get("bytes") or b""
            if not self._allowance.take(now=time.monotonic()) or not self._check.is_fine(content):
                self._is_ended = True
        return {"type": "websocket.disconnect", "code": _GONE} if self._is_ended else message

    async def send(self, message: Message) -> None:
        """Send, or end the connection where nothing is taken for too long."""
        try:
            async with asyncio.timeout(1.0 if self._is_ended else SEND_PATIENCE):
                await self._send(message)
        except TimeoutError:
            self.end()
            raise OSError("the page takes nothing") from None


class Door:
    """An ASGI application around another one, for WebSockets only.

    Args:
        app: The application inside.
        origins: Who may come.
        limits: Of the studio.
        closed: Called with each link that is gone.
    """

    def __init__(self, app: App, origins: Origins, limits: Limits, closed: Callable[[Link], None]) -> None:
        self._app = app
        self._origins = origins
        self._limits = limits
        self._closed = closed
        self._numbers = itertools.count(1)
        self._links: set[Link] = set()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one connection from its beginning to its end."""
        if scope["type"] != "websocket":
            await _answer_plainly(send)
            return
        try:
            self._origins.check(scope)
            if b"sid=" in scope.get("query_string", b""):  # it would attach to somebody's session
                raise Refused("malformed", "the studio takes no other session's id")
            if len(self._links) >= self._limits.clients:
                raise Refused("full", f"{self._limits.clients} pages are connected, as many as may be at a time")
        except Refused as refused:
            await receive()
            await send({"type": "websocket.close", "code": _GONE, "reason": str(refused)})
            return
        link = Link(next(self._numbers), receive, send, self._limits)
        self._links.add(link)
        alarm = asyncio.get_running_loop().call_later(ENTER_WITHIN, lambda: None if link.has_entered else link.end())
        try:
            await self._app({**scope, LINK: link}, link.receive, link.send)
        except Exception:
            _log.exception("a connection ended with an error")
        finally:
            alarm.cancel()
            self._links.discard(link)
            self._closed(link)

    def close(self) -> None:
        """End all connections."""
        for link in list(self._links):
            link.end()


async def _answer_plainly(send: Send) -> None:
    body = b"The studio speaks Socket.IO over WebSocket only.\n"
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": body})
