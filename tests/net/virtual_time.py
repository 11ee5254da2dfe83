"""An event loop whose clock jumps to the next timer: waiting costs nothing, and is the same on every machine."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class _JumpingSelector(selectors.DefaultSelector):
    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("everybody waits for ever")
            self.now += max(timeout, 0.0)
            if self.now > 100_000:
                raise RuntimeError("more than a day went by: nothing here takes that long")
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.selector = _JumpingSelector()
        super().__init__(self.selector)

    def time(self) -> float:
        return self.selector.now


def run(main: Coroutine[Any, Any, Any]) -> Any:
    """Run `main` in virtual time; whatever the loop's exception handler is told fails the test."""
    failures: list[dict[str, Any]] = []
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.get_loop().set_exception_handler(lambda loop, context: failures.append(context))
        result = runner.run(main)
    assert not failures, failures
    return result


def now() -> float:
    return asyncio.get_running_loop().time()
