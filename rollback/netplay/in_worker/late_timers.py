"""Timers that may be due already, as every event loop but Pyodide's allows them. Knows an event loop; knows no match."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any

__all__ = ["allow_late_timers"]


def allow_late_timers(loop: asyncio.AbstractEventLoop) -> None:
    """Let a loop take timers that are due in the past, and run them at once.

    Pyodide's raises `ValueError` instead, also out of `asyncio.timeout`, which looks at the clock a moment earlier than
    the loop does.
    """
    later: Callable[..., asyncio.TimerHandle] = loop.call_later

    def call_later(
        delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return later(max(0.0, delay), callback, *args, context=context)

    setattr(loop, "call_later", call_later)  # noqa: B010 - a method is replaced, and the type checker would not have it
