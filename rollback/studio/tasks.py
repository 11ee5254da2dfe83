"""Tasks that are started and not waited for, and none is left behind. Knows an event loop; knows nothing of what they do."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

__all__ = ["Tasks"]

AGAIN: Final = 0.5  # seconds until who has not ended is told once more


class Tasks:
    """Those of one owner."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Let it run."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def end(self) -> None:
        """End all that still run, however often they have to be told: `asyncio.wait_for` of Python 3.11 may lose one word."""
        while tasks := [task for task in self._tasks if not task.done()]:
            for task in tasks:
                task.cancel()
            done, _ = await asyncio.wait(tasks, timeout=AGAIN)
            for task in done:
                if not task.cancelled():
                    task.exception()  # nobody waits for it
