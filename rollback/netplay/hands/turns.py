"""One press, one action: how a person plays where nothing stands for doing nothing. Knows held keys; knows no keyboard."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from rollback.game import Game

__all__ = ["YOUR_MOVE", "Turns", "plays_by_turns"]

HELD: Final = 0.4  # seconds after which a held key acts again: longer than a press, as keyboards have it
YOUR_MOVE: Final = ", one press a step"
AGAIN: Final = 0.1  # seconds between two actions of a key that stays held


def plays_by_turns(game: Game, player: int, window: int | None) -> bool:
    """Whether a person at this player's keys decides about every frame, in as much time as that takes.

    Args:
        game: The game.
        player: The player.
        window: The prediction window that was asked for; None leaves it to the game.
    """
    has_noop = getattr(game, "has_noop", True)
    return has_noop is False and not window and player not in getattr(game, "watchers", ())


class Turns:
    """When held keys are an action.

    Args:
        keys: The names of the keys that mean something.
    """

    def __init__(self, keys: Collection[str]) -> None:
        self._keys = frozenset(keys)
        self._held: frozenset[str] = frozenset()
        self._next = 0.0
        self._is_waited_for = False

    def waits(self, game: Game, player: int, held: Collection[str], *, now: float) -> bool:
        """Return whether the next frame needs an action of this player, and the keys held are none."""
        self._is_waited_for = _is_asked(game, player) and not self.is_due(held, now=now)
        return self._is_waited_for

    def legend(self, reason: str) -> str:
        """Return what to tell of it; `reason` is that of the last tick."""
        whose = "  your move" if self._is_waited_for else "  others think" if reason == "paused" else ""
        return YOUR_MOVE + whose

    def is_due(self, held: Collection[str], *, now: float) -> bool:
        """Return whether a key was pressed since the last call, or is held for long.

        Args:
            held: The names of the keys that are held.
            now: Seconds, on any clock that only goes forward.
        """
        before, self._held = self._held, self._keys.intersection(held)
        if self._held - before:
            self._next = now + HELD
            return True
        if self._held and now >= self._next:
            self._next = now + AGAIN
            return True
        return False


def _is_asked(game: Any, player: int) -> bool:
    """Whether an action of this player does something in the next frame: who is out, or not on turn, is not waited for."""
    if getattr(game, "is_between", False) or getattr(game, "acting", player) != player:
        return False
    alive = getattr(game, "alive", None)
    return alive is None or bool(alive[player])
