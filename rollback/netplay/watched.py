"""What a recorder asks of somebody who watches. Knows a spectator's session; knows no file."""

from __future__ import annotations

from typing import Any, cast

from rollback.config import SessionConfig
from rollback.core.settled_inputs import SettledInputs
from rollback.core.shown import Shown
from rollback.core.spectator import SpectatorSession
from rollback.game import Game
from rollback.state import why_not_tree
from rollback.types import Reason

__all__ = ["Watched"]


class Watched:
    """A spectator's session as a recorder wants it; made once the match is shown, for its settings come with it.

    Args:
        session: The session.
    """

    def __init__(self, session: SpectatorSession) -> None:
        self.game: Game = session.game
        self.config: SessionConfig = session.config
        self._session = session
        self._opaque = why_not_tree(session.game.save()) is not None

    @property
    def frame(self) -> int:
        """Frames simulated."""
        return self._session.frame

    @property
    def confirmed(self) -> int:
        """Newest frame that was shown."""
        return self._session.confirmed

    @property
    def reason(self) -> Reason:
        """What the newest tick did."""
        return self._session.reason

    @property
    def controllers(self) -> dict[int, str]:
        """Who plays each player."""
        return self._session.controllers

    def subscribe_inputs(self) -> SettledInputs:
        """Return a reader of the inputs of all that is shown from now on."""
        return cast(SettledInputs, _Inputs(self._session))

    def checksum_at(self, frame: int) -> int | None:
        """Return the checksum of a state that was shown; None where it is not known any more."""
        return self._session.checksum_at(frame)

    def held_state(self, frame: int) -> Any:
        """Return the present state; nothing is held of others."""
        return self.game.save() if frame == self._session.frame and not self._opaque else None


class _Inputs:
    """Has what a recorder uses of `SettledInputs`."""

    def __init__(self, session: SpectatorSession) -> None:
        self._session = session
        self._shown: Shown = session.subscribe()
        self._next = session.frame

    def take_inputs(self) -> tuple[int, list[tuple[bytes, ...]]]:
        """Return the first frame that was shown since the last time, and from it on each frame's inputs."""
        done = self._shown.take()
        first = done[0].frame if done else self._next
        self._next = first + len(done)
        return first, [tuple(each.inputs) for each in done]

    def close(self) -> None:
        """Keep no more."""
        self._shown.close()
