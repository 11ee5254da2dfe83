"""Where the JavaScript of a worker comes into Python: makes the port and the match behind it. Knows Pyodide's event loop."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import Callable
from typing import Any, Final

from rollback.core.session import P2PSession
from rollback.net.page_lobby import PageLobby
from rollback.net.page_port import PagePort
from rollback.netplay.in_worker.late_timers import allow_late_timers
from rollback.netplay.in_worker.match import Match
from rollback.netplay.in_worker.pictures import picture_of
from rollback.netplay.in_worker.results import failed_message
from rollback.netplay.seats import config_for
from rollback.types import Local

__all__ = ["start"]

MOST_TOLD: Final = 20  # errors that escaped: one in every frame is told often enough by these
WARM: Final = 3  # frames: after these everything on the way of a frame was imported and run once


def start(post: Callable[[str, Any], object], offers: str) -> PagePort:
    """Return the port, ready for messages; from now on matches are played on the running event loop.

    Args:
        post: Takes a text, and bytes or None, to the page.
        offers: The games that the lobby offers, by name, as JSON.
    """
    allow_late_timers(asyncio.get_event_loop())
    port = PagePort(post)
    Match(port, lambda: PageLobby(port), json.loads(offers))
    asyncio.get_event_loop().set_exception_handler(_Teller(port).tell)
    _warm()
    gc.freeze()  # all the modules: to look through them took 180 ms, at the beginning of the first match
    return port


class _Teller:
    """Tells the page of what escaped: in a worker nobody reads what Python prints."""

    def __init__(self, port: PagePort) -> None:
        self._port = port
        self._told = 0

    def tell(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Take what an event loop says of an error, see `asyncio.loop.call_exception_handler`."""
        self._told += 1
        if self._told > MOST_TOLD:
            return
        error = context.get("exception")
        if isinstance(error, BaseException):
            self._port.post(failed_message(error))
        else:
            self._port.post({"tell": "failed", "name": "Error", "message": str(context.get("message", "")), "traceback": ""})


def _warm() -> None:
    """Play a few frames of nothing, so that the first frames of a match are not late."""
    from rollback.games import Pong

    game = Pong()
    session = P2PSession(game, [Local(), Local()], config_for(game, "warm"))
    for _ in range(WARM):
        session.tick({0: game.idle(0), 1: game.idle(1)}, now=time.monotonic())
        session.stats()
        picture_of(game)
