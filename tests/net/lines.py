"""Lines without sockets, for tests of what is built on lines: a description is the name of the line that made it."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter, deque
from typing import Any

from rollback.errors import NetworkError
from rollback.net.transport import ignore


class Wires:
    """Makes lines, and joins the two whose descriptions were exchanged. `broken` says why no line opens."""

    def __init__(self) -> None:
        self.lines: dict[str, WireLine] = {}
        self.broken = ""
        self.silent = False  # lines are joined, and never open
        self.latency = 0.01  # seconds of a message of bulk; it is lost where a line ends meanwhile
        self.bulk_broken = ""  # why no line for bulk opens
        self.bulk_silent = False
        self._numbers = itertools.count()

    def make(self, options: Any = None, dropped: Counter[str] | None = None, peer_connection: Any = None) -> WireLine:
        line = WireLine(self, f"line {next(self._numbers)}")
        self.lines[line.name] = line
        return line

    def make_bulk(self, options: Any = None, dropped: Counter[str] | None = None, peer_connection: Any = None) -> WireLine:
        line = self.make()
        line.is_bulk = True
        return line

    @property
    def bulk_lines(self) -> list[WireLine]:
        """All lines for bulk there ever were."""
        return [line for line in self.lines.values() if line.is_bulk]

    def cut(self, reason: str = "cut", *, bulk: bool | None = None) -> None:
        """Let every open line fail on both sides, or only those for bulk, or only the others."""
        for line in self.lines.values():
            if bulk in (None, line.is_bulk):
                line.fail(reason)


class WireLine:
    def __init__(self, wires: Wires, name: str) -> None:
        self.on_open: Any = ignore
        self.on_lost: Any = ignore
        self.on_goodbye: Any = ignore
        self.on_datagram: Any = ignore
        self.on_blob: Any = ignore
        self.on_bulk: Any = ignore
        self.on_room: Any = ignore
        self.on_candidate: Any = ignore
        self.candidates: list[tuple[str, str]] = []
        self.is_bulk = False
        self.bulk_sent = 0  # messages
        self._late: deque[bytes] = deque()
        self.is_open = False
        self.is_closed = False
        self.goodbye: str | None = None
        self.name = name
        self.other: WireLine | None = None
        self.full = False
        self._wires = wires

    async def offer(self) -> str:
        if reason := self._broken:
            raise NetworkError(reason)
        return self.name

    @property
    def _broken(self) -> str:
        return self._wires.broken or (self.is_bulk and self._wires.bulk_broken) or ""

    async def answer(self, offer: str) -> str:
        if self._broken or offer not in self._wires.lines:
            raise NetworkError(self._broken or f"{offer!r} is no description")
        self.other = self._wires.lines[offer]
        return self.name

    async def accept(self, answer: str) -> None:
        if answer not in self._wires.lines:
            raise NetworkError(f"{answer!r} is no description")
        self.other = self._wires.lines[answer]
        if self._wires.silent or (self.is_bulk and self._wires.bulk_silent):
            return
        for line in (self, self.other):
            line.is_open = True
            asyncio.get_running_loop().call_soon(lambda line=line: line.on_open())

    def add_candidate(self, candidate: str, mid: str) -> None:
        assert self.other is not None, "before the description"
        self.candidates.append((candidate, mid))

    def send(self, datagram: bytes) -> bool:
        if not self.is_open or self.full:
            return False
        asyncio.get_running_loop().call_soon(lambda: self.other.on_datagram(datagram))
        return True

    def send_blob(self, blob: bytes) -> bool:
        if not self.is_open:
            return False
        asyncio.get_running_loop().call_soon(lambda: self.other.on_blob(blob))
        return True

    def send_bulk(self, message: bytes) -> bool:
        if not self.is_open or self.full:
            return False
        self.bulk_sent += 1
        self._late.append(message)
        asyncio.get_running_loop().call_later(self._wires.latency, self._deliver)
        return True

    def _deliver(self) -> None:
        message = self._late.popleft()  # timers that are due together run in any order
        if self.is_open and self.other.is_open:
            self.other.on_bulk(message)

    def fail(self, reason: str) -> None:
        if self.is_open:
            self.is_open = False
            self.on_lost(reason)

    async def close(self, goodbye: str | None = None) -> None:
        if self.is_closed:
            return
        self.is_closed = True
        was_open, self.is_open = self.is_open, False
        if goodbye is not None and was_open:
            self.goodbye = goodbye
            self.other.on_goodbye(goodbye)
        await asyncio.sleep(0)
        if self.other is not None:
            self.other.fail("the other side closed the connection")
