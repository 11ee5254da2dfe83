"""What a recorder asks of a session: a player's or a spectator's. Knows no file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from rollback.config import SessionConfig
from rollback.core.settled_inputs import SettledInputs
from rollback.errors import UsageError
from rollback.game import Game
from rollback.types import Reason

__all__ = ["Recorded", "checksum_of", "held_states"]


class Recorded(Protocol):
    """A session of any kind."""

    game: Game
    config: SessionConfig

    @property
    def frame(self) -> int:
        """Frames simulated."""

    @property
    def confirmed(self) -> int:
        """Newest frame simulated on known inputs only."""

    @property
    def reason(self) -> Reason:
        """What the newest tick did."""

    @property
    def controllers(self) -> Mapping[int, str]:
        """Who plays each player."""

    def subscribe_inputs(self) -> SettledInputs:
        """Return a reader of settled inputs."""

    def checksum_at(self, frame: int) -> int | None:
        """Return the checksum of a held state, None where it is not held."""

    def held_state(self, frame: int) -> Any:
        """Return the snapshot of a held, confirmed state; None where it is not held or is no state tree."""


def checksum_of(session: Recorded, frame: int) -> int | None:
    """Return the checksum of S_frame, which is confirmed; None where the session holds it no more, or it is no tree."""
    try:
        return session.checksum_at(frame)
    except UsageError:
        return None  # an opaque snapshot


def held_states(session: Recorded, first: int) -> Iterator[tuple[int, Any]]:
    """Yield the confirmed frames from `first` on whose states are held, with these."""
    for frame in range(first, session.confirmed + 2):
        state = session.held_state(frame)
        if state is not None:
            yield frame, state
