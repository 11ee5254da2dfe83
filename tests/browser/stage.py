"""One Chromium and one server for all browser tests, in a thread with an event loop of their own.

The thread keeps Playwright's loop away from the loops that pytest gives to other tests. Nothing here bypasses the policy:
pages are looked at with `evaluate` only.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final

import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, Playwright, async_playwright

from tests.browser.stand import Stand

PATIENCE: Final = 60.0  # seconds; a busy machine is no failure
ARGUMENTS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)  # fmt: skip


class Stage:
    """A running browser and server.

    Attributes:
        url: Where the server is.
    """

    def __init__(self, pyodide: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="browser")
        self._thread.start()
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._left: list[Tab] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(Stand(pyodide), log_config=None, lifespan="off", ws="none"))
        self._serving = asyncio.run_coroutine_threadsafe(self._server._serve([self._listening]), self._loop)
        try:
            self.run(self._open())
        except BaseException:
            self.close()
            raise

    def run(self, work: Coroutine[Any, Any, Any], within: float = PATIENCE) -> Any:
        """Do `work` in the browser's thread and return what it returns."""
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, within), self._loop).result()

    def open(self, address: str = "/pages/empty.html") -> Tab:
        """Open a page, or lead one there that a test has left: a new one takes most of a second."""
        tab = self._left.pop() if self._left else self.run(self._tab())
        tab.visit(address)
        return tab

    def leave(self, tab: Tab) -> None:
        """Give back a page; its workers end with the next visit, at the latest."""
        self._left.append(tab)

    def close(self) -> None:
        """End the browser, the server and the thread."""
        try:
            self.run(self._shut())
            self._server.should_exit = True
            self._serving.result(PATIENCE)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(PATIENCE)
            self._loop.close()
            self._listening.close()

    async def _open(self) -> None:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        assert chromium, "the browser tests need Chromium: .ci/install brings it"
        self._playwright = await async_playwright().start()
        self._browser = await self._playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS), headless=True)

    async def _tab(self) -> Tab:
        assert self._browser is not None
        context = await self._browser.new_context()
        return Tab(self, context, await context.new_page())

    async def _shut(self) -> None:
        if self._browser is not None:
            await self._browser.close()
        if self._playwright is not None:
            await self._playwright.stop()


class Tab:
    """A page, what it asked the network for, what it wrote to the console, and what broke the policy."""

    def __init__(self, stage: Stage, context: BrowserContext, page: Page) -> None:
        self._stage = stage
        self._page = page
        self.requests: list[str] = []
        self.console: list[str] = []
        self.errors: list[str] = []
        context.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.console.append(message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def visit(self, address: str) -> None:
        """Go to an address of the server, and forget what was seen before."""
        self._stage.run(self._page.goto("about:blank"))
        for seen in (self.requests, self.console, self.errors):
            seen.clear()
        self._stage.run(self._page.goto(f"{self._stage.url}{address}"))

    def evaluate(self, function: str, argument: Any = None) -> Any:
        """Call a function of JavaScript in the page, and return what it returns when it is done."""
        return self._stage.run(self._page.evaluate(function, argument))

    def until(self, function: str, within: float = PATIENCE) -> Any:
        """Ask the page again and again until the function returns something true."""

        async def ask() -> Any:
            while not (found := await self._page.evaluate(function)):
                await asyncio.sleep(0.05)
            return found

        return self._stage.run(ask(), within)

    def click(self, name: str) -> None:
        """Press a button by what stands on it."""
        self._stage.run(self._page.get_by_role("button", name=name).click())

    @property
    def violations(self) -> list[str]:
        """What the browser said against the policy, of the page and of its workers."""
        return [text for text in self.console if "Content Security Policy" in text or "violates" in text]

    @property
    def strangers(self) -> list[str]:
        """Requests that left the server's origin."""
        return [url for url in self.requests if not url.startswith((f"{self._stage.url}/", "blob:", "data:"))]

    def close(self) -> None:
        """Leave the page to the next test."""
        self._stage.run(self._page.goto("about:blank"))
        self._stage.leave(self)
