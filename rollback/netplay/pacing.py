"""When the next frame is due, and the wait for it. Knows a clock and a lead; knows no session and no game.

Sleeping alone is late by one to four milliseconds now and then, so a wait sleeps until shortly before the deadline and
yields to the event loop, turn by turn, until it has come.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from rollback.errors import UsageError

__all__ = ["Pacer", "stretch"]

DEAD_ZONE: Final = 0.5  # frames of lead that mean nothing: the peers' frames begin at different instants
GAIN: Final = 0.01  # of the period for each frame of lead: slow against the average it is fed with, so it cannot swing
MAX_STRETCH: Final = 0.03  # nobody sees 3 % of a frame
MAX_SHRINK: Final = 0.005  # hurrying costs time that a frame may not have
EARLY: Final = 0.002  # seconds before the deadline at which sleeping ends
CATCH_UP: Final = 3  # frames that may be made up for; what is missed beyond them is let go


def stretch(frames_ahead: float) -> float:
    """Return what the period is multiplied by at a lead in frames; positive leads slow down."""
    if frames_ahead > DEAD_ZONE:
        return 1.0 + min(MAX_STRETCH, GAIN * (frames_ahead - DEAD_ZONE))
    if frames_ahead < -DEAD_ZONE:
        return 1.0 - min(MAX_SHRINK, GAIN * (-DEAD_ZONE - frames_ahead))
    return 1.0


class Pacer:
    """The deadlines of frames, one after another.

    Args:
        fps: Frames a second.
        clock: Seconds, monotonic.

    Attributes:
        period: Seconds from one frame to the next, at no lead.
        deadline: When the next frame is due; the first one at once.
        skipped: Deadlines that were let go, because too many had been missed.
    """

    def __init__(self, fps: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        if not isinstance(fps, int | float) or isinstance(fps, bool) or not 0 < fps <= 1000:
            raise UsageError(f"fps must be a number above 0 and up to 1000, not {fps!r}")
        self.period = 1.0 / fps
        self.deadline = clock()
        self.skipped = 0
        self._clock = clock

    def begin(self) -> None:
        """Make the next frame due now."""
        self.deadline = self._clock()

    def schedule(self, now: float, frames_ahead: float = 0.0) -> float:
        """Set the deadline of the frame after the one that is running, and return it.

        A frame that was late is made up for by the next ones. After a gap of more than a few frames (a stopped process,
        a debugger) there is no burst: the frame is due now and the missed ones are let go.

        Args:
            now: The clock.
            frames_ahead: Our lead over the other peers.
        """
        deadline = self.deadline + self.period * stretch(frames_ahead)
        missed = (now - deadline) / self.period
        if missed > CATCH_UP:
            self.skipped += int(missed)
            deadline = now
        self.deadline = deadline
        return deadline

    def spare(self, now: float) -> float:
        """Return the seconds left until the deadline, negative when it has passed."""
        return self.deadline - now

    async def wait(self, until: float | None = None) -> None:
        """Return at the deadline, or at `until`, and never without a turn of the event loop."""
        moment = self.deadline if until is None else until
        pause = moment - self._clock() - EARLY
        await asyncio.sleep(max(0.0, pause))
        while self._clock() < moment:
            await asyncio.sleep(0)
