"""Says that the line to the lobby is too slow for a match that goes through it. Knows a count and the time; knows no lobby."""

from __future__ import annotations

from typing import Final

__all__ = ["SlowLine"]

SAY_EVERY: Final = 10.0  # seconds between two sentences, however much is dropped


class SlowLine:
    """What the lobby dropped since the match began."""

    def __init__(self, dropped: int = 0) -> None:
        self._before = dropped
        self._told = dropped
        self._say_at = float("-inf")

    def news(self, dropped: int, *, now: float) -> str:
        """Return a sentence; empty while there is nothing new to say, or one was returned a moment ago.

        Args:
            dropped: How many datagrams were dropped by now.
            now: Seconds.
        """
        if dropped == self._told or now < self._say_at:
            return ""
        self._told, self._say_at = dropped, now + SAY_EVERY
        count = dropped - self._before
        return f"the line through the lobby is too slow: {count} {'datagram' if count == 1 else 'datagrams'} dropped"
