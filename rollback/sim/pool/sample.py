"""Which matches are played again, and what came of them the first time. Knows indices and results; plays nothing.

One match is drawn from the seed out of every 1 / share of them, so that the sample is spread over the run. The first of these
is drawn with others before it, each below the last one, for a run that ends before it: there is always one.
"""

from __future__ import annotations

import math
import pickle
import random
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Final

from rollback.errors import UsageError
from rollback.sim.pool.job import Job
from rollback.sim.pool.result import MatchResult

__all__ = ["Outcome", "Sample", "Seen", "outcome_of", "stand_ins"]

COMPARED: Final = ("ok", "truncated", "error")  # a match that was lost or ran out of time left nothing to compare
IN_MEMORY: Final = 1 << 20  # bytes of matches; what is more goes into a file, so that a long run takes no more memory


@dataclass(frozen=True, slots=True)
class Outcome:
    """What must be the same each time a match is played.

    Attributes:
        status: Of the match.
        digest: Of its inputs, state and scores; empty if it raised.
        error: What it raised, for people: it names lines and addresses, so it is not compared.
    """

    status: str
    digest: str
    error: str = ""

    def is_like(self, other: Outcome) -> bool:
        """Whether both are the same but for the words of an error."""
        return self.status == other.status and self.digest == other.digest


@dataclass(frozen=True, slots=True)
class Seen:
    """A match and what came of it the first time."""

    job: Job
    outcome: Outcome


def outcome_of(result: MatchResult) -> Outcome:
    """Return what of a result must be the same each time."""
    return Outcome(result.status, result.digest, result.error)


def drawn(share: float, seed: int) -> Iterator[int]:
    """Yield the indices of the sample, in order and without end.

    Args:
        share: Which part of all matches, above 0 and up to 1.
        seed: Of the run.
    """
    stratum = 0
    while True:
        low, high = (math.ceil(number / share) for number in (stratum, stratum + 1))
        yield low + _below(high - low, seed, stratum)
        stratum += 1


def stand_ins(first: int, seed: int) -> list[int]:
    """Return indices below that of the first match of the sample, in order; the greatest that was played takes its place.

    Each is drawn from all below the last one: whichever place a run ends at, all matches of it are equally likely.
    """
    found: list[int] = []
    while first:
        first = _below(first, seed, -1 - len(found))
        found.append(first)
    return found[::-1]


def _is_compared(result: MatchResult) -> bool:
    lines = result.error.strip().splitlines()
    # How much memory there is, is not the match's own: where it ran out says nothing.
    return result.status in COMPARED and not (lines and lines[-1].startswith("MemoryError"))


def _pickled(seen: Seen) -> bytes:
    try:
        return pickle.dumps(seen)
    except Exception as error:  # pickle lets through whatever the objects raise
        raise UsageError(
            f"verify plays match {seen.job.index} ({seen.job.spec.name}) again in another process, and it cannot travel there"
            f" ({type(error).__name__}: {error}): give it names and plain values"
        ) from None


def _below(limit: int, seed: int, place: int) -> int:
    return random.Random(f"played again {seed} {place}").randrange(limit)


class Sample:
    """Keeps what a part of the matches came to.

    Args:
        share: Which part, from 0 (nothing is kept) to 1 (everything).
        seed: Of the run.
    """

    def __init__(self, share: float, seed: int) -> None:
        self.share = share
        self._drawn = drawn(share, seed) if share else iter(())
        self._next = next(self._drawn, -1)
        self._places = frozenset(stand_ins(self._next, seed) if share else ())
        self._waiting: dict[int, Job] = {}
        self._stand_in: Seen | None = None
        self._count = 0
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)

    def watch(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """Pass jobs on, all from index 0 on in their order, and keep those of the sample."""
        for job in jobs:
            if job.index == self._next:
                self._next = next(self._drawn)
                self._waiting[job.index] = job
            elif job.index in self._places:
                self._waiting[job.index] = job
            yield job

    def take(self, result: MatchResult) -> None:
        """Take note of a result, whether it belongs to the sample or not.

        Raises:
            UsageError: It does, and its match cannot travel to another process.
        """
        job = self._waiting.pop(result.index, None)
        if job is None or not _is_compared(result):
            return
        seen = Seen(job, outcome_of(result))
        if job.index not in self._places:
            self._file.write(_pickled(seen))
            self._count += 1
        elif self._stand_in is None or self._stand_in.job.index < job.index:
            _pickled(seen)
            self._stand_in = seen

    def __len__(self) -> int:
        return self._count or int(self._stand_in is not None)

    def __iter__(self) -> Iterator[Seen]:
        """Yield the matches of the sample that have a result, in the order in which those came."""
        self._file.seek(0)
        for _ in range(self._count):
            yield pickle.load(self._file)
        self._file.seek(0, 2)
        if self._stand_in is not None and not self._count:
            yield self._stand_in

    def close(self) -> None:
        """Forget all."""
        self._file.close()
