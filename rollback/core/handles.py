"""What the engine and a ride ask of each other. Knows names; does nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, Protocol

from rollback.types import Tick

__all__ = ["NESTED", "SOON", "LongWay", "Ride", "Seen", "no_ride"]

NESTED: Final = "tick was called from within a tick: a rollback in progress blocks every nested one"
SOON: Final = float("-inf")  # at the next occasion

Seen = tuple[int, int, int]  # known, confirmed, settled


class LongWay(Protocol):
    """The engine, as far as a ride asks it."""

    _busy: bool
    _plain: bool
    _tick: Tick
    _watch_at: float

    def _watch(self, now: float) -> None:
        """Look after lines and timers."""

    def _proceed(self, row: bytes, theirs: int, now: float, replayed: int = 0) -> None:
        """Do steps 3 to 7 of a tick."""

    def _send(self, now: float, *, smooth: bool) -> None:
        """Do step 7 of a tick."""


class Ride(NamedTuple):
    """The handles of one session's short way.

    Attributes:
        tick: Does a whole tick; or, where that is not for it, lands and returns False, having changed nothing.
        land: Write the registers back. To be called by whoever reads or changes what they hold.
        glance: What is known, confirmed and settled, if that can be told without landing; None: look where it stands.
    """

    tick: Callable[[Mapping[int, Any], float], bool]
    land: Callable[[], None]
    glance: Callable[[], Seen | None]


def no_ride() -> Ride:
    """Return the handles of a session that always goes the long way."""
    return Ride(lambda actions, now: False, lambda: None, lambda: None)
