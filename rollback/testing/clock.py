"""A clock that a test moves by hand. Knows seconds; knows no game and no session."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.errors import UsageError

__all__ = ["HandClock"]


class HandClock:
    """Monotonic seconds that pass when the test says so; it is called like `time.monotonic`.

    Args:
        now: What it shows first.

    Attributes:
        now: What it shows.
    """

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        """Return what it shows."""
        return self.now

    def advance(self, seconds: float) -> float:
        """Let `seconds` pass, and return what it shows then.

        Raises:
            UsageError: They are negative, or no number: time does not go back.
        """
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 <= seconds < float("inf"):
            raise UsageError(f"a clock advances by a number of seconds from 0 on, not by {seconds!r}")
        self.now += seconds
        return self.now

    def frames(self, count: int, fps: int = 60) -> Iterator[float]:
        """Let `count` frames pass, one at each turn of the loop, and yield the time of each."""
        for _ in range(count):
            yield self.advance(1 / fps)
