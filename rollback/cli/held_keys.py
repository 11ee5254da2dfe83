"""Which keys are down, guessed from a terminal that only tells presses. Knows times and names; knows no terminal.

A terminal sends a key again while it is held, first after its repeat delay (250 to 600 ms), then about 30 times a
second, and it sends nothing when the key is let go. So a key counts as held for `TAP` after its first press, which is
short enough to aim with, and for `REPEAT` after each further one. Where a terminal tells releases, nothing is guessed.
"""

from __future__ import annotations

from typing import Final

__all__ = ["HeldKeys"]

TAP: Final = 0.25  # bridges a short repeat delay; a longer one leaves a gap, rather than making every tap half a second
REPEAT: Final = 0.15  # four or five repeats: a late one does not let go
_FOR_EVER: Final = float("inf")
_SAME_HOLD: Final = 0.75  # seconds between two presses of what may be one hold: longer than any usual repeat delay


class HeldKeys:
    """Keys by name, and until when each is held. Times are seconds on any clock that only goes forward."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        self._pressed: dict[str, float] = {}

    def press(self, key: str, *, now: float, is_told_release: bool = False) -> None:
        """Note a press or a repeat.

        Args:
            key: Its name.
            now: When.
            is_told_release: Whether `release` will be called for it.
        """
        if is_told_release:
            self._until[key] = _FOR_EVER
            return
        last = self._pressed.get(key)
        is_repeat = last is not None and now - last < _SAME_HOLD
        self._until[key] = max(self._until.get(key, 0.0), now + (REPEAT if is_repeat else TAP))
        self._pressed[key] = now

    def release(self, key: str) -> None:
        """Note that a key was let go."""
        self._until.pop(key, None)
        self._pressed.pop(key, None)

    def release_all(self) -> None:
        """Note that nothing can be told of the keys from here on, as when the terminal lost the focus."""
        self._until.clear()
        self._pressed.clear()

    def held(self, *, now: float) -> frozenset[str]:
        """Return the keys that count as held."""
        return frozenset(key for key, until in self._until.items() if until > now)
