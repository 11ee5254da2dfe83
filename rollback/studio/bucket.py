"""Token bucket: how much of a rate is left. Knows no clock and not what is counted."""

from __future__ import annotations

from rollback.studio.limits import Rate

__all__ = ["Bucket"]


class Bucket:
    """Holds up to `rate.burst` tokens and regains `rate.per_second`.

    Args:
        rate: How fast and how far it fills.
        now: The time of its making; it starts full.
    """

    __slots__ = ("_at", "_left", "rate")

    def __init__(self, rate: Rate, *, now: float) -> None:
        self.rate = rate
        self._left = rate.burst
        self._at = now

    def take(self, *, now: float) -> bool:
        """Take a token, or return False when there is none."""
        # A clock that stands still or goes back gives nothing.
        self._left = min(self.rate.burst, self._left + max(0.0, now - self._at) * self.rate.per_second)
        self._at = max(self._at, now)
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
