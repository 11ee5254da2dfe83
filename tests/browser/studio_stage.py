"""A studio for the browser tests: served by a thread of its own, stopped and started again on the same port."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rollback.studio.assets import asset_routes
from rollback.studio.server import StudioApp
from rollback.studio.serving import running
from signaling.assets import CHARTS, find_assets
from tests.browser.stage import PATIENCE, Chromium, Tab

FACTS: Final = "() => window.studio.facts()"
_BLANK: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\nConnection: close\r\n\r\n<!doctype html>"


class StudioThread:
    """A studio on loopback, and tabs that look at it.

    Args:
        browser: Whose.
        runs: The folder of its runs.
        app: Further settings of `StudioApp`.

    Attributes:
        url: Where it is; the same after `start`.
        tabs: Its own pages.
        app: The studio that is being served.
    """

    def __init__(self, browser: Chromium, runs: Path, **app: Any) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self.tabs: list[Tab] = []
        self._others: list[Tab] = []
        self._browser = browser
        self._runs = runs
        self._settings = app
        self._thread: threading.Thread | None = None
        self.start()

    def run(self, work: Any, within: float = PATIENCE) -> Any:
        """Do `work` in the thread of the browser."""
        return self._browser.run(work, within)

    def start(self) -> None:
        """Serve, on the same port as before."""
        ready, trouble = threading.Event(), list[BaseException]()

        async def serve() -> None:
            self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
            self.app = StudioApp(self._runs, pages=asset_routes(_assets), **self._settings)
            async with running(self.app, port=self._port):
                ready.set()
                await self._end.wait()

        def live() -> None:
            try:
                asyncio.run(serve())
            except BaseException as error:
                trouble.append(error)
            ready.set()

        self._thread = threading.Thread(target=live, name="studio")
        self._thread.start()
        assert ready.wait(PATIENCE) and not trouble, trouble

    def stop(self) -> None:
        """Stop all runs and serve no more, as Ctrl-C does."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join(PATIENCE)
            self._thread = None

    def page(self) -> Tab:
        """Open the page, connected and told everything."""
        tab = self.run(self._tab())
        self.tabs.append(tab)
        tab.visit("/")
        tab.until("() => window.studio?.facts().snapshots > 0")
        return tab

    def foreign_page(self) -> Tab:
        """Open an empty page of another origin, whose own policy forbids it nothing."""

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(_BLANK)
            await writer.drain()
            writer.close()

        async def open_one() -> Tab:
            server = await asyncio.start_server(answer, "127.0.0.1", 0)
            tab = await self._tab()
            async with server:
                await tab._page.goto(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
            return tab

        tab = self.run(open_one())
        self._others.append(tab)
        return tab

    def kill_training(self, run: str) -> None:
        """End the process of a run as the operating system does where memory lacks."""
        pid = self.app.supervisor._processes[run].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        """Close the pages and stop."""
        for tab in [*self.tabs, *self._others]:
            self.run(tab.end())
        self.stop()

    async def _tab(self) -> Tab:
        context = await self._browser.context()
        return Tab(self, context, await context.new_page())  # type: ignore[arg-type]


def _assets() -> Mapping[str, Path]:
    return {path.name: path for path in find_assets(wanted=[CHARTS]).files.values()}
