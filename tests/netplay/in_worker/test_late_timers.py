"""Timers that are due already run at once, on a loop that would not take them."""

from __future__ import annotations

import asyncio
from contextvars import Context
from typing import Any

import pytest

from rollback.netplay.in_worker.late_timers import allow_late_timers


class Strict(asyncio.SelectorEventLoop):
    """A loop as strict as Pyodide's: `call_at` goes through `call_later`, which refuses the past."""

    def call_later(self, delay: float, callback: Any, *args: Any, context: Context | None = None) -> asyncio.TimerHandle:
        """Refuse a negative delay."""
        if delay < 0:
            raise ValueError("Can't schedule in the past")
        return super().call_at(self.time() + delay, callback, *args, context=context)

    def call_at(self, when: float, callback: Any, *args: Any, context: Context | None = None) -> asyncio.TimerHandle:
        """Count from now."""
        return self.call_later(when - self.time(), callback, *args, context=context)


def test_a_timer_that_is_due_already_runs_at_once_and_those_to_come_in_their_turn() -> None:
    loop = Strict()
    try:
        with pytest.raises(ValueError, match="past"):
            loop.call_at(loop.time() - 1.0, print)
        allow_late_timers(loop)
        came: list[str] = []
        loop.call_at(loop.time() + 0.01, came.append, "to come")
        loop.call_at(loop.time() - 1.0, came.append, "late")
        loop.call_later(-5.0, came.append, "later")
        loop.call_later(0.02, loop.stop)
        loop.run_forever()
        assert came == ["late", "later", "to come"] or came == ["later", "late", "to come"]
    finally:
        loop.close()
