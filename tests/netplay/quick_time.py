"""An event loop in which every turn takes a moment and waiting costs nothing: thousands of frames, always the same."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any

TURN = 0.0001  # seconds a turn of the loop takes, so that yielding until a deadline comes to an end


class _QuickSelector(selectors.DefaultSelector):
    now = 100.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("everybody waits for ever")
            self.now += max(timeout, TURN)
        return ready


class QuickLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.selector = _QuickSelector()
        super().__init__(self.selector)

    def time(self) -> float:
        return self.selector.now


def run(main: Coroutine[Any, Any, Any]) -> Any:
    """Run `main`; whatever the loop's exception handler is told, and whatever task is left over, fails the test."""
    failures: list[dict[str, Any]] = []

    async def bounded() -> Any:
        async with asyncio.timeout(600):
            result = await main
        await asyncio.sleep(0)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, left
        return result

    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        runner.get_loop().set_exception_handler(lambda loop, context: failures.append(context))
        result = runner.run(bounded())
    assert not failures, failures
    return result


def now() -> float:
    return asyncio.get_running_loop().time()
