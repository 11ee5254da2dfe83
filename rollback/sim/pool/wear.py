"""Whether a worker under a limit of memory can still play a match as a new one would. Knows memory; knows no process.

What one match leaves behind in memory the next one has not got, and an import that runs out of memory leaves half a module.
A match that fails in such a worker may be innocent: it is to be played again in a new one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

__all__ = ["Wear", "is_short"]

LEAST: Final = 7 / 8  # of the limit, that must be there where a match is judged: some is taken by what was imported
WORN: Final = 1 / 2  # of the limit, taken when a match has run out of it: then the next ones would too
SHORT: Final = "MemoryError"  # NumPy's own error ends so, too


class Wear:
    """What the matches of a worker have left of its memory.

    Args:
        limit: Bytes that matches may take; None if there is no limit, and no wear.
        start: Bytes that the worker had before them.
        size_now: Tells how many it has.

    Attributes:
        is_worn: Whether it should be replaced.
    """

    def __init__(self, limit: int | None, start: int, size_now: Callable[[], int]) -> None:
        self._limit = limit if start else None
        self._start = start
        self._size_now = size_now
        self._has_played = False
        self.is_worn = False

    def is_fair(self, error: str, taken: int) -> bool:
        """Return whether what a match came to, which may be no error, is what it would come to in a new worker.

        Args:
            error: Of the match, empty where it has none.
            taken: What `taken` returned before it.
        """
        if self._limit is None:
            return True
        was_new, was_worn = not self._has_played, self.is_worn
        self._has_played = True
        if not error:
            return True
        if is_short(error):
            # Whatever was imported for the first time may be half there.
            self.is_worn = self.is_worn or was_new or self.taken() > self._limit * WORN
            return was_new or (not was_worn and taken <= self._limit * (1 - LEAST))
        return was_new or not was_worn

    def taken(self) -> int:
        """Return how many bytes were taken; 0 where there is no limit."""
        return 0 if self._limit is None else self._size_now() - self._start


def is_short(error: str) -> bool:
    """Return whether an error says that memory ran out."""
    return SHORT in error
