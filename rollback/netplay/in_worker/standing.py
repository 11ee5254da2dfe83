"""For how long a match stood still for others' sake, short stops forgiven. Knows frames and times; knows no page and no pause.

It does not matter how somebody holds a match up: by pauses, by being away, or by a frame now and then. What counts is that
there is no frame. A line or a machine that only makes the match slow is no such thing: each new frame excuses some time, so
that nothing is counted at more than a quarter of the full speed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["Standing", "Stood"]

GRACE: Final = 1.0  # seconds that a match may stand before it counts; those count then, too
EXCUSED: Final = 3.0  # times the duration of a frame that each new one excuses
LATE: Final = 1.0  # seconds between two looks; after more of them it was we who were away


@dataclass(frozen=True, slots=True)
class Stood:
    """A time in which a match hardly came forward.

    Attributes:
        frame: Where it stood first.
        since: When that began.
        lasted: For how many seconds of the time since it stood.
        peer: Who was waited for last.
    """

    frame: int
    since: float
    lasted: float
    peer: str


class Standing:
    """What a match stood in all.

    Args:
        fps: Frames a second.
    """

    def __init__(self, fps: float) -> None:
        self._excused = EXCUSED / fps
        self._before = 0.0  # seconds of the times that are over
        self._slack = 0.0  # seconds that are not excused yet, at most GRACE
        self._lasted = 0.0  # seconds of the time that lasts; 0.0 while there is none
        self._frame, self._since, self._peer = 0, 0.0, ""
        self._at: tuple[int, float] | None = None  # of the last look: frame and time

    @property
    def held(self) -> float:
        """Seconds that the match stood, in all."""
        return self._before + self._lasted

    def look(self, frame: int, now: float, peer: str | None) -> Stood | None:
        """Look whether there is a new frame; to be called once a tick.

        Args:
            frame: Frames simulated.
            now: The time.
            peer: Who is waited for in this tick; None if nobody is.

        Returns:
            The time of standing that is over with this look, if one is.
        """
        then, self._at = self._at, (frame, now)
        if then is None:
            return None
        if frame > then[0]:
            self._slack = max(0.0, self._slack - self._excused * (frame - then[0]))
        elif peer is not None and now - then[1] <= LATE:
            self._stand(frame, now, now - then[1], peer)
        return self.end() if self._slack == 0.0 else None

    def end(self) -> Stood | None:
        """Return the time of standing that still lasts, if one does: it is over."""
        if not self._lasted:
            return None
        stood = Stood(self._frame, self._since, self._lasted, self._peer)
        self._before, self._lasted = self.held, 0.0
        return stood

    def _stand(self, frame: int, now: float, seconds: float, peer: str) -> None:
        self._slack += seconds
        if self._slack <= GRACE:
            return
        if not self._lasted:
            self._frame, self._since, self._lasted = frame, now - self._slack, GRACE
        self._lasted += self._slack - GRACE
        self._slack, self._peer = GRACE, peer
