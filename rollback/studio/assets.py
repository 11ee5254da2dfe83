"""What the page takes of others, where this machine has it: charts. Knows files; whoever starts the studio finds them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

__all__ = ["NEEDED", "Find", "asset_routes"]

# What the page asks for below /studio/assets/, and what it is.
NEEDED: Final[Mapping[str, str]] = {"uPlot.esm.js": "text/javascript", "uPlot.min.css": "text/css"}

Find = Callable[[], Mapping[str, Path]]


def asset_routes(find: Find) -> list[BaseRoute]:
    """Return the routes of what others made; they come before those of the page.

    Args:
        find: Returns the files by their own names, those that are there and whole; asked with each request, for somebody
            may have fetched them since.
    """

    def found(name: str) -> bytes | None:
        place = find().get(name) if name in NEEDED else None
        return place.read_bytes() if place is not None else None

    async def asset(request: Request) -> Response:
        name = request.path_params["name"]
        try:
            content = await asyncio.to_thread(found, name)
        except OSError:
            content = None
        if content is None:
            return PlainTextResponse("this is not here: rollback fetch-assets fetches it\n", 404)
        return Response(content, media_type=NEEDED[name])

    return [Route("/studio/assets/{name}", asset)]
