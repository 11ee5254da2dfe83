"""What others made is given away where it is whole, under two names and no other."""

import asyncio
from typing import Any

import pytest
from starlette.applications import Starlette

from rollback.studio.assets import NEEDED, asset_routes
from rollback.studio.pages import SafeHeaders


def ask(app: Any, path: str) -> tuple[int, str, bytes]:
    """Return what an application answers to a GET: status, content type, body."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": []}
    asyncio.run(app({**scope, "root_path": "", "http_version": "1.1", "scheme": "http"}, receive, send))
    headers = dict(sent[0]["headers"])
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], headers.get(b"content-type", b"").decode().partition(";")[0], body


@pytest.fixture
def folder(tmp_path):
    for name in (*NEEDED, "LICENSE"):
        (tmp_path / name).write_text(f"of {name}", encoding="utf-8")
    return tmp_path


def app_of(find):
    return SafeHeaders(Starlette(routes=asset_routes(find)))


def test_the_charts_come_with_the_type_that_a_browser_asks_of_modules_and_sheets(folder):
    app = app_of(lambda: {path.name: path for path in folder.iterdir()})
    assert ask(app, "/studio/assets/uPlot.esm.js") == (200, "text/javascript", b"of uPlot.esm.js")
    assert ask(app, "/studio/assets/uPlot.min.css") == (200, "text/css", b"of uPlot.min.css")


@pytest.mark.parametrize("path", ["LICENSE", "", "..%2FLICENSE", "../LICENSE", "uPlot.esm.js/", "UPLOT.ESM.JS"])
def test_nothing_else_that_lies_there_is_given_away(folder, path):
    app = app_of(lambda: {each.name: each for each in folder.iterdir()})
    assert ask(app, f"/studio/assets/{path}")[0] in (404, 307) and b"of " not in ask(app, f"/studio/assets/{path}")[2]


def test_what_is_not_here_names_the_command_and_is_found_once_it_was_fetched(folder):
    files: dict[str, Any] = {}
    app = app_of(lambda: files)
    status, _, body = ask(app, "/studio/assets/uPlot.esm.js")
    assert status == 404 and b"rollback fetch-assets" in body
    files["uPlot.esm.js"] = folder / "gone.js"  # it was taken away since it was found
    assert ask(app, "/studio/assets/uPlot.esm.js")[0] == 404
    files["uPlot.esm.js"] = folder / "uPlot.esm.js"
    assert ask(app, "/studio/assets/uPlot.esm.js")[0] == 200
