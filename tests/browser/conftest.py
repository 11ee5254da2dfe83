"""Chromium, servers, and Python in a worker that tests share because its start is dear."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from signaling.asset_npm import fetch_assets
from signaling.assets import PINNED, asset_folders, cache_folder, find_assets
from tests.browser.arena import Arena
from tests.browser.real_server import RealServer
from tests.browser.room import ENTER
from tests.browser.stage import Stage, Tab


@pytest.fixture(scope="session")
def pyodide_folder() -> Path:
    """Where the pinned files of Pyodide are; they are fetched once if this machine has none."""
    pyodide = [package for package in PINNED if package.name == "pyodide"]
    fetched = fetch_assets(cache_folder() / "assets", wanted=pyodide, folders=asset_folders())
    found = find_assets(wanted=pyodide)
    assert not found.missing, f"the browser tests need Pyodide: {fetched.trouble}"
    return next(iter(found.files.values())).parent


@pytest.fixture(scope="session")
def stage(pyodide_folder: Path) -> Iterator[Stage]:
    """The browser and the server."""
    stage = Stage(pyodide_folder)
    yield stage
    stage.close()


@pytest.fixture(scope="session")
def only_lobby_server(stage: Stage) -> Iterator[RealServer]:
    """A real server on loopback, and its tabs."""
    server = RealServer(stage)
    yield server
    server.close()


@pytest.fixture
def lobby_server(only_lobby_server: RealServer) -> Iterator[RealServer]:
    """The same, without a room and without tabs."""
    yield only_lobby_server
    only_lobby_server.start_over()


@pytest.fixture
def open_tab(lobby_server: RealServer) -> Iterator[Callable[[], Tab]]:
    """Opens pages that must neither leave their origin nor break the policy."""
    opened: list[Tab] = []

    def open_one() -> Tab:
        tab = lobby_server.open()
        tab.until("() => 'Lobby' in window")
        opened.append(tab)
        return tab

    yield open_one
    for tab in opened:
        assert tab.evaluate("() => window.breaches") == []
        assert tab.violations == [] and tab.strangers == [] and tab.errors == []


@pytest.fixture
def ann(open_tab: Callable[[], Tab]) -> Tab:
    """A page that opened a room for two."""
    tab = open_tab()
    assert "value" in tab.evaluate(ENTER, {"name": "ann", "players": 2, "game": "pong"})
    return tab


@pytest.fixture
def tab(stage: Stage) -> Iterator[Tab]:
    """An empty page, which must neither leave its origin nor break the policy."""
    yield from watched(stage)


@pytest.fixture(scope="session")
def python(stage: Stage) -> Iterator[Tab]:
    """A page whose `python` is ready, started once for all; what it `told` of its start is kept."""
    for tab in watched(stage):
        tab.evaluate(
            """async () => {
                window.told = [];
                window.python = new PyodideWorker({ onProgress: (progress) => told.push(progress) });
                window.versions = await python.init();
            }"""
        )
        yield tab
        assert tab.evaluate("() => python.pending") == 0, "a request is still in the map"


@pytest.fixture(scope="session")
def only_arena(pyodide_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """The network of these tests, with its browser."""
    arena = Arena(tmp_path_factory.mktemp("arena"))
    yield arena
    arena.close()


@pytest.fixture
def arena(only_arena: Arena) -> Iterator[Arena]:
    """The same without pages; afterwards nothing has left the server's origin, broken the policy or raised in a page."""
    yield only_arena
    only_arena.forget_test()
    only_arena.end_pages()


def watched(stage: Stage) -> Iterator[Tab]:
    """Yield a page, and hold afterwards that it was well-behaved."""
    tab = stage.open()
    tab.until("() => 'PyodideWorker' in window")
    yield tab
    assert tab.evaluate("() => window.breaches") == []
    assert tab.violations == [] and tab.strangers == [] and tab.errors == []
    tab.close()
