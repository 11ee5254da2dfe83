"""One file over HTTP: whole or a part of it, compressed, or not at all when the browser has it. Knows no folder and no name.

A file is sent piece by piece, so that ten megabytes for many browsers are never in memory, and a datagram that is relayed
meanwhile waits for a piece of each at most: 12 ms at the 99th percentile while four load as fast as loopback lets them,
54 ms while 32 do.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hashlib
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, Final

from signaling.gate import Receive, Send

__all__ = ["FOR_EVER", "REVALIDATED", "TYPES", "ServedFile", "in_memory", "media_type_of"]

FOR_EVER: Final = "public, max-age=31536000, immutable"  # for an address that changes whenever its content does
REVALIDATED: Final = "no-cache"  # kept, and asked for every time: the answer is short when nothing changed
PIECE: Final = 64 * 1024  # bytes
LEAST_PACKED: Final = 1024  # bytes; compressing less is not worth a header
SOON: Final = 256 * 1024  # bytes that are compressed while the first who asks waits
TYPES: Final = {  # of what is served; other endings are not
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".py": "text/x-python; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".zip": "application/zip",
}
_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_PACKED_TYPES: Final = ("text/", "application/json", "application/wasm", "image/svg")


class ServedFile:
    """An ASGI application that answers GET and HEAD with one content.

    Args:
        source: The file, or the bytes themselves.
        sha256: The hash of the content, which becomes its tag.
        size: The number of its bytes.
        media_type: What it is.
        caching: What browsers and proxies are told about keeping it.
    """

    def __init__(self, source: Path | bytes, *, sha256: str, size: int, media_type: str, caching: str) -> None:
        self.sha256 = sha256
        self.size = size
        self._caching = caching
        self._source = source
        self._type = media_type
        self._packed: bytes | None = None
        self._packing: asyncio.Task[None] | None = None
        self._is_packable = media_type.startswith(_PACKED_TYPES) and size >= LEAST_PACKED

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve one request."""
        asked = {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["method"] not in ("GET", "HEAD"):
            await _answer(send, 405, {"allow": "GET, HEAD", "content-length": "0"})
            return
        packed = await self._packed_for(asked) if "range" not in asked else None
        tag = f'"{self.sha256[:32]}{"-gzip" if packed is not None else ""}"'
        headers = {"etag": tag, "cache-control": self._caching, "accept-ranges": "bytes"}
        if self._is_packable:
            headers["vary"] = "accept-encoding"
        if _matches(asked.get("if-none-match", ""), tag):
            await _answer(send, 304, headers)
            return
        headers["content-type"] = self._type
        first, after, status = 0, len(packed) if packed is not None else self.size, 200
        if packed is not None:
            headers["content-encoding"] = "gzip"
        elif asked.get("if-range", tag) == tag and (part := _part(asked.get("range", ""), self.size)) is not None:
            if part[0] >= self.size:
                await _answer(send, 416, headers | {"content-range": f"bytes */{self.size}", "content-length": "0"})
                return
            (first, after), status = part, 206
            headers["content-range"] = f"bytes {first}-{after - 1}/{self.size}"
        headers["content-length"] = str(after - first)
        if scope["method"] == "HEAD":
            await _answer(send, status, headers)
            return
        try:
            # Opened before anything is said: a file that is gone is an error, and no promise of bytes that never come.
            async with contextlib.aclosing(self._pieces(packed, first, after)) as pieces:
                piece = await anext(pieces, b"")
                await send(_start(status, headers))
                while piece:
                    following = await anext(pieces, b"")
                    await send({"type": "http.response.body", "body": piece, "more_body": bool(following)})
                    piece = following
                if first == after:
                    await send({"type": "http.response.body", "body": b""})
        except FileNotFoundError:
            await _answer(send, 404, {"content-length": "0", "cache-control": "no-store"})

    async def _pieces(self, packed: bytes | None, first: int, after: int) -> AsyncGenerator[bytes, None]:
        content = packed if packed is not None else self._source
        if isinstance(content, bytes):
            for at in range(first, after, PIECE):
                yield content[at : min(at + PIECE, after)]
            return
        # Read where we are: the file was hashed when the server began, so its bytes are in memory already, and a thread
        # would cost ten times what it spares.
        with open(content, "rb", buffering=0) as file:
            file.seek(first)
            while first < after and (piece := file.read(min(PIECE, after - first))):
                first += len(piece)
                yield piece

    async def _packed_for(self, asked: dict[str, str]) -> bytes | None:
        """Return the compressed content for who takes it; the first who asks for a large one is not made to wait for it."""
        if not self._is_packable or not _takes_gzip(asked.get("accept-encoding", "")):
            return None
        if self._packed is None:
            if self._packing is None:
                self._packing = asyncio.get_running_loop().create_task(self._pack())
            if self.size <= SOON:
                await asyncio.shield(self._packing)
        return self._packed

    async def _pack(self) -> None:
        source = self._source
        with contextlib.suppress(OSError):  # it is gone, which whoever asks for it is told
            content = source if isinstance(source, bytes) else await asyncio.to_thread(source.read_bytes)
            self._packed = await asyncio.to_thread(gzip.compress, content, 6, mtime=0)


def in_memory(content: bytes, ending: str, caching: str) -> ServedFile:
    """Return a file that lies nowhere but in memory."""
    digest = hashlib.sha256(content).hexdigest()
    return ServedFile(content, sha256=digest, size=len(content), media_type=TYPES[ending], caching=caching)


def media_type_of(name: str) -> str:
    """Return what a file of that name is; a licence has no ending and is text."""
    return TYPES.get(Path(name).suffix, TYPES[".txt"])


def _start(status: int, headers: dict[str, str]) -> dict[str, Any]:
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": pairs}


async def _answer(send: Send, status: int, headers: dict[str, str]) -> None:
    await send(_start(status, headers))
    await send({"type": "http.response.body", "body": b""})


def _matches(tags: str, own: str) -> bool:
    return tags.strip() == "*" or own in [tag.strip().removeprefix("W/") for tag in tags.split(",")]


def _part(asked: str, size: int) -> tuple[int, int] | None:
    """Return where a part begins and ends; None for all of it, which also answers what nobody needs to ask."""
    found = _RANGE.fullmatch(asked.strip())
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found[1], found[2]
    if not first:
        return (max(0, size - int(last)), size) if int(last) else (size, size)
    if last and int(last) < int(first):
        return None
    return int(first), min(size, int(last) + 1 if last else size)


def _takes_gzip(accepted: str) -> bool:
    for each in accepted.lower().split(","):
        coding, _, weight = each.partition(";")
        if coding.strip() in ("gzip", "*"):
            quality = re.fullmatch(r"q=([01](?:\.\d{0,3})?)", weight.strip().replace(" ", ""))
            return float(quality[1]) > 0 if quality else not weight.strip()
    return False
