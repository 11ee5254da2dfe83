"""The server of the browser tests: our modules, Pyodide and the engine at the addresses of the lobby, with its headers.

It also serves pages and workers that only the tests have, a slow copy of the assets, and keeps what it was asked for.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import mimetypes
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import msgpack
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDERS: Final = {"web": ROOT / "signaling" / "web", "pages": Path(__file__).with_name("pages"), "examples": ROOT / "examples"}
HEADERS: Final = {
    "content-security-policy": (
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
SLOW: Final = 5.0  # seconds that the slow copy of the largest file takes
CORE: Final = ("pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
_TYPES: Final = {".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm", ".py": "text/x-python"}


class Stand:
    """An ASGI application, and what it was asked for.

    Args:
        pyodide: The folder with the files of Pyodide.
    """

    def __init__(self, pyodide: Path) -> None:
        self.asked: list[str] = []
        self._pyodide = pyodide
        self._engine = engine_zip()
        self._wheels = {"tiny": wheel("tiny", "answer = 42\n"), "needy": wheel("needy", "from tiny import answer\n")}
        self._wheels["torn"] = wheel("torn", "")
        self.app = Starlette(
            routes=[
                Route("/assets/manifest.json", self._manifest),
                Route("/assets/{kind}/manifest.json", self._manifest),
                Route("/assets/{kind}/pyodide/{name}", self._core),
                Route("/assets/{kind}/rollback.zip", self._zip),
                Route("/assets/packages/{name}", self._wheel),
                Route("/{folder}/{path:path}", self._file),
            ]
        )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request, with the headers on every answer."""
        if scope["type"] == "http":
            self.asked.append(scope["path"])

        async def send_safely(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *((n.encode(), v.encode()) for n, v in HEADERS.items())]
            await send(message)

        await self.app(scope, receive, send_safely)

    async def _manifest(self, request: Request) -> Response:
        kind = request.path_params.get("kind", "quick")
        if kind == "missing":
            return JSONResponse({"missing": ["pyodide@314.0.7"], "command": "rollback fetch-assets"})
        sizes = {f"/assets/{kind}/pyodide/{name}": (self._pyodide / name).stat().st_size for name in CORE}
        hashes = {name: hashlib.sha256(data).hexdigest() for name, data in self._wheels.items()}
        hashes["torn"] = "0" * 64
        lock = json.loads((self._pyodide / "pyodide-lock.json").read_bytes())["info"]
        return JSONResponse(
            {
                "pyodide": f"/assets/{kind}/pyodide/",
                "engine": f"/assets/{kind}/rollback.zip?h={hashlib.sha256(self._engine).hexdigest()[:16]}",
                "packages": {
                    name: {
                        "url": f"/assets/packages/{name}-1.0-py3-none-any.whl",
                        "sha256": hashes[name],
                        "depends": ["tiny"] if name == "needy" else [],
                        "version": "1.0",
                        "imports": [name],
                    }
                    for name in self._wheels
                },
                "sizes": sizes if kind != "broken" else {},
                "lock": lock,
                "missing": [],
                "command": "rollback fetch-assets",
            }
        )

    async def _core(self, request: Request) -> Response:
        kind, name = request.path_params["kind"], request.path_params["name"]
        if kind == "broken" and name.endswith(".wasm"):
            return Response(status_code=404)
        data = (self._pyodide / name).read_bytes()
        caching = {"cache-control": "no-store" if kind == "slow" else "public, max-age=31536000, immutable"}
        if kind == "slow" and name in CORE:
            length = {"content-length": str(len(data))}
            return StreamingResponse(_slowly(data), media_type=_type_of(name), headers={**caching, **length})
        return Response(data, media_type=_type_of(name), headers=caching)

    async def _zip(self, request: Request) -> Response:
        return Response(self._engine, media_type="application/zip")

    async def _wheel(self, request: Request) -> Response:
        return Response(self._wheels[request.path_params["name"].partition("-")[0]], media_type="application/zip")

    async def _file(self, request: Request) -> Response:
        folder = FOLDERS.get(request.path_params["folder"])
        path = folder / request.path_params["path"] if folder else None
        if path is None or not path.is_file():
            return Response(status_code=404)
        return Response(path.read_bytes(), media_type=_type_of(path.name), headers={"cache-control": "no-cache"})


def _type_of(name: str) -> str:
    return _TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


async def _slowly(data: bytes) -> AsyncIterator[bytes]:
    pieces = 100
    size = -(-len(data) // pieces)
    for start in range(0, len(data), size):
        yield data[start : start + size]
        await asyncio.sleep(SLOW / pieces)


def engine_zip() -> bytes:
    """Return the engine and the games in one archive, with the pure half of msgpack."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for part in ("", "state", "wire", "core", "replays", "games", "sim"):
            for path in sorted((ROOT / "rollback" / part).glob("*.py")):
                archive.write(path, path.relative_to(ROOT).as_posix())
        for path in sorted(Path(msgpack.__file__).parent.glob("*.py")):
            archive.write(path, f"msgpack/{path.name}")
    return packed.getvalue()


def wheel(name: str, code: str) -> bytes:
    """Return a wheel of one module."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"{name}.py", code)
        archive.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{name}-1.0.dist-info/RECORD", "")
    return packed.getvalue()
