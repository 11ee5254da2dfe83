"""A session's counters as plain values, and the few of them that people look at. Knows no session's inside."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from rollback.types import SessionStats

__all__ = ["Rate", "mean_depth", "stats_values"]

_OVER: Final = 2.0  # seconds a rate is taken over: long enough to be calm, short enough to follow


def stats_values(stats: SessionStats) -> dict[str, Any]:
    """Return the counters as values that can travel as JSON; the lines to several peers are averaged."""
    lines = list(stats.peers.values())
    count = max(1, len(lines))
    order = ("good", "fair", "poor")
    worst = max(lines, key=lambda line: order.index(line.quality), default=None)
    return {
        "frames": stats.frames,
        "rollbacks": stats.rollbacks,
        "resimulated": stats.resimulated,
        "stalls": stats.stalls,
        "depths": {str(depth): times for depth, times in sorted(stats.depths.items())},
        "mean_depth": round(mean_depth(stats.depths), 2),
        "max_depth": max(stats.depths, default=0),
        "settled": stats.settled,
        "dropped": dict(stats.dropped),
        "rtt_ms": round(sum(line.rtt for line in lines) / count * 1000, 1),
        "jitter_ms": round(sum(line.jitter for line in lines) / count * 1000, 1),
        "loss": round(sum(line.loss for line in lines) / count, 4),
        "frames_ahead": round(sum(line.frames_ahead for line in lines) / count, 2),
        "kbps_in": round(sum(line.kbps_in for line in lines), 1),
        "kbps_out": round(sum(line.kbps_out for line in lines), 1),
        "quality": worst.quality if worst else "good",
        "why": worst.why if worst else "",
    }


def mean_depth(depths: Mapping[int, int]) -> float:
    """Return how many frames a rollback went back on average, from a histogram."""
    times = sum(depths.values())
    return sum(depth * count for depth, count in depths.items()) / times if times else 0.0


class Rate:
    """How fast a counter grows."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float]] = deque()

    def add(self, value: float, *, now: float) -> None:
        """Note the counter's value."""
        self._seen.append((now, value))
        while len(self._seen) > 2 and self._seen[1][0] < now - _OVER:
            self._seen.popleft()

    @property
    def per_second(self) -> float:
        """The growth a second over the last two seconds."""
        if len(self._seen) < 2:
            return 0.0
        (then, before), (now, value) = self._seen[0], self._seen[-1]
        return (value - before) / (now - then) if now > then else 0.0
