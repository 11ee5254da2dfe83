"""The pages over a real server: headers on every answer, paths as they come over the wire, and many who load at once."""

import asyncio
import contextlib
import gzip
import hashlib
import os

import aiohttp
import pytest

from signaling.limits import Limits
from signaling.serve import running
from signaling.served_file import FOR_EVER, ServedFile
from signaling.web_pages import WebPages
from signaling.web_shelf import Stock

SOON = 20.0
LARGE = os.urandom(1 << 20) * 8
WASM = "/assets/thing/1.2.3/large.wasm"
HEADERS = (
    "content-security-policy",
    "cross-origin-opener-policy",
    "cross-origin-embedder-policy",
    "cross-origin-resource-policy",
    "x-content-type-options",
    "referrer-policy",
)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "web"
    folder.mkdir()
    (folder / "index.html").write_text("<h1>page</h1>")
    (folder / "worker.js").write_text("export {};\n" * 300)
    (folder.parent / "secret.js").write_text("secret")
    (folder.parent / "large.wasm").write_bytes(LARGE)
    digest = hashlib.sha256(LARGE).hexdigest()
    file = ServedFile(
        folder.parent / "large.wasm", sha256=digest, size=len(LARGE), media_type="application/octet-stream", caching=FOR_EVER
    )
    return WebPages(folder=folder, look=lambda: Stock({WASM: file}, {}, {}, {}, ()))


@pytest.fixture
async def server(pages):
    async with running(pages=pages.routes) as server:
        yield server


@pytest.fixture
async def http():
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        yield session


@pytest.mark.parametrize(
    ("method", "path", "asked", "status"),
    [
        ("GET", "/", {}, 200),
        ("GET", "/web/worker.js", {}, 200),
        ("HEAD", "/web/worker.js", {}, 200),
        ("GET", "/web/worker.js", {"if-none-match": "*"}, 304),
        ("GET", "/web/nothing.js", {}, 404),
        ("HEAD", "/assets/nothing", {}, 404),
        ("POST", "/web/worker.js", {}, 405),
        ("POST", "/assets/manifest.json", {}, 404),
        ("GET", WASM, {"range": "bytes=0-9"}, 206),
        ("GET", WASM, {"range": "bytes=99999999-"}, 416),
        ("GET", "/assets/manifest.json", {}, 200),
        ("GET", "/assets/rollback.zip", {}, 200),
        ("GET", "/?room=K7QW-3MZP&name=ann", {}, 200),
        ("GET", "/examples/browser/worker-check.html", {}, 200),
        ("GET", "/examples/nothing.html", {}, 404),
        ("GET", "/healthz", {}, 200),
        ("GET", "/socket.io/?EIO=4&transport=polling", {}, 400),
    ],
)
async def test_every_answer_carries_the_policy(server, http, method, path, asked, status):
    async with http.request(method, server.url + path, headers=asked) as answer:
        assert answer.status == status
        assert all(answer.headers[name] for name in HEADERS)
        assert "'wasm-unsafe-eval'" in answer.headers["content-security-policy"] and "server" not in answer.headers


async def test_embedders_are_named_on_every_answer(pages, http):
    async with running(pages=pages.routes, embedders=["https://survey.example.org"]) as server:
        for path in ("/", "/web/worker.js", "/nowhere"):
            async with http.get(server.url + path) as answer:
                assert "frame-ancestors 'self' https://survey.example.org" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/web/../secret.js",
        "/web/%2e%2e/secret.js",
        "/web/..%2fsecret.js",
        "/web/..%5csecret.js",
        "/web/..\\secret.js",
        "/web/%252e%252e/secret.js",
        "/web/%c0%ae%c0%ae/secret.js",
        "/web/worker.js%00",
        "/web/%00",
        "/web/%ff%fe",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/web/....//secret.js",
    ],
)
async def test_no_path_as_it_comes_over_the_wire_leads_out(server, path):
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
    async with asyncio.timeout(SOON):
        answer = await reader.read()
    writer.close()
    assert answer.split()[1] in (b"404", b"400") and b"secret" not in answer.partition(b"\r\n\r\n")[2]


async def test_many_load_a_large_file_at_once_and_the_lobby_goes_on_answering(server, http):
    async def load():
        async with http.get(server.url + WASM) as answer:
            assert hashlib.sha256(await answer.read()).digest() == hashlib.sha256(LARGE).digest()

    async with asyncio.timeout(SOON):
        loads = [asyncio.create_task(load()) for _ in range(8)]
        answered = 0
        while not all(task.done() for task in loads):
            async with http.get(f"{server.url}/healthz") as answer:
                answered += answer.status == 200
        await asyncio.gather(*loads)
    assert answered > 3  # between the pieces, not after them


async def test_who_takes_nothing_of_an_answer_is_hung_up_on(pages):
    async with running(pages=pages.routes, limits=Limits(join_within=0.5)) as server, asyncio.timeout(SOON):
        # With so small a limit what is not taken from the reader is not taken from the connection either.
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
        writer.write(f"GET {WASM} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        with pytest.raises(ConnectionError):
            while True:  # who reads nothing learns of the end by writing
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.02)


async def test_a_lobby_that_stops_does_not_wait_for_downloads_and_says_nothing_about_them(pages, caplog):
    async with asyncio.timeout(SOON):
        async with running(pages=pages.routes) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
            writer.write(f"GET {WASM} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        with contextlib.suppress(ConnectionError):
            assert len(await reader.read()) < len(LARGE)
        writer.close()
    assert caplog.records == []


@pytest.mark.parametrize("level", ["error", "info"])
async def test_no_room_code_of_an_address_is_written_down(pages, http, caplog, capsys, level):
    caplog.set_level("DEBUG")
    async with running(pages=pages.routes, log_level=level) as server:
        for path in ("/?room=K7QW-3MZP", "/nowhere?room=K7QW-3MZP", "/%ff?room=K7QW-3MZP", "/web/worker.js?room=K7QW-3MZP"):
            async with http.get(server.url + path) as answer:
                assert answer.status in (200, 404)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET /?room=K7QW-3MZP HTTP/9.9\r\nbroken\r\n\r\n")
        assert b"400" in await reader.readline()
        writer.close()
    written = "".join(record.getMessage() for record in caplog.records) + "".join(capsys.readouterr())
    assert "K7QW" not in written and "3MZP" not in written


async def test_text_crosses_compressed(server, http):
    async with http.get(f"{server.url}/web/worker.js", headers={"accept-encoding": "gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert gzip.decompress(await answer.read()) == b"export {};\n" * 300


async def test_a_part_of_a_large_file_is_that_part(server, http):
    async with http.get(server.url + WASM, headers={"range": "bytes=4000000-4000099"}) as answer:
        assert await answer.read() == LARGE[4_000_000:4_000_100]
