"""A Chromium for many tests, in a thread with an event loop of its own, and a server beside it.

The thread keeps Playwright's loop away from the loops that pytest gives to other tests. Nothing here bypasses the policy:
pages are looked at with `evaluate` only.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final

import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, Playwright, async_playwright

from tests.browser.stand import Stand

PATIENCE: Final = 60.0  # seconds; a busy machine is no failure
ARGUMENTS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions",
    # What ends in .local are the names that Chromium gives its own addresses: it asks itself for them.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE *.local",
)  # fmt: skip

# What a page of ours shows and knows; the picture and the replay are left out.
_STATE: Final = """() => {
    const shown = (id) => document.getElementById(id)?.checkVisibility() ? document.getElementById(id).innerText : null;
    const { picture, ended, ...facts } = window.client?.facts?.() ?? {};
    const { screen, study } = document.body.dataset;
    const [alert, loading] = ["alert-text", "loading"].map(shown);
    return JSON.stringify({ address: location.href, alert, loading, screen, study, facts });
}"""


class Chromium:
    """A running browser.

    Args:
        url: Where the server is that its pages are of.
        program: What is run; None: the Chromium of this machine.

    Attributes:
        url: The server.
    """

    def __init__(self, url: str, program: Path | None = None) -> None:
        self.url = url
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="browser")
        self._thread.start()
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._shared: BrowserContext | None = None
        self._left: list[Tab] = []
        try:
            self.run(self._open(str(program or chromium())))
        except BaseException:
            self.close()
            raise

    def run(self, work: Coroutine[Any, Any, Any], within: float = PATIENCE) -> Any:
        """Do `work` in the browser's thread and return what it returns."""
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, within), self._loop).result()

    def open(self, address: str = "/pages/empty.html") -> Tab:
        """Open a page, or lead one there that a test has left: a new one takes most of a second."""
        tab = self._left.pop() if self._left else self.new_tab()
        tab.visit(address)
        return tab

    def new_tab(self, *, shared: bool = False) -> Tab:
        """Open an empty page in a window of its own, which shares nothing with other ones, or else in the common one.

        There pages have one cache and one storage, as those of one person do, but each its own session; Python starts in a
        fifth of the time.
        """
        return self.run(self._tab(shared))

    def leave(self, tab: Tab) -> None:
        """Give back a page; its workers end with the next visit, at the latest."""
        self._left.append(tab)

    def close(self) -> None:
        """End the browser and its thread."""
        try:
            self.run(self._shut())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(PATIENCE)
            self._loop.close()

    async def _open(self, program: str) -> None:
        self._playwright = await async_playwright().start()
        self._browser = await self._playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS), headless=True)

    async def context(self) -> BrowserContext:
        """Return a window whose pages share nothing with those of others."""
        assert self._browser is not None
        return await self._browser.new_context()

    async def _tab(self, shared: bool) -> Tab:
        if shared and self._shared is None:
            self._shared = await self.context()
        context = self._shared if shared and self._shared is not None else await self.context()
        return Tab(self, context, await context.new_page(), is_shared=shared)

    async def _shut(self) -> None:
        if self._browser is not None:
            await self._browser.close()
        if self._playwright is not None:
            await self._playwright.stop()


class Stage(Chromium):
    """A running browser, and the server of the tests in its thread.

    Attributes:
        stand: What the server serves.
    """

    def __init__(self, pyodide: Path) -> None:
        self._serving: Future[None] | None = None
        self._listening = socket.create_server(("127.0.0.1", 0))
        super().__init__(f"http://127.0.0.1:{self._listening.getsockname()[1]}")
        self.stand = Stand(pyodide)
        self._server = uvicorn.Server(uvicorn.Config(self.stand, log_config=None, lifespan="off", ws="none"))
        self._serving = asyncio.run_coroutine_threadsafe(self._server._serve([self._listening]), self._loop)

    def close(self) -> None:
        """End the browser, the server and the thread."""
        super().close()
        self._listening.close()

    async def _shut(self) -> None:
        await super()._shut()
        if self._serving is not None:
            self._server.should_exit = True
            await asyncio.wrap_future(self._serving)


def chromium() -> str:
    """Return where this machine has Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "the browser tests need Chromium: .ci/install brings it"
    return found


class Tab:
    """A page, what it asked the network for, what it wrote to the console, and what broke the policy."""

    def __init__(self, stage: Chromium, context: BrowserContext, page: Page, *, is_shared: bool = False) -> None:
        self._stage = stage
        self._context = context
        self._is_shared = is_shared
        self._page = page
        self.requests: list[str] = []
        self.console: list[str] = []
        self.errors: list[str] = []
        self.sockets: list[str] = []
        context.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.console.append(message.text))
        page.on("websocket", lambda socket: self.sockets.append(socket.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def visit(self, address: str) -> None:
        """Go to an address of the server, and forget what was seen before."""
        self._stage.run(self._page.goto("about:blank"))
        for seen in (self.requests, self.console, self.errors, self.sockets):
            seen.clear()
        self._stage.run(self._page.goto(f"{self._stage.url}{address}"))

    def evaluate(self, function: str, argument: Any = None) -> Any:
        """Call a function of JavaScript in the page, and return what it returns when it is done."""
        return self._stage.run(self._page.evaluate(function, argument))

    def until(self, function: str, within: float = PATIENCE) -> Any:
        """Ask the page again and again until the function returns something true.

        Raises:
            TimeoutError: It did not, and this is what the page shows and knows.
        """

        async def ask() -> Any:
            while not (found := await self._page.evaluate(function)):
                await asyncio.sleep(0.05)
            return found

        try:
            return self._stage.run(ask(), within)
        except TimeoutError:
            raise TimeoutError(f"not within {within:g} s: {function}\n{self.state()}") from None

    def state(self) -> str:
        """Return what the page shows and knows, for who waits for it in vain."""
        try:
            seen = self._stage.run(self._page.evaluate(_STATE), 10.0)
        except Exception as error:
            seen = f"the page does not answer: {error!r}"
        return f"{seen}\nerrors: {self.errors}\nconsole: {self.console[-5:]}\nlast requests: {self.requests[-3:]}"

    def click(self, name: str, *, exact: bool = False) -> None:
        """Press a button by what stands on it, or by a part of that."""
        self._stage.run(self._page.get_by_role("button", name=name, exact=exact).click())

    def choose(self, selector: str, value: str) -> None:
        """Choose something of a list."""
        self._stage.run(self._page.select_option(selector, value))

    def pick(self, selector: str, name: str, content: bytes) -> None:
        """Pick a file, as its user does who has it on disk."""
        file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        self._stage.run(self._page.set_input_files(selector, file))

    def prepare(self, script: str) -> None:
        """Run a script in each page that this tab shows from now on, before the page's own."""
        self._stage.run(self._page.add_init_script(script))

    def press(self, key: str, *, down: bool) -> None:
        """Press a key of the keyboard, or let it go."""
        keyboard = self._page.keyboard
        self._stage.run(keyboard.down(key) if down else keyboard.up(key))

    def screenshot(self, path: Path) -> None:
        """Write down what the page looks like, outside of the repository."""
        self._stage.run(self._page.screenshot(path=path))

    @property
    def violations(self) -> list[str]:
        """What the browser said against the policy, of the page and of its workers."""
        return [text for text in self.console if "Content Security Policy" in text or "violates" in text]

    @property
    def strangers(self) -> list[str]:
        """Requests that left the server's origin."""
        own = self._stage.url.removeprefix("http")
        allowed = (f"http{own}/", f"ws{own}/", "blob:", "data:")
        return [url for url in [*self.requests, *self.sockets] if not url.startswith(allowed)]

    def crash(self) -> None:
        """Kill the process of the page: it says goodbye to nobody."""
        self._stage.run(self._crash())

    def reload(self) -> None:
        """Load the page again, as the button of a browser does; what was seen is kept."""
        self._stage.run(self._page.reload())

    def close(self) -> None:
        """Leave the page to the next test."""
        self._stage.run(self._page.goto("about:blank"))
        self._stage.leave(self)

    async def _crash(self) -> None:
        crashed = asyncio.Event()
        self._page.on("crash", lambda _: crashed.set())
        session = await self._context.new_cdp_session(self._page)
        asked = asyncio.ensure_future(session.send("Page.crash"))  # which is never answered
        await crashed.wait()
        asked.cancel()

    async def end(self) -> None:
        """Close the page, and its window if that is its own."""
        await self._page.close()
        if not self._is_shared:
            await self._context.close()
