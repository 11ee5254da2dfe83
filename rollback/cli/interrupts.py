"""Asynchronous work that Ctrl-C, a hang-up or a `kill` cancels in good order. Knows signals; knows no work."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import Any, Final

__all__ = ["run_until_interrupted"]

_SIGNALS: Final = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def run_until_interrupted(work: Coroutine[Any, Any, int]) -> int:
    """Run `work` in an event loop of its own and return its exit code, or 128 + the signal that cancelled it.

    A second signal does not wait for what the first one began.
    """

    async def guarded() -> int:
        loop = asyncio.get_running_loop()
        doing = asyncio.ensure_future(work)
        caught: list[int] = []

        def cancel(number: int) -> None:
            caught.append(number)
            for each in _SIGNALS:
                loop.remove_signal_handler(each)
            doing.cancel()

        for number in _SIGNALS:
            with contextlib.suppress(NotImplementedError, RuntimeError):  # Windows knows only its own Ctrl-C
                loop.add_signal_handler(number, cancel, number)
        try:
            return await doing
        except asyncio.CancelledError:
            if not caught:
                raise
            return 128 + caught[0]

    return asyncio.run(guarded())
