"""The browser client over HTTP: its pages and modules, the engine, and what both need. Knows no rooms.

Every address is looked up in a table that was made before anybody asked, so that no address leads to any other file.
"""

from __future__ import annotations

import asyncio
import html
import time
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from signaling.agent_shelf import AgentShelf
from signaling.assets import COMMAND, missing_sentence
from signaling.bundle import make_bundle
from signaling.gate import Receive, Send
from signaling.offers import BUILT_IN, Offer
from signaling.served_file import FOR_EVER, REVALIDATED, TYPES, ServedFile, in_memory
from signaling.web_shelf import Stock, lacking_packages, take_stock

__all__ = ["WebPages"]

FOLDER: Final = Path(__file__).resolve().parent / "web"
EXAMPLES: Final = FOLDER.parents[1] / "examples" / "browser"  # only in a copy of the source
MISSING_HERE: Final = b"<!-- what is missing -->"  # in a page: where it is told which command to run
LOOK_AGAIN: Final = 2.0  # seconds between two looks for what was missing
_ENGINE: Final = "/assets/rollback.zip"

Scope = MutableMapping[str, Any]


class WebPages:
    """What a browser can ask for, besides the lobby itself.

    Args:
        games: Games of the user that browsers may play besides the built-in ones, see `signaling.bundle.make_bundle`.
        ice_servers: STUN and TURN servers that pages ask for a way through routers, as a browser takes them.
        agents: The trained agents that browsers may play; they may be put there later. None but those it holds are served.
        folder: Our own pages and modules.
        examples: Example pages; there may be none.
        look: Looks for what is needed of others, see `signaling.web_shelf.take_stock`.
        clock: Seconds that never go back.

    Attributes:
        games: What can be played, by the name that a room carries: `full`, `title` and `players`.
        agents: The trained agents.

    Raises:
        UsageError: A game cannot be put into a browser.
    """

    def __init__(
        self,
        games: Mapping[str, Offer] | None = None,
        *,
        ice_servers: Sequence[Mapping[str, Any]] = (),
        agents: AgentShelf | None = None,
        folder: Path = FOLDER,
        examples: Path = EXAMPLES,
        look: Callable[[], Stock] = take_stock,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        games = games or {}
        self.agents = agents or AgentShelf()
        self._ice_servers = [dict(server) for server in ice_servers]
        self._bundle = make_bundle({name: offer.full for name, offer in games.items()})
        self.games = {name: offer.describe() for name, offer in BUILT_IN.items()}
        self.games |= {name: offer.describe(self._bundle.games[name]) for name, offer in games.items()}
        self._engine = in_memory(self._bundle.content, ".zip", REVALIDATED)
        self._own = {f"/web/{place}": path for place, path in _pages_in(folder).items()}
        self._own |= {f"/examples/browser/{place}": path for place, path in _pages_in(examples).items()}
        self._own["/"] = folder / "index.html"
        self._read: dict[str, tuple[tuple[int, int, str], ServedFile]] = {}
        self._look = look
        self._clock = clock
        self._looked_at = clock()
        self._stock = look()

    @property
    def routes(self) -> list[BaseRoute]:
        """The routes, for `signaling.serve.running`."""
        own = _Found(lambda scope: self._page(scope["path"]))
        return [
            Route("/", own),
            Route("/web/{place:path}", own),
            Route("/examples/{place:path}", own),
            Route("/assets/manifest.json", self._show_manifest),
            Route(_ENGINE, self._serve_engine()),
            Route(
                "/assets/{place:path}", _Found(lambda scope: self._stock.files.get(scope["path"]) or self.agents.file(scope))
            ),
        ]

    @property
    def missing(self) -> str:
        """The sentence for whoever runs the server when a browser cannot play; empty when it can."""
        told = self.manifest()
        return missing_sentence(told["missing"], told["command"]) if told["missing"] else ""

    def manifest(self) -> dict[str, Any]:
        """Return what every browser is told: where everything is, and what is not there."""
        stock = self._stock
        lacking = lacking_packages(self._bundle.needs, stock.packages)
        return {
            **stock.folders,
            "engine": f"{_ENGINE}?h={self._engine.sha256[:16]}",
            "games": self.games,
            "ice_servers": self._ice_servers,
            "needs": list(self._bundle.needs),
            "packages": stock.packages,
            "sizes": {place: file.size for place, file in {**stock.files, _ENGINE: self._engine}.items()},
            "lock": stock.lock,
            "missing": [*stock.missing, *lacking],
            "command": f"{COMMAND} --packages {','.join(lacking)}" if lacking else COMMAND,
        }

    async def _show_manifest(self, request: Request) -> JSONResponse:
        now = self._clock()
        told = self.manifest()
        if told["missing"] and now - self._looked_at >= LOOK_AGAIN:  # somebody may have fetched it since
            self._looked_at = now
            self._stock = await asyncio.to_thread(self._look)
            told = self.manifest()
        agents = [agent for agent in self.agents.told(request.scope) if agent["game"] in self.games]
        return JSONResponse({**told, "agents": agents}, headers={"cache-control": "no-store"})

    def _serve_engine(self) -> _Found:
        for_ever = ServedFile(
            self._bundle.content, sha256=self._engine.sha256, size=self._engine.size, media_type=TYPES[".zip"], caching=FOR_EVER
        )
        own = f"h={self._engine.sha256[:16]}".encode()
        return _Found(lambda scope: for_ever if scope["query_string"] == own else self._engine)

    def _page(self, address: str) -> ServedFile | None:
        """Return one of our own files as it is now."""
        path = self._own.get(address)
        if path is None:
            return None
        said = self.missing if path.suffix == ".html" else ""
        try:
            stat = path.stat()
            mark = stat.st_mtime_ns, stat.st_size, said
            known = self._read.get(address)
            if known is None or known[0] != mark:
                content = path.read_bytes()
                if said:
                    content = content.replace(MISSING_HERE, f'<p role="alert">{html.escape(said)}</p>'.encode())
                known = self._read[address] = mark, in_memory(content, path.suffix, REVALIDATED)
        except OSError:
            return None
        return known[1]


class _Found:
    """An ASGI application that hands a request to the file which `find` finds for it."""

    def __init__(self, find: Callable[[Scope], ServedFile | None]) -> None:
        self._find = find

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        file = self._find(scope)
        if file is None:
            raise HTTPException(404)
        await file(scope, receive, send)


def _pages_in(folder: Path) -> dict[str, Path]:
    """Return the files that may be served, by place; what others made lies below too, and is served elsewhere."""
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        is_hidden = any(part.startswith((".", "_")) for part in parts)
        if path.suffix in TYPES and not is_hidden and parts[0] != "assets" and path.is_file():
            found["/".join(parts)] = path
    return found
