"""How many steps are trained before the next look around, and when something is due again. Knows time; knows no training."""

from __future__ import annotations

from typing import Final

__all__ = ["FASTEST", "FULL", "HEADLESS", "SLOWEST", "Due", "Pace"]

FULL: Final = "full"  # as fast as it goes, with pictures
HEADLESS: Final = "headless"  # as fast as it goes, without
SLOWEST: Final = 0.5  # steps a second in slow motion
FASTEST: Final = 1000.0
SLICE: Final = 0.01  # seconds between two looks for orders: a command is felt at once, and looking costs next to nothing
MOST: Final = 100_000  # steps in a slice
_CATCH_UP: Final = 50  # steps of slow motion made at once after the process was held up


class Pace:
    """Decides the next slice.

    Args:
        speed: Steps a second, or `full` or `headless`.
        now: Seconds.
    """

    def __init__(self, speed: float | str, *, now: float) -> None:
        self._slice = 1.0
        self.set(speed, now=now)

    def set(self, speed: float | str, *, now: float) -> None:
        """Change the speed."""
        self.speed = speed
        self._next = now

    @property
    def is_slow(self) -> bool:
        """Whether single steps are made."""
        return not isinstance(self.speed, str)

    @property
    def is_shown(self) -> bool:
        """Whether pictures are wanted."""
        return self.speed != HEADLESS

    def wait(self, *, now: float) -> float:
        """Return the seconds until there is something to do."""
        return max(0.0, self._next - now) if self.is_slow else 0.0

    def single_steps(self, *, now: float) -> int:
        """Return how many single steps are due in slow motion, and count them as made."""
        if not isinstance(self.speed, int | float) or now < self._next:
            return 0
        due = min(_CATCH_UP, 1 + int((now - self._next) * self.speed))
        self._next = max(self._next + due / self.speed, now - _CATCH_UP / self.speed)
        return due

    def budget(self) -> int:
        """Return how many steps the next slice may have."""
        return int(self._slice)

    def took(self, seconds: float) -> None:
        """Learn how long the last slice took."""
        wanted = self._slice * SLICE / max(seconds, 1e-6)
        self._slice = min(MOST, max(1.0, min(wanted, 2.0 * self._slice)))


class Due:
    """Something that is done so many times a second by the clock, however long what lies between takes.

    Args:
        every: Seconds.
        now: Seconds; it is due at once.
    """

    def __init__(self, every: float, *, now: float) -> None:
        self.every = every
        self._at = now

    def is_now(self, *, now: float) -> bool:
        """Return whether it is due, and count it as done if it is."""
        if now < self._at:
            return False
        # A late one does not make the next one early, and a long pause is not made up for.
        self._at = max(self._at + self.every, now + self.every / 2)
        return True
