"""What a browser gets: the plain page, the health check, and the headers that keep both harmless. Knows no rooms."""

from __future__ import annotations

import re
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any, Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from rollback.errors import UsageError
from signaling.gate import App, Message, Receive, Send

__all__ = ["SafeHeaders", "checked_origin", "health_route", "plain_page"]

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

_POLICY: Final = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; object-src 'none';"
    " base-uri 'none'; form-action 'none'"
)
_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",  # an invitation in an address is told to nobody else
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",  # a worker script too: a page that has this starts no worker without it
}
_NOBODY: Final = {
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": f"{_POLICY}; frame-ancestors 'none'",
}
_ORIGIN: Final = re.compile(
    r"https?://(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?"
)


def checked_origin(origin: str) -> str:
    """Return the origin of a web page as a policy names it.

    Raises:
        UsageError: It is none.
    """
    plain = origin.strip().removesuffix("/").lower()
    if not _ORIGIN.fullmatch(plain):
        raise UsageError(f"an origin is https:// and a name, such as https://survey.example.org, not {origin[:200]!r}")
    return plain


class SafeHeaders:
    """An ASGI middleware that adds the security headers an answer does not set itself.

    Args:
        app: The application inside.
        embedders: Origins whose pages may show ours in a frame, as a survey does; nobody's unless named.

    Raises:
        UsageError: One of them is no origin.
    """

    def __init__(self, app: App, embedders: Sequence[str] = ()) -> None:
        self._app = app
        self._headers = {**_HEADERS, **_NOBODY}
        if embedders:
            ancestors = " ".join(checked_origin(origin) for origin in embedders)
            self._headers["content-security-policy"] = f"{_POLICY}; frame-ancestors 'self' {ancestors}"
            self._headers["cross-origin-resource-policy"] = "cross-origin"  # or a page with a policy of its own shows nothing
            del self._headers["x-frame-options"]  # it knows all or nobody

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                for name, value in self._headers.items():
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
