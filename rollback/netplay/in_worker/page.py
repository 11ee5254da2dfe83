"""What a page says while a match runs: keys, whether it is seen, pause, again, leave; and the way to it. Knows no game."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Protocol

from rollback.core.session import P2PSession
from rollback.netplay.in_worker.page_hands import PageHands
from rollback.netplay.in_worker.pauses import Pauses
from rollback.netplay.in_worker.screen import Screen
from rollback.netplay.in_worker.standing import Stood
from rollback.netplay.stopping import unless

__all__ = ["Page", "Port"]


class Port(Protocol):
    """The worker's end of the way to its page; see `rollback.net.page_port.PagePort`."""

    def post(self, message: dict[str, Any], data: bytes | None = None) -> None:
        """Post a message, with bytes beside it."""

    def on(self, kind: str, handler: Callable[[dict[str, Any], bytes | None], None] | None, /) -> None:
        """Call `handler` with each message of that kind, those that wait first; None: let them wait."""


class Page:
    """The page, for all the matches of a worker.

    Args:
        port: The way to it.
        clock: Seconds, monotonic.

    Attributes:
        post: Posts a message to it.
        clock: As given.
        stop: Set once the page wants no more of what runs.
    """

    def __init__(self, port: Port, clock: Callable[[], float] = time.monotonic) -> None:
        self.post = port.post
        self.clock = clock
        self.stop = asyncio.Event()
        self._again = asyncio.Event()
        self._hands: PageHands | None = None
        self._screen: Screen | None = None
        self._pauses: Pauses | None = None
        self._held: Any = ()
        self._is_visible = True
        port.on("keys", self._keys)
        port.on("visible", self._visible)
        port.on("pause", self._pause)
        port.on("again", lambda message, data: self._again.set())

    def begin(self, stop: asyncio.Event) -> None:
        """Something new begins, to be stopped by `stop`: what was said to what ran before counts no more."""
        self.stop = stop
        self._again = asyncio.Event()

    def show(
        self,
        screen: Screen,
        hands: PageHands | None,
        *,
        max_pause: float | None = None,
        max_wait: float | None = None,
        stood: Callable[[Stood], object] = lambda stood: None,
    ) -> None:
        """Let a match be seen and played from now on; for the limits see `Pauses`."""
        self._screen, self._hands = screen, hands
        by_turns = hands is not None and hands.by_turns
        self._pauses = Pauses(
            screen.waits, screen.tell, limit=max_pause, by_turns=by_turns, most=max_wait, stood=stood
        )  # fmt: skip
        self._again.clear()
        screen.is_visible = self._is_visible
        if hands is not None:
            hands.hold(self._held)

    def look(self, session: P2PSession, *, is_waiting: bool = False) -> None:
        """Pause or resume, if the page asked for it since the last look, and wait for others no longer than the limits say."""
        if self._pauses is not None:
            self._pauses.look(session, self.clock(), is_waiting=is_waiting)

    def ended(self) -> None:
        """The match has ended."""
        if self._pauses is not None:
            self._pauses.end()

    async def wants_again(self) -> bool:
        """Wait until the page wants another match, or no more of it; return which."""
        return await unless(self.stop, self._again_wait())

    async def _again_wait(self) -> None:
        await self._again.wait()

    def _keys(self, message: dict[str, Any], data: bytes | None) -> None:
        self._held = message.get("held")
        if self._hands is not None:
            self._hands.hold(self._held)

    def _visible(self, message: dict[str, Any], data: bytes | None) -> None:
        self._is_visible = message.get("visible") is not False
        if self._screen is not None:
            self._screen.is_visible = self._is_visible

    def _pause(self, message: dict[str, Any], data: bytes | None) -> None:
        if self._pauses is not None:
            self._pauses.press()
