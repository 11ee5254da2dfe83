import json

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from rollback.errors import UsageError
from signaling.pages import SafeHeaders, checked_origin, health_route, plain_page
from tests.signaling.http import ask


@pytest.fixture
def app():
    count = iter(range(10))
    own = Route("/own", lambda request: PlainTextResponse("x", headers={"X-Frame-Options": "SAMEORIGIN"}))
    return SafeHeaders(Starlette(routes=[plain_page(), health_route(lambda: {"rooms": next(count)}), own]))


async def test_the_page_is_whole_and_loads_nothing_from_elsewhere(app):
    status, headers, body = await ask(app, "/")
    assert status == 200 and headers["content-type"] == "text/html; charset=utf-8"
    assert b"</html>" in body and b"://" not in body and b"<script" not in body


async def test_health_is_counted_anew_for_every_question(app):
    for number in range(3):
        status, headers, body = await ask(app, "/healthz")
        assert (status, json.loads(body)) == (200, {"status": "ok", "rooms": number})
        assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("path", "method"), [("/", "GET"), ("/healthz", "HEAD"), ("/nowhere", "GET"), ("/", "DELETE")])
async def test_every_answer_is_safe_also_an_error(app, path, method):
    _, headers, _ = await ask(app, path, method=method)
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin" and headers["cross-origin-embedder-policy"] == "require-corp"
    assert headers["cross-origin-resource-policy"] == "same-origin" and headers["x-frame-options"] == "DENY"


async def test_the_policy_lets_our_own_scripts_run_and_compile_and_nothing_else(app):
    _, headers, _ = await ask(app, "/")
    policy = {rule.split()[0]: rule.split()[1:] for rule in headers["content-security-policy"].split(";")}
    assert policy["default-src"] == policy["worker-src"] == policy["connect-src"] == ["'self'"]
    assert policy["script-src"] == ["'self'", "'wasm-unsafe-eval'"]
    for name in ("frame-ancestors", "object-src", "base-uri", "form-action"):
        assert policy[name] == ["'none'"]


async def test_named_sites_may_show_our_pages_in_a_frame_and_no_others():
    app = SafeHeaders(Starlette(routes=[plain_page()]), ["https://survey.example.org/", "http://LOCALHOST:8080"])
    _, headers, _ = await ask(app, "/")
    assert headers["content-security-policy"].endswith(
        "; frame-ancestors 'self' https://survey.example.org http://localhost:8080"
    )
    assert "x-frame-options" not in headers and headers["cross-origin-resource-policy"] == "cross-origin"
    assert (
        headers["cross-origin-embedder-policy"] == "require-corp" and "script-src 'self'" in headers["content-security-policy"]
    )


@pytest.mark.parametrize(
    "origin",
    ["", "*", "survey.example.org", "https://", "https://a b", "https://a;script-src *", "https://a/path", "https://a\r\nx: y",
     "https://a?b", "https://user@a", "ftp://a", "null", "https://*.example.org", "https://a:b", "'self'", "https://a,b"],
)  # fmt: skip
def test_what_is_no_origin_gets_into_no_header(origin):
    with pytest.raises(UsageError, match="an origin is https:// and a name"):
        checked_origin(origin)


@pytest.mark.parametrize(
    "origin", ["https://a.example", "http://127.0.0.1:8000", "https://[::1]:8443", "https://xn--bcher-kva.example"]
)
def test_an_origin_is_taken_as_it_is(origin):
    assert checked_origin(origin) == origin


async def test_a_page_that_sets_a_header_itself_keeps_its_own(app):
    _, headers, _ = await ask(app, "/own")
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
