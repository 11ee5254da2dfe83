"""Hands a room's feed to all who watch, several times a second, and lets everything else go first. Knows no rules."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from signaling.feed import Feed, Reader

__all__ = ["FanOut", "Outlet"]

EVERY: Final = 0.05  # seconds between two rounds; an upload after a quiet moment goes out at once
PIECE: Final = 64 * 1024  # bytes a reader is written at once: so much of the server's memory may wait for it
PIECES: Final = 8  # such pieces a reader that takes them gets in one round: 10 MiB a second
READERS: Final = 8  # written to before others may do something: about a tenth of a millisecond
BYTES: Final = 256 * 1024  # and at most so many
SPREAD: Final = 0.02  # seconds over which a round is spread: a burst to all at once would hold up datagrams behind it
FORGET_AFTER: Final = 5.0  # seconds without news


class Outlet(Protocol):
    """A reader's connection."""

    @property
    def key(self) -> str:
        """Its name, never used twice."""

    def can_push(self) -> bool:
        """Tell whether everything before is on its way."""

    def push(self, frames: bytes) -> None:
        """Write framed bytes."""


class FanOut:
    """The rounds of one room; `run` ends by itself when there is no news for a while.

    Args:
        feed: What is handed out.
        outlets: Returns the connections of all who watch now.

    Attributes:
        is_running: Whether `run` runs; where not, it is to be started after `tell`.
    """

    def __init__(self, feed: Feed, outlets: Callable[[], Iterable[Outlet]]) -> None:
        self.feed = feed
        self._outlets = outlets
        self._readers: dict[str, Reader] = {}
        self._news = asyncio.Event()
        self._is_over = False
        self.is_running = False

    def tell(self) -> None:
        """Say that there is something new, or somebody."""
        self._news.set()

    def restart(self, key: str) -> None:
        """Hand a reader all of it once more: it threw away what it was given, or watches another match by now."""
        self._readers[key] = Reader()

    def end(self) -> None:
        """Stop: the match is over, or the room is gone."""
        self._is_over = True

    async def run(self) -> None:
        """Go round as long as there is news."""
        clock = asyncio.get_running_loop().time
        self.is_running = True
        try:
            while not self._is_over:
                async with asyncio.timeout(FORGET_AFTER):
                    await self._news.wait()
                self._news.clear()
                began = clock()
                if await self._round():
                    self._news.set()  # somebody has not all of it yet
                await asyncio.sleep(max(0.0, began + EVERY - clock()))
        except TimeoutError:
            pass
        finally:
            self.is_running = False

    async def _round(self) -> bool:
        """Give every reader what it takes; return whether any could not take it all."""
        outlets = list(self._outlets())
        known = self._readers
        self._readers = {outlet.key: known.get(outlet.key) or Reader() for outlet in outlets}
        clock = asyncio.get_running_loop().time
        began, behind = clock(), False
        written = 0
        for number, outlet in enumerate(outlets, 1):
            reader = self._readers[outlet.key]
            for _ in range(PIECES):
                if not outlet.can_push():
                    behind = True
                    break
                frames = self.feed.next_for(reader, PIECE)
                if not frames:
                    break
                outlet.push(frames)
                written += len(frames)
            else:
                behind = True
            if number % READERS == 0 or written > BYTES:
                written = 0
                # By the clock: on a busy machine every sleep is late, and the delays of many would add up.
                ahead = began + SPREAD * number / len(outlets) - clock()
                await asyncio.sleep(ahead if ahead > 0 and number < len(outlets) else 0)
        return behind
