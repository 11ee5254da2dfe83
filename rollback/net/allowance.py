"""How often somebody is answered: a few times at once, then at a pace. Knows seconds; knows not what is answered.

Whoever answers each message by one of its own can be made to send by others, until the lobby counts it as a flood.
"""

from __future__ import annotations

__all__ = ["Allowance"]


class Allowance:
    """Holds up to `burst` answers and regains one in every `pace` seconds.

    Args:
        pace: Seconds between two answers in the long run.
        burst: Answers at once.
    """

    __slots__ = ("_at", "_burst", "_left", "_pace")

    def __init__(self, *, pace: float, burst: int) -> None:
        self._pace = pace
        self._burst = self._left = float(burst)
        self._at = 0.0

    def take(self, now: float) -> bool:
        """Take one answer; False where none is left."""
        self._left = min(self._burst, self._left + max(0.0, now - self._at) / self._pace)
        self._at = max(self._at, now)
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
