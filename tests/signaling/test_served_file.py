import asyncio
import gzip
import hashlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling import served_file
from signaling.served_file import FOR_EVER, REVALIDATED, ServedFile, in_memory, media_type_of
from tests.signaling.http import ask

TEXT = b"".join(b"line %d of a page\n" % number for number in range(200))
LONG = os.urandom(3 * served_file.PIECE + 17)


def on_disk(path, content, media_type="application/zip"):
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    return ServedFile(path, sha256=digest, size=len(content), media_type=media_type, caching=FOR_EVER)


@pytest.fixture(params=["memory", "disk"])
def long(request, tmp_path):
    return in_memory(LONG, ".zip", FOR_EVER) if request.param == "memory" else on_disk(tmp_path / "long.zip", LONG)


async def test_a_file_comes_whole_with_its_kind_length_and_hash(long):
    status, headers, body = await ask(long)
    assert (status, body) == (200, LONG)
    assert headers["content-type"] == "application/zip" and headers["content-length"] == str(len(LONG))
    assert headers["etag"] == f'"{hashlib.sha256(LONG).hexdigest()[:32]}"'
    assert headers["cache-control"] == FOR_EVER and headers["accept-ranges"] == "bytes"


async def test_a_long_file_goes_out_in_pieces(long):
    pieces = []

    async def send(message):
        pieces.append(len(message.get("body", b"")))

    await long({"method": "GET", "headers": []}, None, send)
    assert pieces == [0, served_file.PIECE, served_file.PIECE, served_file.PIECE, 17]


async def test_no_more_is_read_than_is_taken(tmp_path, monkeypatch):
    file = on_disk(tmp_path / "long.zip", LONG)
    sent = []

    async def send(message):
        sent.append(message)
        if len(sent) == 2:
            raise ConnectionError

    closed = []
    real = open

    def opened(*arguments, **options):
        closed.append(real(*arguments, **options))
        return closed[0]

    monkeypatch.setattr("builtins.open", opened)
    with pytest.raises(ConnectionError):
        await file({"method": "GET", "headers": []}, None, send)
    assert len(sent) == 2 and closed[0].closed


async def test_a_head_is_the_answer_without_its_body(long):
    whole, head = await ask(long), await ask(long, method="HEAD")
    assert head == (200, whole[1], b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_a_file_can_only_be_asked_for(long, method):
    status, headers, body = await ask(long, method=method)
    assert (status, headers["allow"], body) == (405, "GET, HEAD", b"")


@pytest.mark.parametrize("weak", ["", "W/"])
async def test_who_has_it_already_is_told_so(long, weak):
    _, headers, _ = await ask(long)
    status, told, body = await ask(long, if_none_match=f'"other", {weak}{headers["etag"]}')
    assert (status, body) == (304, b"") and told["etag"] == headers["etag"] and told["cache-control"] == FOR_EVER
    assert (await ask(long, if_none_match="*"))[0] == 304
    assert (await ask(long, if_none_match='"other"'))[0] == 200


@pytest.mark.parametrize(
    ("asked", "first", "after"),
    [("bytes=0-0", 0, 1), ("bytes=5-", 5, None), ("bytes=-7", -7, None), ("bytes=10-99999999", 10, None), ("bytes=3-4", 3, 5)],
)
async def test_a_part_comes_alone(long, asked, first, after):
    status, headers, body = await ask(long, range=asked)
    assert (status, body) == (206, LONG[first:after])
    start = first % len(LONG)
    assert headers["content-range"] == f"bytes {start}-{start + len(body) - 1}/{len(LONG)}"


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0"])
async def test_a_part_behind_the_end_is_refused(long, asked):
    status, headers, body = await ask(long, range=asked)
    assert (status, headers["content-range"], body) == (416, f"bytes */{len(LONG)}", b"")


@pytest.mark.parametrize(
    "asked", ["bytes=-", "bytes=0-1,4-5", "lines=0-1", "bytes=5-1", "bytes=a-b", "bytes=" + "9" * 30 + "-"]
)
async def test_what_is_no_part_is_answered_whole(long, asked):
    assert (await ask(long, range=asked))[::2] == (200, LONG)


async def test_a_part_of_another_content_is_answered_whole(long):
    _, headers, _ = await ask(long)
    assert (await ask(long, range="bytes=0-1", if_range='"other"'))[0] == 200
    assert (await ask(long, range="bytes=0-1", if_range=headers["etag"]))[0] == 206


@given(asked=st.one_of(st.text(max_size=30), st.from_regex(r"bytes=\d{0,4}-\d{0,4}", fullmatch=True)))
def test_whatever_part_is_asked_for_the_answer_is_true(asked):
    content = bytes(range(100))
    try:
        asked.encode("latin-1")
    except UnicodeEncodeError:
        return

    async def answer():
        sent = []

        async def send(message):
            sent.append(message)

        await in_memory(content, ".zip", FOR_EVER)(
            {"method": "GET", "headers": [(b"range", asked.encode("latin-1"))]}, None, send
        )
        return sent[0]["status"], dict(sent[0]["headers"]), b"".join(each.get("body", b"") for each in sent[1:])

    status, headers, body = asyncio.run(answer())
    assert int(headers[b"content-length"]) == len(body)
    assert (status, body) == (200, content) or status == 416 or (status == 206 and body in content and body)


async def test_text_is_compressed_for_who_takes_it_and_has_a_tag_of_its_own():
    page = in_memory(TEXT, ".js", REVALIDATED)
    status, headers, body = await ask(page, accept_encoding="br, gzip;q=0.8")
    assert status == 200 and gzip.decompress(body) == TEXT and len(body) < len(TEXT) / 3
    assert headers["content-encoding"] == "gzip" and headers["vary"] == "accept-encoding"
    assert headers["content-length"] == str(len(body))
    _, plain, same = await ask(page)
    assert same == TEXT and plain["etag"] != headers["etag"] and plain["vary"] == "accept-encoding"
    assert (await ask(page, accept_encoding="gzip", if_none_match=headers["etag"]))[0] == 304
    assert (await ask(page, if_none_match=headers["etag"]))[0] == 200


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "gzip;q=0.0", "gzip;q=x", "xgzip", "identity"])
async def test_who_does_not_take_compressed_text_gets_none(accepted):
    assert (await ask(in_memory(TEXT, ".js", REVALIDATED), accept_encoding=accepted))[2] == TEXT


@pytest.mark.parametrize(
    "file", [in_memory(LONG, ".zip", FOR_EVER), in_memory(b"short", ".js", FOR_EVER)], ids=["zip", "short"]
)
async def test_what_would_not_get_smaller_is_left_alone(file):
    _, headers, _ = await ask(file, accept_encoding="gzip")
    assert "content-encoding" not in headers and "vary" not in headers


async def test_the_first_who_asks_for_a_large_file_does_not_wait_for_its_compression(tmp_path):
    content = b"wasm" * 100_000
    file = on_disk(tmp_path / "a.wasm", content, "application/wasm")
    _, headers, body = await ask(file, accept_encoding="gzip")
    assert "content-encoding" not in headers and body == content
    await file._packing
    _, headers, body = await ask(file, accept_encoding="gzip")
    assert headers["content-encoding"] == "gzip" and gzip.decompress(body) == content


async def test_a_part_is_never_compressed():
    _, headers, body = await ask(in_memory(TEXT, ".js", REVALIDATED), accept_encoding="gzip", range="bytes=0-9")
    assert "content-encoding" not in headers and body == TEXT[:10]


@pytest.mark.parametrize("accepted", ["", "gzip"])
async def test_a_file_that_is_gone_is_not_found(tmp_path, accepted):
    file = on_disk(tmp_path / "a.js", TEXT, "text/javascript")
    (tmp_path / "a.js").unlink()
    status, headers, body = await ask(file, accept_encoding=accepted)
    assert (status, body) == (404, b"") and headers["cache-control"] == "no-store"


async def test_an_empty_file_is_an_answer():
    assert await ask(in_memory(b"", ".txt", FOR_EVER)) == (200, (await ask(in_memory(b"", ".txt", FOR_EVER)))[1], b"")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("pyodide.asm.wasm", "application/wasm"),
        ("a.mjs", "text/javascript; charset=utf-8"),
        ("LICENSE", "text/plain; charset=utf-8"),
    ],
)
def test_a_name_says_what_a_file_is(name, kind):
    assert media_type_of(name) == kind
