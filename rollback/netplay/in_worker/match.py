"""The matches of a page, one after another: asked for, played or watched, told when they fail. Knows a port; no browser."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from rollback.net.page_lobby import PageLobby
from rollback.netplay.in_worker.alone import play_alone
from rollback.netplay.in_worker.in_room import play_in_room, watch_room
from rollback.netplay.in_worker.offered_games import OfferedGames
from rollback.netplay.in_worker.page import Page, Port
from rollback.netplay.in_worker.results import failed_message
from rollback.netplay.in_worker.wishes import Wishes
from rollback.netplay.stopping import unless

__all__ = ["Match"]


class Match:
    """Listens to a page from now on, and plays what it asks for.

    Args:
        port: The way to the page.
        lobby: Makes the room that the page is in, or will be in; it is closed when the page leaves.
        offers: The games that the lobby offers, by name; see `OfferedGames`.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        port: Port,
        lobby: Callable[[], PageLobby],
        offers: Mapping[str, Any] | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._port = port
        self._page = Page(port, clock)
        self._stop = self._page.stop
        self._make_lobby = lobby
        self._lobby: PageLobby | None = None
        self._games = OfferedGames(offers)
        self._running: asyncio.Task[None] | None = None
        port.on("begin", self._begin)
        port.on("leave", self._leave)

    async def wait(self) -> None:
        """Return when nothing runs."""
        while self._running is not None and not self._running.done():
            await asyncio.gather(self._running, return_exceptions=True)

    def _begin(self, message: dict[str, Any], data: bytes | None) -> None:
        self._stop.set()  # a page that begins something new wants no more of what runs
        self._stop = asyncio.Event()
        if self._lobby is not None and self._lobby.lost:
            self._lobby = None
            self._port.on("lobby", None)  # what comes from now on is another room's, and waits for it
        self._then(self._run(message, data, self._stop))

    def _leave(self, message: dict[str, Any], data: bytes | None) -> None:
        self._stop.set()
        self._then(self._part())

    def _then(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work once what runs is done."""
        self._running = asyncio.ensure_future(self._after(self._running, work))

    async def _after(self, before: asyncio.Task[None] | None, work: Coroutine[Any, Any, None]) -> None:
        if before is not None:
            await asyncio.gather(before, return_exceptions=True)
        await work

    async def _run(self, message: Mapping[str, Any], data: bytes | None, stop: asyncio.Event) -> None:
        self._page.begin(stop)
        try:
            wishes = Wishes.of(message, data)
            with tempfile.TemporaryDirectory(prefix="rollback-") as folder:
                await self._do(wishes, Path(folder))
        except Exception as error:  # whatever it is, the page shows it: nobody else is there to see it
            self._page.post(failed_message(error))

    async def _do(self, wishes: Wishes, folder: Path) -> None:
        page = self._page
        if wishes.mode == "solo":
            await play_alone(page, wishes, self._games, folder)
            return
        if self._lobby is None:
            self._lobby = self._make_lobby()
        lobby = self._lobby
        if not await unless(page.stop, lobby.entered()):
            return
        go = play_in_room if wishes.mode == "play" else watch_room
        await go(page, wishes, self._games, lobby, folder)

    async def _part(self) -> None:
        lobby, self._lobby = self._lobby, None
        is_over = lobby is None or bool(lobby.lost)
        if lobby is not None:
            await lobby.close()
        if is_over:
            self._page.post({"tell": "leaveLobby"})  # a page that leaves waits for the answer
