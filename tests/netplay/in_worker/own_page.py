"""A page for one worker, without a room: what it was told, by kind, with the bytes beside it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from rollback.net.page_lobby import PageLobby
from rollback.net.page_port import PagePort
from rollback.netplay.in_worker.match import Match
from tests.netplay.peers import until
from tests.netplay.quick_time import now


class OwnPage:
    """Attributes: told: every message, its bytes under `data`."""

    def __init__(self, offers: dict[str, Any] | None = None) -> None:
        self.told: list[dict[str, Any]] = []
        self.port = PagePort(self._take)
        self.match = Match(self.port, lambda: PageLobby(self.port), offers, clock=now)

    def _take(self, text: str, data: bytes | None) -> None:
        self.told.append(json.loads(text) | ({} if data is None else {"data": data}))

    def say(self, do: str, data: bytes | None = None, **fields: Any) -> None:
        asyncio.get_running_loop().call_soon(self.port.take, json.dumps({"do": do, **fields}), data)

    def all(self, tell: str) -> list[dict[str, Any]]:
        return [each for each in self.told if each["tell"] == tell]

    def last(self, tell: str) -> dict[str, Any]:
        return self.all(tell)[-1]

    async def has(self, tell: str, count: int = 1) -> dict[str, Any]:
        await until(lambda: len(self.all(tell)) >= count)
        return self.all(tell)[count - 1]

    async def leave(self) -> None:
        self.say("leave")
        await self.has("leaveLobby")
        await self.match.wait()
