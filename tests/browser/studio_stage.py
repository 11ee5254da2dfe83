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
from rollback.studio.limits import Limits
from rollback.studio.server import StudioApp
from rollback.studio.serving import running
from signaling.assets import CHARTS, find_assets
from tests.browser.stage import PATIENCE, Chromium, Tab

FACTS: Final = "() => window.studio.facts()"


class StudioThread:
    """A studio on loopback.

    Args:
        runs: The folder of its runs.
        has_charts: Whether it has uPlot to give away.
        app: Further settings of `StudioApp`.
    """

    def __init__(self, runs: Path, *, has_charts: bool = True, **app: Any) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._runs = runs
        self._has_charts = has_charts
        self._settings = {"limits": Limits(), **app}
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self.app: StudioApp | None = None
        self.start()

    def start(self) -> None:
        """Serve, on the same port as before."""
        ready, trouble = threading.Event(), list[BaseException]()

        async def serve() -> None:
            self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
            self.app = StudioApp(self._runs, pages=asset_routes(self._assets), **self._settings)
            async with running(self.app, port=self.port):
                ready.set()
                await self._end.wait()

        def run() -> None:
            try:
                asyncio.run(serve())
            except BaseException as error:
                trouble.append(error)
            ready.set()

        self._thread = threading.Thread(target=run, name="studio")
        self._thread.start()
        assert ready.wait(PATIENCE) and not trouble, trouble

    def stop(self) -> None:
        """Stop all runs and serve no more."""
        if self._thread is not None and self._loop is not None and self._end is not None:
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join(PATIENCE)
            self._thread = None

    def kill_training(self, run: str) -> None:
        """End the process of a run as the operating system does where memory lacks."""
        assert self.app is not None
        os.kill(self.app.supervisor.process_id(run), signal.SIGKILL)

    def _assets(self) -> Mapping[str, Path]:
        files = find_assets(wanted=[CHARTS]).files if self._has_charts else {}
        return {path.name: path for path in files.values()}


class StudioBrowser(Chromium):
    """A browser whose pages are those of a studio."""

    def page(self) -> Tab:
        """Open the page, connected and told everything."""
        tab = self.new_tab()
        tab.visit("/")
        tab.until("() => window.studio?.facts().snapshots > 0")
        return tab
