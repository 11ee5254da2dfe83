"""What is handed to workers that others run, and what such workers are seen as. Knows batches; plays none, blames nobody."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from rollback.sim.pool.blackbox import Found
from rollback.sim.pool.job import Batch, Job

__all__ = ["Crew", "Lost", "Piece", "Refused"]


class Lost(Exception):
    """The worker that had a batch is gone; the message says what is known of it.

    Args:
        why: The message.
        takes_all: Whether all that is under way is lost with it.
    """

    def __init__(self, why: str, *, takes_all: bool = False) -> None:
        super().__init__(why)
        self.takes_all = takes_all


class Refused(Exception):
    """A batch could not be played, though its worker lives: something in it cannot travel. The message says what."""


@dataclass(slots=True, eq=False)
class Piece:
    """A batch, and what has become of it so far.

    Attributes:
        number: Its own in this run; what is sent again has a new one.
        jobs: What is played.
        batch: The same, as it travels.
        parcels: The bytes that go with it, by their hash: those that a worker said it has not.
        attempts: How often its only match has killed its worker while it was alone with it.
        losses: How often it was lost without any trace.
        is_suspect: Whether it is a single match that may have killed a worker, or failed because of what others left there.
        is_fresh: Whether it wants a worker that has played nothing.
        accused: How many strays there had been when a dead worker was found at it; None if none was.
    """

    number: int
    jobs: Sequence[Job]
    batch: Batch
    parcels: Mapping[str, bytes] = field(default_factory=dict)
    attempts: int = 0
    losses: int = 0
    is_suspect: bool = False
    is_fresh: bool = False
    accused: int | None = None


class Crew(Protocol):
    """Workers that others run.

    Attributes:
        is_one_boat: Whether all that is under way may be lost when one worker dies.
        window: How many pieces are under way at a time.
    """

    is_one_boat: bool
    window: int

    def submit(self, piece: Piece, packed: bytes) -> Any:
        """Send a piece to a worker, and return a hashable handle; raises Lost if that is not possible any more.

        A fresh one goes to a new worker; where all sit in one boat, to one of those that `renew` has just got.
        """

    def wait(self, handles: Collection[Any]) -> Iterable[Any]:
        """Return those that are over, at least one."""

    def answer(self, handle: Any) -> bytes:
        """Return what `play_batch` returned; raises Lost, also for one that is not over once all are lost, or Refused."""

    def traces(self, numbers: Collection[int]) -> Mapping[int, Sequence[Found]]:
        """Return what the dead workers left behind, by the numbers of the lost pieces."""

    def hurry(self) -> None:
        """Give what is imported before a match less time from here on: in this run that was in vain once."""

    def renew(self) -> None:
        """Get new workers where all are lost."""
