"""The wait for the next frame. Knows a clock and the event loop; when a frame is due, `rollback.core.timesync` says.

Sleeping alone is late by one to four milliseconds now and then, so a wait sleeps until shortly before the deadline and
yields to the event loop, turn by turn, until it has come. In a browser's worker, yielding only takes time from the timers.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Final

from rollback.core.timesync import Cadence
from rollback.errors import UsageError

__all__ = ["Pacer"]

# Seconds before the deadline at which sleeping ends. In a worker each of a hundred turns is a message that is posted and
# taken, a tenth of a core: without them the 99th percentile of intervals was 21 ms there instead of 26.
EARLY: Final = 0.0 if sys.platform == "emscripten" else 0.002


class Pacer(Cadence):
    """The deadlines of frames, and the wait for each; the first frame is due at once.

    Args:
        fps: Frames a second.
        clock: Seconds, monotonic.
    """

    def __init__(self, fps: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        if not isinstance(fps, int | float) or isinstance(fps, bool) or not 0 < fps <= 1000:
            raise UsageError(f"fps must be a number above 0 and up to 1000, not {fps!r}")
        super().__init__(1.0 / fps, clock())
        self._clock = clock

    def begin(self) -> None:
        """Make the next frame due now."""
        self.deadline = self._clock()

    async def wait(self, until: float | None = None) -> None:
        """Return at the deadline, or at `until`, and never without a turn of the event loop."""
        moment = self.deadline if until is None else until
        pause = moment - self._clock() - EARLY
        await asyncio.sleep(max(0.0, pause))
        while self._clock() < moment:
            await asyncio.sleep(0)
