"""A player who has not decided yet, in a match played in step: everybody waits. Knows a session; knows no clock and no keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rollback.core.session import P2PSession
from rollback.errors import UsageError
from rollback.game import codecs_of, idle_inputs
from rollback.types import Event, Paused, Resumed

__all__ = ["THINKS", "WAIT", "Thinking"]

THINKS: Final = "a player has not decided yet"


class _Wait:
    """The type of `WAIT`."""

    def __repr__(self) -> str:
        return "WAIT"


WAIT: Final = _Wait()


class Thinking:
    """Holds a match while one of our players thinks, by a pause: all others know that nothing is wrong.

    A frame without an action is no choice: idle inputs would be sent at the frame rate, and inputs that are simply withheld
    look like a peer that hangs. While somebody thinks, `act` is asked at each tick, and the pause belongs to that.

    Args:
        session: The session.
    """

    def __init__(self, session: P2PSession) -> None:
        self._session = session
        self._is_held = False
        self._thinkers: set[str] = set()

    def wait(self, actions: Mapping[int, Any], now: float) -> dict[int, Any]:
        """Ask everybody to wait; return actions for the tick, which takes none of them.

        Raises:
            UsageError: The match is not played in step.
        """
        session = self._session
        if session.config.prediction_window:
            raise UsageError(
                "act may return WAIT only in a match that is played in step, with prediction_window=0, not"
                f" {session.config.prediction_window}: return the idle action instead"
            )
        if not self._is_held:
            self._is_held = True
            session.pause(THINKS, now=now)
        codecs = codecs_of(session.game)
        idle = idle_inputs(session.game, codecs)
        return {player: codecs[player].decode(idle[player]) if action is WAIT else action for player, action in actions.items()}

    def go_on(self, now: float) -> None:
        """All of our players have decided."""
        if self._is_held:
            self._is_held = False
            self._session.resume(now=now)

    def is_news(self, event: Event) -> bool:
        """Return whether an event is worth telling: that somebody thinks for a moment is part of the game."""
        match event:
            case Paused(peer, reason) if reason == THINKS:
                self._thinkers.add(peer)
                return False
            case Resumed(peer) if peer in self._thinkers:
                self._thinkers.discard(peer)
                return False
        return True
