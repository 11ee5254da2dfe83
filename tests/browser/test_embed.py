"""The page inside another site's page: where that site is named worker and lobby come up in it, and nowhere else."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from tests.browser.real_server import RealServer
from tests.browser.stage import Stage

# Where an earlier page has left Python's memory nothing is loaded, and it is ready at once.
LOADS = """() => {
    const { progress, failed, state } = client.facts();
    return failed || ((state.engine === 'ready' || progress?.loaded > 1e6) && 'loads');
}"""
ENTER = "async () => { await client.create({ game: 'pong', players: 2, name: 'ann' }); return client.room.room; }"


@pytest.fixture
def survey(stage: Stage) -> Iterator[str]:
    """Serve the page of another site, without any policy of its own; yield its origin."""
    listening = socket.create_server(("127.0.0.1", 0))
    page = HTMLResponse("<!doctype html><title>survey</title><iframe></iframe>")
    app = Starlette(routes=[Route("/", lambda request: page)])
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
    serving: Any = None

    async def start() -> None:
        nonlocal serving
        serving = asyncio.create_task(server._serve([listening]))

    async def end() -> None:
        server.should_exit = True
        await serving

    stage.run(start())
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    stage.run(end())
    listening.close()


async def until(frame: Any, function: str) -> Any:
    while not (found := await frame.evaluate(function)):
        await asyncio.sleep(0.05)
    return found


async def show(page: Any, survey: str, address: str) -> Any:
    """Show an address in the frame of the survey's page, and return the frame."""
    await page.goto(survey)
    async with page.expect_event("framenavigated", lambda frame: frame.parent_frame is not None):
        await page.evaluate("(address) => { document.querySelector('iframe').src = address; }", address)
    return page.frames[1]


def test_a_named_site_shows_the_page_and_worker_and_lobby_work_in_its_frame(stage: Stage, survey: str) -> None:
    server = RealServer(stage, embedders=[survey])
    try:
        tab = server.open("/web/icon.svg")
        frame = stage.run(show(tab._page, survey, f"{server.url}/"))
        stage.run(until(frame, "() => 'client' in window"))
        room = stage.run(frame.evaluate(ENTER))
        assert stage.run(until(frame, LOADS)) == "loads"
        assert [member.name for member in server.seen(lambda it: it.rooms.find(room)).members.values()] == ["ann"]
        assert tab.violations == [] and tab.errors == []
    finally:
        server.close()


def test_any_other_site_shows_nothing(stage: Stage, survey: str) -> None:
    server = RealServer(stage, embedders=["https://survey.example.org"])
    try:
        tab = server.open("/web/icon.svg")
        frame = stage.run(show(tab._page, survey, f"{server.url}/"))
        assert frame.url == "chrome-error://chromewebdata/"
        assert any("frame-ancestors" in text for text in tab.violations)
    finally:
        server.close()
