"""The window as the match sees it: pictures go there as fast as it paints, keys come back. Imports no pygame."""

from __future__ import annotations

import asyncio
from typing import Self

from rollback.cli.field import picture_of
from rollback.cli.pipes import Child
from rollback.errors import UsageError
from rollback.game import Game

__all__ = ["WindowLink"]

OPEN_WITHIN = 20.0  # seconds for a process to start and a window to open on a busy machine


class WindowLink:
    """A window in a process of its own, to be closed in the end.

    Attributes:
        closed: Set when the window is gone.
    """

    def __init__(self, child: Child) -> None:
        self.closed = asyncio.Event()
        self._child = child
        self._keys: frozenset[str] = frozenset()
        self._is_free = False
        self._hearing: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, title: str) -> Self:
        """Open a window.

        Raises:
            UsageError: There is no screen to open it on.
        """
        link = cls(await Child.start("the window", "rollback.cli.window", {"title": title}))
        try:
            async with asyncio.timeout(OPEN_WITHIN):
                first = await link._child.hear()
        except BaseException as error:
            await link._child.end()
            if isinstance(error, TimeoutError):
                raise UsageError(f"the window did not open within {OPEN_WITHIN:g} s") from None
            raise
        if first is None or "open" not in first:
            await link._child.end()
            raise UsageError((first or {}).get("error") or f"no window can be opened: {link._child.how_it_ended()}")
        link._is_free = True
        link._hearing = asyncio.create_task(link._hear())
        return link

    def held(self) -> frozenset[str]:
        """Return the names of the keys that are held."""
        return self._keys

    def offer(self, game: Game, note: str) -> None:
        """Show the game as it is, unless the window still paints the last picture."""
        if self._is_free:
            self._is_free = False
            self._child.tell({"picture": picture_of(game), "note": note})

    async def close(self) -> None:
        """Close it, and see that the process ends."""
        if self._hearing is not None:
            self._hearing.cancel()
        await self._child.end()

    async def _hear(self) -> None:
        while (message := await self._child.hear()) is not None:
            if "keys" in message:
                self._keys = frozenset(message["keys"])
            elif "painted" in message:
                self._is_free = True
            elif "closed" in message:
                break
        self._keys = frozenset()
        self.closed.set()
