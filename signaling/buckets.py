"""Token buckets: how much of a rate is left. Knows no clock and not what is counted."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from signaling.limits import Rate

__all__ = ["Bucket", "BucketTable"]

PRUNE_AT: Final = 4096  # addresses kept before the full buckets, which say nothing, are thrown away


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

    def take(self, *, now: float, amount: float = 1.0) -> bool:
        """Take `amount` tokens, or none and return False when there are too few."""
        left = self._refilled(now)
        granted = left >= amount
        self._left = left - amount if granted else left
        return granted

    def is_full(self, *, now: float) -> bool:
        """Tell whether the bucket is as good as new."""
        return self._refilled(now) >= self.rate.burst

    def _refilled(self, now: float) -> float:
        # A clock that stands still or goes back gives nothing.
        self._left = min(self.rate.burst, self._left + max(0.0, now - self._at) * self.rate.per_second)
        self._at = max(self._at, now)
        return self._left


class BucketTable:
    """One bucket per key, made on first use; its size is bounded by throwing full buckets away.

    Args:
        rate: The rate of each key.
    """

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._buckets: dict[Hashable, Bucket] = {}
        self._prune_at = PRUNE_AT

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: Hashable, *, now: float, amount: float = 1.0) -> bool:
        """Take tokens from the bucket of `key`."""
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= self._prune_at:
                self._buckets = {kept: each for kept, each in self._buckets.items() if not each.is_full(now=now)}
                self._prune_at = max(PRUNE_AT, 2 * len(self._buckets))  # or a flood of keys prunes on every call
            bucket = self._buckets[key] = Bucket(self._rate, now=now)
        return bucket.take(now=now, amount=amount)
