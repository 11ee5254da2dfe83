"""The server of `rollback serve` for the browser tests: a real lobby with its pages, that can be stopped and started again.

It runs in the thread of the browser, besides the stand that other tests use. Knows no namespace: WebRTC needs that too.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

from starlette.routing import Route

from signaling.desk import Desk
from signaling.serve import LobbyServer, running
from signaling.web_pages import WebPages
from tests.browser.other_lobby import show_page
from tests.browser.stage import Stage, Tab

SECRET: Final = b"the same secret at every start...."


class RealServer:
    """A lobby with pages on loopback, and tabs that look at it.

    Args:
        stage: Whose browser and thread are used.
        options: For `signaling.serve.running`.

    Attributes:
        url: Where it is; the same after `start_again`.
    """

    def __init__(self, stage: Stage, **options: Any) -> None:
        self._stage = stage
        self._first = {"secret": SECRET, **options}
        self._options = dict(self._first)
        self._pages = WebPages()
        self._tabs: list[Tab] = []
        self._left: list[Tab] = []
        self._port = 0
        self.start_again()

    def run(self, work: Any, within: float = 60.0) -> Any:
        """Do `work` in the thread of browser and server."""
        return self._stage.run(work, within)

    def start_again(self, **options: Any) -> None:
        """Start, on the same port as before, and with other options where they are given."""
        self._options |= options
        self._server, self._end, self._serving = self.run(self._start())
        self.url = self._server.url
        self._port = self._server.port

    def stop(self) -> None:
        """Stop, as Ctrl-C would."""
        self.run(self._stop())

    def open(self, address: str = "/pages/room.html") -> Tab:
        """Open a page in a tab with a session of its own, one that was left where there is one."""
        tab = self._left.pop() if self._left else self.run(self._tab())
        self._tabs.append(tab)
        tab.visit(address)
        return tab

    def leave(self, tab: Tab) -> None:
        """Take back a tab for another test, whose session knows nothing of this one."""
        self._tabs.remove(tab)
        tab.visit("/pages/plain.html")
        tab.evaluate("() => sessionStorage.clear()")
        self._left.append(tab)

    def start_over(self) -> None:
        """Take back all tabs, and let the server be as it was at first, without any room."""
        for tab in list(self._tabs):
            self.leave(tab)
        if self._options == self._first and not self._end.is_set():
            self.run(self._forget())
            return
        if not self._end.is_set():
            self.stop()
        self._options = dict(self._first)
        self.start_again()

    def close(self) -> None:
        """Close the tabs and stop."""
        for tab in [*self._tabs, *self._left]:
            self.run(tab.end())
        if not self._end.is_set():
            self.stop()

    def seen(self, look: Callable[[LobbyServer], Any]) -> Any:
        """Return what `look` finds in the running server."""

        async def call() -> Any:
            return look(self._server)

        return self.run(call())

    async def _tab(self) -> Tab:
        context = await self._stage.context()
        return Tab(self, context, await context.new_page())

    async def _start(self) -> tuple[LobbyServer, asyncio.Event, asyncio.Task[None]]:
        started: asyncio.Future[LobbyServer] = asyncio.get_running_loop().create_future()
        end = asyncio.Event()
        routes = [*self._pages.routes, Route("/pages/{name}", show_page)]

        async def serve() -> None:
            async with running(port=self._port, pages=routes, **self._options) as server:
                started.set_result(server)
                await end.wait()

        serving = asyncio.create_task(serve())
        await asyncio.wait({started, serving}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            await serving
        return started.result(), end, serving

    async def _forget(self) -> None:
        """Empty the lobby: to stop and to start it takes half a second."""
        app = self._server.app
        while app._links:
            for link in list(app._links.values()):
                link.end()
            await asyncio.sleep(0.01)
        app.desk = Desk(app.limits, secret=SECRET, wall_ahead=time.time() - time.monotonic())

    async def _stop(self) -> None:
        self._end.set()
        await self._serving
