"""The studio's page with a studio that acts as the test says: real files, real headers, real Socket.IO. Trains nothing."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import socketio
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from rollback.studio.assets import asset_routes
from rollback.studio.pages import SafeHeaders, page_routes
from signaling.assets import CHARTS, find_assets
from tests.browser.stage import Chromium, Tab

ALGORITHM: Final = {
    "name": "q-learning",
    "environments": ["gridworld?layout=rooms", "gridworld?layout=halls"],
    "parameters": [
        {"name": "learning_rate", "default": 0.5, "least": 0.001, "greatest": 1, "choices": [], "help": "How far"},
        {"name": "kind", "default": "a", "least": None, "greatest": None, "choices": ["a", "b"], "help": "", "whole": False},
        {"name": "field", "default": 6, "least": 4, "greatest": 20, "choices": [], "help": "Rows", "whole": True},
    ],
    "problem": "",
}  # fmt: skip
OTHER: Final = {"name": "cross-entropy", "environments": ["tetris"], "parameters": [], "problem": ""}
BROKEN: Final = {"name": "sb3-ppo", "environments": [], "parameters": [], "problem": "stable-baselines3 is not installed"}
GRID: Final = {
    "kind": "gridworld", "layout": "rooms", "width": 5, "height": 4, "cells": ["#####", "#...#", "#a.A#", "#####"],
    "agent": [1, 1], "goal": [3, 1], "trail": [[2, 1], [1, 1]], "values": [None] * 20, "arrows": [0] * 20,
    "held": "", "open": "", "reward": -2.0, "length": 3,
}  # fmt: skip
LEARNED: Final = {**GRID, "values": [None] * 6 + [1.0, 5.0] + [None] * 12, "arrows": [0] * 6 + [4, 4] + [0] * 12}


def run(name: str = "rooms-1", state: str = "running", **changes: Any) -> dict[str, Any]:
    """Return a run as the studio tells it."""
    facts = {"algo": "q-learning", "env": "gridworld?layout=rooms", "seed": 1, "episodes": 0, "speed": "full", "started": 1.0}
    parameters = {"learning_rate": 0.25, "kind": "b", "field": 8}
    figures = {"episode": 3, "step": 40, "epsilon": 0.5, "steps_per_second": 1000.0, "reward": 1.5, "generation": 0}
    told = {"run": name, "state": state, "reason": "", "last_words": [], "parameters": parameters, **facts, **figures}
    return {**told, **changes}


def rows(first: int, last: int, **further: float) -> list[list[Any]]:
    """Return points of episodes: reward the episode's number, ten steps each."""
    return [[each, 10 * each, float(each), 10, 0.5, *([further] if further else [])] for each in range(first, last + 1)]


class ActingStudio:
    """A studio, in the thread of a browser.

    Args:
        browser: Whose.
        has_charts: Whether it has uPlot to give away.
        token: What a page must bring along.

    Attributes:
        answers: What a command is answered, by name; `{"ok": True}` unless set.
        snapshot: What a page is told first.
        acknowledged: How many events of each name pages have acknowledged.
        tokens: What pages brought along.
    """

    def __init__(self, browser: Chromium, *, has_charts: bool = True, token: str = "") -> None:
        self._browser = browser
        self._token = token
        self._files = find_assets(wanted=[CHARTS]).files if has_charts else {}
        self._tabs: list[Tab] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.clear()
        browser.run(self._start())

    def clear(self) -> None:
        """Forget what was asked and set."""
        self.answers: dict[str, Any] = {"preview": {"ok": True, "picture": GRID}, "watch": {"ok": True, "checkpoints": []}}
        self.answers["checkpoints"] = {"ok": True, "checkpoints": []}
        self.snapshot: dict[str, Any] = {"algorithms": [ALGORITHM, OTHER, BROKEN], "limits": {"runs": 4}, "runs": []}
        self.acknowledged: Counter[str] = Counter()
        self.tokens: list[str] = []
        self._asked: list[tuple[str, Any]] = []

    def run(self, work: Any, within: float = 60.0) -> Any:
        """Do `work` in the thread of browser and studio."""
        return self._browser.run(work, within)

    def open(self, **snapshot: Any) -> Tab:
        """Open the page with changes to the snapshot, and wait until it is told."""
        self.snapshot |= snapshot
        if not self._tabs:
            self._tabs.append(self.run(self._tab()))
        tab = self._tabs[0]
        tab.visit("/")
        tab.until("() => window.studio?.facts().snapshots > 0" if not self._token else "() => 'studio' in window")
        return tab

    def tell(self, event: str, payload: Any, *, wants_answer: bool = False) -> None:
        """Send an event to all pages."""

        async def send() -> None:
            for sid in list(self._sids):
                done = (lambda *_: self.acknowledged.update([event])) if wants_answer else None
                await self._server.emit(event, payload, to=sid, callback=done)

        self.run(send())

    def asked(self, command: str) -> list[Any]:
        """Return the fields of each command of that name."""

        async def look() -> list[Any]:
            return [fields for name, fields in self._asked if name == command]

        return list(self.run(look()))

    def drop(self) -> None:
        """End all connections."""

        async def end() -> None:
            for sid in list(self._sids):
                await self._server.disconnect(sid)

        self.run(end())

    def close(self) -> None:
        """Close the page, and serve no more."""
        for tab in self._tabs:
            self.run(tab.end())

        async def end() -> None:
            for task in list(self._tasks):
                task.cancel()
            self._web.should_exit = True
            await self._serving

        self.run(end())
        self._listening.close()

    def _assets(self) -> Mapping[str, Path]:
        return {path.name: path for path in self._files.values()}

    async def _tab(self) -> Tab:
        context = await self._browser.context()
        return Tab(self, context, await context.new_page())  # type: ignore[arg-type]

    async def _start(self) -> None:
        self._sids: set[str] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._server = socketio.AsyncServer(async_mode="asgi", transports=["websocket"], cors_allowed_origins=[])
        self._server.eio.start_background_task = self._begin  # the library forgets its tasks
        self._server.on("connect", self._connected)
        self._server.on("disconnect", self._disconnected)
        self._server.on("*", self._commanded)
        door = Mount("/socket.io", app=socketio.ASGIApp(self._server, socketio_path=None))
        app = SafeHeaders(Starlette(routes=[*asset_routes(self._assets), door, *page_routes()]))
        self._web = uvicorn.Server(
            uvicorn.Config(app, log_config=None, lifespan="off", ws="wsproto", timeout_graceful_shutdown=1)
        )
        self._serving = asyncio.ensure_future(self._web._serve([self._listening]))

    def _begin(self, target: Any, *arguments: Any, **named: Any) -> asyncio.Task[Any]:
        task = asyncio.ensure_future(target(*arguments, **named))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _connected(self, sid: str, _: Any, auth: Any = None) -> None:
        token = (auth or {}).get("token", "")
        self.tokens.append(token)
        if token != self._token:
            raise socketio.exceptions.ConnectionRefusedError("the studio needs its token: <b>take</b> the address")
        self._sids.add(sid)
        self._begin(self._welcome, sid)

    async def _welcome(self, sid: str) -> None:
        await asyncio.sleep(0.01)  # until the page is told that it is connected
        await self._server.emit("snapshot", self.snapshot, to=sid, callback=lambda *_: self.acknowledged.update(["snapshot"]))

    async def _disconnected(self, sid: str, _: str) -> None:
        self._sids.discard(sid)

    async def _commanded(self, event: str, sid: str, fields: Any = None) -> Any:
        self._asked.append((event, fields))
        return self.answers.get(event, {"ok": True, **(fields or {})})
