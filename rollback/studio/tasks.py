"""Tasks that are started and not waited for, and none is left behind. Knows an event loop; knows nothing of what they do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

__all__ = ["Tasks"]

AGAIN: Final = 0.5  # seconds until who has not ended is told once more

_log = logging.getLogger("rollback.studio")


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

    def repeat(self, work: Callable[[], Awaitable[object]], *, every: float, unless: type[Exception]) -> None:
        """Do something again and again, so many seconds apart; failures go to the log, but for one kind, and end nothing."""
        self.start(_repeated(work, every, unless))

    async def end(self) -> None:
        """End all that still run, however often they have to be told: `asyncio.wait_for` of Python 3.11 may lose one word."""
        while tasks := [task for task in self._tasks if not task.done()]:
            for task in tasks:
                task.cancel()
            done, _ = await asyncio.wait(tasks, timeout=AGAIN)
            for task in done:
                if not task.cancelled():
                    task.exception()  # nobody waits for it


async def _repeated(work: Callable[[], Awaitable[object]], every: float, unless: type[Exception]) -> None:
    told = ""
    while True:
        await asyncio.sleep(every)
        try:
            await work()
            told = ""
        except unless:
            pass
        except Exception as error:  # without it whoever relies on it would wait for ever, and nobody would know why
            if told != repr(error):  # once, for the next time it will be the same
                _log.exception("what is done again and again failed")
            told = repr(error)
