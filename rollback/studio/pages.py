"""What a browser gets: the files of the page, and the headers that keep them harmless. Knows no run."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from rollback.studio.door import App, Message, Receive, Send

__all__ = ["WEB", "SafeHeaders", "page_routes"]

WEB: Final = Path(__file__).parent / "web"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\.(?:js|css|svg|html)")
_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}
_PLAIN: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>rollback studio</title>
<h1>rollback studio</h1>
<p>The files of its page are not installed; it answers <code>GET /api/status</code>.</p>
</html>
"""
_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",  # the address may hold a token
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
    "content-security-policy": (
        "default-src 'self'; script-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    ),
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


def page_routes(folder: Path = WEB) -> list[BaseRoute]:
    """Return `/`, and `/studio/` with the files of the page."""

    def index(_: Request) -> Response:
        place = folder / "index.html"
        return HTMLResponse(place.read_text(encoding="utf-8") if place.is_file() else _PLAIN)

    def file(request: Request) -> Response:
        name = request.path_params["name"]
        place = folder / name
        if not _NAME.fullmatch(name) or not place.is_file():
            return PlainTextResponse("there is no such file\n", 404)
        return Response(place.read_bytes(), media_type=_TYPES[place.suffix])

    return [Route("/", index), Route("/studio/{name}", file)]
