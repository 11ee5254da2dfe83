"""Lines without sockets, for tests of what is built on lines: a description is the name of the line that made it."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from typing import Any

from rollback.errors import NetworkError
from rollback.net.transport import ignore


class Wires:
    """Makes lines, and joins the two whose descriptions were exchanged. `broken` says why no line opens."""

    def __init__(self) -> None:
        self.lines: dict[str, WireLine] = {}
        self.broken = ""
        self.silent = False  # lines are joined, and never open
        self._numbers = itertools.count()

    def make(self, options: Any = None, dropped: Counter[str] | None = None) -> WireLine:
        line = WireLine(self, f"line {next(self._numbers)}")
        self.lines[line.name] = line
        return line

    def cut(self, reason: str = "cut") -> None:
        """Let every open line fail on both sides."""
        for line in self.lines.values():
            line.fail(reason)


class WireLine:
    def __init__(self, wires: Wires, name: str) -> None:
        self.on_open: Any = ignore
        self.on_lost: Any = ignore
        self.on_goodbye: Any = ignore
        self.on_datagram: Any = ignore
        self.on_blob: Any = ignore
        self.is_open = False
        self.is_closed = False
        self.goodbye: str | None = None
        self.name = name
        self.other: WireLine | None = None
        self.full = False
        self._wires = wires

    async def offer(self) -> str:
        if self._wires.broken:
            raise NetworkError(self._wires.broken)
        return self.name

    async def answer(self, offer: str) -> str:
        if self._wires.broken or offer not in self._wires.lines:
            raise NetworkError(self._wires.broken or f"{offer!r} is no description")
        self.other = self._wires.lines[offer]
        return self.name

    async def accept(self, answer: str) -> None:
        if answer not in self._wires.lines:
            raise NetworkError(f"{answer!r} is no description")
        self.other = self._wires.lines[answer]
        if self._wires.silent:
            return
        for line in (self, self.other):
            line.is_open = True
            asyncio.get_running_loop().call_soon(lambda line=line: line.on_open())

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
