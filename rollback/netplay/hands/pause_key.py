"""The key that asks everybody to wait, and then to go on. Knows held keys and a session; knows no keyboard and no window."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from rollback.core.session import P2PSession

__all__ = ["PauseKey"]

_KEY: Final = "p"


class PauseKey:
    """One press pauses, the next one resumes; a game that has that key for itself keeps it.

    Args:
        taken: The keys of the game.
        is_known: Whether there is such a key at all: where everybody waits for a move anyway, none is needed.

    Attributes:
        legend: What to tell of it, empty where it does nothing.
    """

    def __init__(self, taken: Collection[str], *, is_known: bool = True) -> None:
        self.legend = "" if _KEY in taken or not is_known else f"  {_KEY} pauses"
        self._was_held = self._is_paused = False

    def look(self, held: Collection[str], session: P2PSession, now: float) -> None:
        """Pause or resume if the key was pressed since the last look; `now` is the clock that the session is driven by."""
        is_held = bool(self.legend) and _KEY in held
        if is_held and not self._was_held:
            self._is_paused = not self._is_paused
            if self._is_paused:
                session.pause(f"{_KEY} was pressed", now=now)
            else:
                session.resume(now=now)
        self._was_held = is_held
