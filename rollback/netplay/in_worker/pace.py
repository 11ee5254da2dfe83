"""How evenly frames come and how long they take, over the last seconds. Knows moments; knows no clock and no game."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from typing import Any, Final

__all__ = ["Pace"]

OVER: Final = 5.0  # seconds
MOST: Final = 5000  # moments kept: five seconds at the highest frame rate


class Pace:
    """The moments of the last frames, and what each of them took."""

    def __init__(self) -> None:
        self._moments: deque[float] = deque(maxlen=MOST)
        self._took: deque[float] = deque(maxlen=MOST)
        self._asked = -1.0

    def begin(self, now: float) -> None:
        """The work of a frame begins: its action is asked for."""
        self._asked = now

    def end(self, now: float) -> None:
        """The work of a frame is done: its datagrams have left."""
        moments, took = self._moments, self._took
        moments.append(now)
        took.append(now - self._asked if self._asked >= 0 else 0.0)
        self._asked = -1.0
        while moments[0] < now - OVER:
            moments.popleft()
            took.popleft()

    def as_values(self) -> dict[str, Any]:
        """Return the median and the 99th percentile of the intervals, and of what frames took, in milliseconds."""
        moments = list(self._moments)
        intervals = sorted(after - before for before, after in pairwise(moments))
        took = sorted(self._took)
        return {
            "interval_p50_ms": _at(intervals, 0.5),
            "interval_p99_ms": _at(intervals, 0.99),
            "tick_ms": _at(took, 0.5),
            "tick_p99_ms": _at(took, 0.99),
        }


def _at(ordered: list[float], share: float) -> float:
    """Return the value below which that share of the values lies, in milliseconds."""
    return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2) if ordered else 0.0
