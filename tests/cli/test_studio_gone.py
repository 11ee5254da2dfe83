"""Where a link of the studio leads once what it led to is gone: a page with a sentence, which looks as the studio does."""

from __future__ import annotations

import asyncio
import re
from types import SimpleNamespace
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

from rollback.cli.studio_gone import gone_page
from rollback.cli.studio_here import AgentsHere, shelf_for_studio
from rollback.cli.studio_opponents import Opponents
from rollback.studio.pages import SafeHeaders, page_routes
from tests.signaling.http import ask

HOST = "127.0.0.1:8100"


def page(route: BaseRoute, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    """Return what a browser gets from a studio that has this route."""
    studio = SafeHeaders(Starlette(routes=[route, *page_routes()]))
    status, told, body = asyncio.run(ask(studio, path, host=HOST, **headers))
    return status, told, body.decode()


def check_page(got: tuple[int, dict[str, Any], str]) -> None:
    """Hold that it is a page, and that all it needs is there under the studio's policy."""
    status, headers, body = got
    assert status == 404 and headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'self'" in headers["content-security-policy"] and not re.search(r"<style|<script| style=| on\w+=", body)
    addresses = re.findall(r'href="([^"]+)"', body)
    assert "/" in addresses and any(address.endswith(".css") for address in addresses)
    for address in addresses:
        assert page(Route("/else", gone_page), address)[0] == 200, address


def test_a_room_in_which_nobody_waits_any_more_is_a_page_that_says_what_to_do() -> None:
    opponents = Opponents(SimpleNamespace(url="http://127.0.0.1:9", port=9), alone=600)  # type: ignore[arg-type]
    got = page(opponents.route(), "/play/K7QW-3MZP")
    asyncio.run(opponents.close())
    check_page(got)
    assert "<h1>Nobody waits there any more</h1>" in got[2]
    assert "when nobody came within 10 minutes" in got[2] and "Press “Play against it” once more" in got[2]


def test_an_agent_that_is_offered_no_more_is_one_too() -> None:
    got = page(AgentsHere(shelf_for_studio(), {}, 9).route(), "/here/tetris-1-best")
    check_page(got)
    assert "<h1>This agent is not offered any more</h1>" in got[2] and "Press “Play it here” once more" in got[2]


def test_what_it_says_is_text() -> None:
    body = bytes(gone_page("<b>", "<script>alert(1)</script>").body).decode()
    assert "<b>" not in body and "&lt;b&gt;" in body and "<script" not in body
