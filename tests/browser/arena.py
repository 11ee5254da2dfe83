"""A real server, a real Chromium and native peers, together in a network of their own. Knows no game and no page.

Playwright stays outside: it speaks with its Chromium through a pipe. Everything else is a process of its own in there.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rollback.net.lobby_tokens import STATE_VARIABLE
from tests.browser.namespace import Network
from tests.browser.stage import Chromium, Tab, chromium
from tests.network.program import PROGRAM, Program

_PORT: Final = 8123  # nobody else is in this network
_OTHER_LOBBY: Final = Path(__file__).with_name("other_lobby.py")


class Arena:
    """A network with a browser in it, and a server that can be ended and started again.

    Args:
        folder: Where files of its processes go.

    Attributes:
        network: The network.
        browser: The browser.
        server: The server's process.
        room: The room that the server opened when it started last.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._programs: list[Program] = []
        self._tabs: list[Tab] = []
        self._served: tuple[bool | str, ...] = ()  # how the server was started
        self._is_chosen = False  # the server is the one that this test wants
        self.server: Program | None = None
        self.room = ""
        self.network = Network()
        try:
            program = self.network.program(chromium(), folder / "chromium")
            self.browser = Chromium(f"http://127.0.0.1:{_PORT}", program)
        except BaseException:
            self.network.close()
            raise

    @property
    def url(self) -> str:
        """Where the server is."""
        return self.browser.url

    def serve(self, *options: str, lobby: bool = False, fresh: bool = True) -> str:
        """Start `rollback serve` in place of the server before it, and return the code of its room.

        Args:
            options: More options of it.
            lobby: Start `tests/browser/other_lobby.py` instead, whose options these are.
            fresh: Start it also where the same one runs already.
        """
        wish = (lobby, *options)
        is_there = self.server is not None and self.server.process.poll() is None and self._served == wish
        self._is_chosen = True
        if is_there and not fresh:
            return self.room
        self.stop()
        self._served = wish
        words = [sys.executable, str(_OTHER_LOBBY)] if lobby else [*PROGRAM, "serve", "--json"]
        self.server = self._start(*words, "--port", str(_PORT), *options)
        self.server.wait_for(r"\{.*\}\n", where="out")
        self.room = json.loads(self.server.out)["room"]
        return self.room

    def stop(self) -> None:
        """Kill the server, if there is one."""
        if self.server is not None:
            self.server.close()
            self.server = None

    def open(self, address: str = "/", *, before: str = "", shared: bool = False) -> Tab:
        """Open a page of the server, `rollback serve` unless another one runs, in a tab with a session of its own.

        Args:
            address: The page.
            before: JavaScript that runs in each document of the tab before the page's own.
            shared: Take the common window, in which Python starts in a fifth of the time once it was started there.
        """
        self._be_served()
        tab = self.browser.new_tab(shared=shared)
        self._tabs.append(tab)
        if before:
            tab.prepare(before)
        tab.visit(address)
        return tab

    @property
    def renderers(self) -> list[int]:
        """The processes that run pages; the browser's own windows are pages too, and are left out."""
        commands = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in self.network.members}
        return [pid for pid, words in commands.items() if b"--type=renderer" in words and b"--top-chrome" not in words]

    def leave(self, tab: Tab) -> None:
        """Close a tab as its user does; it must have been well-behaved."""
        self._tabs.remove(tab)
        self._end([tab])

    def end_pages(self) -> None:
        """Close all pages, and hold that each of them was well-behaved."""
        tabs, self._tabs = self._tabs, []
        self._end(tabs)

    def forget_test(self) -> None:
        """The next test gets the ordinary server, whatever was left here, unless it starts another one."""
        self._is_chosen = False

    def _be_served(self) -> None:
        if self.server is None or not self._is_chosen:
            self.serve(fresh=False)

    def _end(self, tabs: list[Tab]) -> None:
        for tab in tabs:
            self.browser.run(tab.end())
        for tab in tabs:
            seen = {"violations": tab.violations, "strangers": tab.strangers, "errors": tab.errors}
            assert not any(seen.values()), seen

    @contextlib.contextmanager
    def other_browser(self, *options: str) -> Iterator[Chromium]:
        """Run another browser in the network, with options that the first one has not, for the length of a block."""
        self._be_served()
        program = self.network.program(chromium(), self._folder / "other-chromium", *options)
        browser = Chromium(self.url, program)
        try:
            yield browser
        finally:
            browser.close()

    @contextlib.contextmanager
    def peer(self, command: str, *arguments: str) -> Iterator[Program]:
        """Run `rollback play` or another command at this server for the length of a block."""
        running = self._start(*PROGRAM, command, *arguments, "--server", self.url)
        try:
            yield running
        finally:
            running.close()

    def close(self) -> None:
        """End everything, the network last."""
        try:
            self.browser.close()
        finally:
            for program in self._programs:
                program.close()
            self.network.close()

    def _start(self, *words: str) -> Program:
        environment = {STATE_VARIABLE: str(self._folder / "state"), "TMPDIR": str(self._folder)}
        program = Program(words=self.network.command(*words), environment=environment)
        self._programs.append(program)
        return program
