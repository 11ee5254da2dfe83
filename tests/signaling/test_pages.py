import json

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from signaling.pages import SafeHeaders, health_route, plain_page


async def get(app, path, method="GET"):
    """Return status, headers and body of one request, without a server."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    await app({"type": "http", "method": method, "path": path, "headers": [], "query_string": b""}, receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.fixture
def app():
    count = iter(range(10))
    own = Route("/own", lambda request: PlainTextResponse("x", headers={"X-Frame-Options": "SAMEORIGIN"}))
    return SafeHeaders(Starlette(routes=[plain_page(), health_route(lambda: {"rooms": next(count)}), own]))


async def test_the_page_is_whole_and_loads_nothing_from_elsewhere(app):
    status, headers, body = await get(app, "/")
    assert status == 200 and headers["content-type"] == "text/html; charset=utf-8"
    assert b"</html>" in body and b"://" not in body and b"<script" not in body


async def test_health_is_counted_anew_for_every_question(app):
    for number in range(3):
        status, headers, body = await get(app, "/healthz")
        assert (status, json.loads(body)) == (200, {"status": "ok", "rooms": number})
        assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("path", "method"), [("/", "GET"), ("/healthz", "HEAD"), ("/nowhere", "GET"), ("/", "DELETE")])
async def test_every_answer_is_safe_also_an_error(app, path, method):
    _, headers, _ = await get(app, path, method)
    for name in ("x-content-type-options", "x-frame-options", "content-security-policy", "cross-origin-opener-policy"):
        assert headers[name]
    assert "'unsafe" not in headers["content-security-policy"]


async def test_a_page_that_sets_a_header_itself_keeps_its_own(app):
    _, headers, _ = await get(app, "/own")
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert headers["x-content-type-options"] == "nosniff"


async def test_other_kinds_of_connections_pass_untouched():
    seen = []

    async def inner(scope, receive, send):
        seen.append((scope["type"], send))

    async def send(message):
        raise AssertionError

    await SafeHeaders(inner)({"type": "websocket"}, None, send)
    assert seen == [("websocket", send)]
