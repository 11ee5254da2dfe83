"""When frames are due, and how a lead over the others changes that. Knows a period; knows no clock and no session."""

from __future__ import annotations

from typing import Final

__all__ = ["CATCH_UP", "DEAD_ZONE", "GAIN", "MAX_SHRINK", "MAX_STRETCH", "Cadence", "stretch"]

DEAD_ZONE: Final = 0.2  # frames of lead that mean nothing; in a wider zone one side always waits for the other
GAIN: Final = 0.01  # of the period for each frame of lead: slow against the average it is fed with, so it cannot swing
MAX_STRETCH: Final = 0.03  # nobody sees 3 % of a frame
MAX_SHRINK: Final = 0.005  # hurrying costs time that a frame may not have
CATCH_UP: Final = 3  # frames that may be made up for; what is missed beyond them is let go


def stretch(frames_ahead: float) -> float:
    """Return what the period is multiplied by at a lead in frames; positive leads slow down."""
    if frames_ahead > DEAD_ZONE:
        return 1.0 + min(MAX_STRETCH, GAIN * (frames_ahead - DEAD_ZONE))
    if frames_ahead < -DEAD_ZONE:
        return 1.0 - min(MAX_SHRINK, GAIN * (-DEAD_ZONE - frames_ahead))
    return 1.0


class Cadence:
    """The deadlines of frames, one after another.

    Args:
        period: Seconds from one frame to the next, at no lead.
        deadline: When the first frame is due.

    Attributes:
        period: As given.
        deadline: When the next frame is due.
        skipped: Deadlines that were let go, because too many had been missed.
    """

    def __init__(self, period: float, deadline: float = 0.0) -> None:
        self.period = period
        self.deadline = deadline
        self.skipped = 0

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
