"""The server of the browser tests: the pages and assets of the lobby with its headers, and what only the tests need.

That is a slow and a broken copy of Pyodide, small packages, pages, and workers that misbehave.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from signaling.pages import SafeHeaders
from signaling.served_file import media_type_of
from signaling.web_pages import WebPages

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDERS: Final = {"pages": Path(__file__).with_name("pages"), "examples": ROOT / "examples"}
SLOW: Final = 5.0  # seconds that each large file takes
PIECES: Final = 100  # that a slow file comes in


class Stand:
    """An ASGI application.

    Args:
        pyodide: The folder with the files of Pyodide.

    Attributes:
        agents: Trained agents that are offered to pages, see `offer_agent`.
        kept: The bytes of agents, by their place.
    """

    def __init__(self, pyodide: Path) -> None:
        self._pyodide = pyodide
        self._pages = WebPages()
        self.agents: list[dict[str, Any]] = []
        self.kept: dict[str, bytes] = {}
        codes = {
            "tiny": "answer = 42\n",
            "needy": "from tiny import answer\n",
            "torn": "",
            "raising": "raise OSError('not here')\n",
            "numpy": "__version__ = '0'\n",  # only its name: what is made for Pyodide comes from nowhere but a distant server
        }
        self._wheels = {name: wheel(name, code) for name, code in codes.items()}
        routes = [
            Route("/assets/manifest.json", self._own_manifest),
            Route("/assets/agents/{name}", self._agent),
            Route("/stand/{kind}/manifest.json", self._manifest),
            Route("/stand/{kind}/pyodide/{name}", self._core),
            Route("/stand/packages/{name}.whl", self._wheel),
            Route("/{folder:str}/{path:path}", self._file),
        ]
        self._app = SafeHeaders(Starlette(routes=[*routes[:2], *self._pages.routes, *routes[2:]]))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        await self._app(scope, receive, send)

    def offer_agent(self, name: str, game: str, content: bytes, **changes: Any) -> None:
        """Offer an agent to the pages that are opened from now on; `changes` are what is told of it otherwise."""
        sha256 = hashlib.sha256(content).hexdigest()
        told = {"name": name, "game": game, "title": name, "sha256": sha256, "size": len(content), **changes}
        self.agents.append(told)
        self.kept[f"{told['sha256']}.npz"] = content

    async def _own_manifest(self, request: Request) -> Response:
        agents = {"agents": self.agents} if self.agents else {}
        told = {**self._pages.manifest(), **agents, "packages": self._offers()}
        return JSONResponse(told, headers={"cache-control": "no-store"})

    async def _agent(self, request: Request) -> Response:
        content = self.kept.get(request.path_params["name"])
        return Response(content, status_code=200 if content is not None else 404, media_type="application/octet-stream")

    async def _manifest(self, request: Request) -> Response:
        told = self._pages.manifest()
        match request.path_params["kind"]:
            case "missing":
                return JSONResponse({"missing": ["pyodide@314.0.7"], "command": "rollback fetch-assets"})
            case "packages":
                told["packages"] = self._offers()
            case "numpy":
                told["packages"] = {"numpy": self._offer("numpy")}
            case "compiled":
                url = "/stand/packages/numpy-1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
                told["packages"] = {"numpy": {**self._offer("numpy"), "url": url}}
            case kind:
                root = f"/stand/{kind}/pyodide/"
                sizes = {root + path.name: path.stat().st_size for path in self._pyodide.iterdir()}
                told |= {"pyodide": root, "sizes": {**told["sizes"], **sizes}}
        return JSONResponse(told)

    def _offers(self) -> dict[str, Any]:
        return {name: self._offer(name) for name in self._wheels if name != "numpy"}

    def _offer(self, name: str) -> dict[str, Any]:
        digest = "0" * 64 if name == "torn" else hashlib.sha256(self._wheels[name]).hexdigest()
        depends = ["tiny"] if name == "needy" else []
        return {"url": f"/stand/packages/{name}-1.0-py3-none-any.whl", "sha256": digest, "depends": depends, "version": "1.0"}

    async def _core(self, request: Request) -> Response:
        kind, name = request.path_params["kind"], request.path_params["name"]
        if kind == "broken" and name.endswith(".wasm"):
            return Response(status_code=404)
        data = (self._pyodide / name).read_bytes()
        headers = {"content-length": str(len(data)), "cache-control": "no-store" if kind == "slow" else "max-age=600"}
        pieces = _slowly(data) if kind == "slow" and len(data) > 1_000_000 else _at_once(data)
        return StreamingResponse(pieces, media_type=media_type_of(name), headers=headers)

    async def _wheel(self, request: Request) -> Response:
        return Response(self._wheels[request.path_params["name"].partition("-")[0]], media_type="application/zip")

    async def _file(self, request: Request) -> Response:
        folder = FOLDERS.get(request.path_params["folder"])
        path = folder / request.path_params["path"] if folder else None
        if path is None or not path.is_file():
            return Response(status_code=404)
        return Response(path.read_bytes(), media_type=media_type_of(path.name), headers={"cache-control": "no-cache"})


async def _at_once(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def _slowly(data: bytes) -> AsyncIterator[bytes]:
    size = -(-len(data) // PIECES)
    for start in range(0, len(data), size):
        yield data[start : start + size]
        await asyncio.sleep(SLOW / PIECES)


def wheel(name: str, code: str) -> bytes:
    """Return a wheel of one module."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"{name}.py", code)
        archive.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{name}-1.0.dist-info/RECORD", "")
    return packed.getvalue()
