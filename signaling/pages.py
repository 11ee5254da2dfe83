"""What a browser gets: the plain page, the health check, and the headers that keep both harmless. Knows no rooms."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any, Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from signaling.gate import App, Message, Receive, Send

__all__ = ["SafeHeaders", "health_route", "plain_page"]

_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>rollback lobby</title>
<h1>rollback lobby</h1>
<p>Players of a multiplayer game find each other here; then they play directly, peer to peer.</p>
<p>Join a room from a terminal: <code>rollback play CODE --server THIS-ADDRESS</code></p>
</html>
"""

_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",  # an invitation in an address is told to nobody else
    "cross-origin-opener-policy": "same-origin",
    "content-security-policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
}


class SafeHeaders:
    """An ASGI middleware that adds the security headers an answer does not set itself.

    Args:
        app: The application inside.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_safely if scope["type"] == "http" else send)


def plain_page() -> Route:
    """Return the page that says what this is, where no web client is mounted."""

    async def page(_: Request) -> HTMLResponse:
        return HTMLResponse(_PAGE)

    return Route("/", page)


def health_route(count: Callable[[], dict[str, int]]) -> Route:
    """Return `/healthz`: `{"status": "ok"}` and what `count` counts."""

    async def health(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok", **count()}, headers={"cache-control": "no-store"})

    return Route("/healthz", health)
