"""A lobby as `rollback serve` runs it, but with its pings and the speed of its downloads chosen; a process of its own.

What is slow is each large file on its way to a browser, as it is over a poor line; small files come at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from signaling.serve import running
from signaling.served_file import media_type_of
from signaling.web_pages import WebPages

LARGE: Final = 1_000_000  # bytes
PAGES: Final = Path(__file__).with_name("pages")

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


class Slowly:
    """An ASGI application that lets the large answers of another one take `seconds`."""

    def __init__(self, app: Any, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        """Answer one request."""

        size = 0

        async def send_slowly(message: Message) -> None:
            nonlocal size
            if message["type"] == "http.response.start":
                size = int(dict(message["headers"]).get(b"content-length", b"0"))
            await send(message)
            if size >= LARGE:
                await asyncio.sleep(self._seconds * len(message.get("body", b"")) / size)

        await self._app(scope, receive, send_slowly)


async def show_page(request: Request) -> Response:
    """Answer with a page of the tests."""
    path = PAGES / Path(request.path_params["name"]).name
    if not path.is_file():
        return Response(status_code=404)
    return Response(path.read_bytes(), media_type=media_type_of(path.name), headers={"cache-control": "no-cache"})


async def serve(port: int, ping: float, slow: float) -> None:
    """Run the lobby until the process is killed."""
    pages = WebPages().routes
    for page in pages:
        if isinstance(page, Route):
            page.app = Slowly(page.app, slow)
    pages.append(Route("/pages/{name}", show_page))
    async with running(port=port, ping_interval=ping, ping_timeout=ping, pages=pages) as server:
        print(json.dumps({"url": server.url, "room": server.open_room(players=2, game="pong")}), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ping", type=float, default=5.0, help="seconds between two pings, and for an answer")
    parser.add_argument("--slow", type=float, default=0.0, help="seconds that each large file takes")
    given = parser.parse_args()
    asyncio.run(serve(given.port, given.ping, given.slow))
