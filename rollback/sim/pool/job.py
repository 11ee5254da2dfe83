"""A match with its number and seed, and the rules of a run. Knows no backend and no result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

from rollback.sim.pool.played import Spec

__all__ = ["Batch", "Job", "Rules"]

ALIKE: Final = 8  # newest specs of a batch that one more is compared with: those that repeat do so in rounds


@dataclass(frozen=True, slots=True)
class Job:
    """One match of a run.

    Attributes:
        index: Its place among the specs.
        seed: What it is played with.
        spec: What is played.
    """

    index: int
    seed: int
    spec: Spec

    def __reduce__(self) -> tuple[Any, ...]:
        return Job, (self.index, self.seed, self.spec)  # a fifth of what a slotted dataclass takes by itself


@dataclass(frozen=True, slots=True)
class Rules:
    """How a run is played; `simulate` has checked the values.

    Attributes:
        seed: Of the run.
        workers: How many processes; None takes one less than there are processors, and one at least.
        batch: Matches that travel together; `auto` takes as many as are played in about 20 ms.
        retries: How often a match is tried again whose worker it killed.
        timeout: Seconds after which a match is ended; None lets it take its time.
        memory_mb: What a worker may take in MiB; None sets no limit.
        matches: How many there are, None where nobody knows: more workers than that are of no use.
    """

    seed: int = 0
    workers: int | None = None
    batch: int | Literal["auto"] = "auto"
    retries: int = 2
    timeout: float | None = None
    memory_mb: int | None = None
    matches: int | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Matches that travel together; equal specs travel once.

    Attributes:
        specs: The different ones.
        matches: (index, seed, place in `specs`) of each.
        parcels: The SHA-256 of each parcel they need, by its name.
    """

    specs: tuple[Spec, ...]
    matches: tuple[tuple[int, int, int], ...]
    parcels: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, jobs: Iterable[Job], parcels: Iterable[tuple[str, str]] = ()) -> Batch:
        """Return the batch of these jobs."""
        specs: list[Spec] = []
        places: dict[int, int] = {}  # by id(): the specs are held, so that none is taken for another
        matches: list[tuple[int, int, int]] = []
        for job in jobs:
            spec = job.spec
            place = places.get(id(spec))
            if place is None:
                first = max(0, len(specs) - ALIKE)
                place = next((at for at in range(len(specs) - 1, first - 1, -1) if _same(specs[at], spec)), -1)
                if place < 0:
                    place = len(specs)
                    specs.append(spec)
                    places[id(spec)] = place
            matches.append((job.index, job.seed, place))
        return cls(tuple(specs), tuple(matches), tuple(parcels))

    def jobs(self) -> list[Job]:
        """Return the jobs again."""
        specs = self.specs
        return [Job(index, seed, specs[place]) for index, seed, place in self.matches]

    def __len__(self) -> int:
        return len(self.matches)


def _same(one: Spec, two: Spec) -> bool:
    """Return whether two specs are equal, and their tags written alike: 1, 1.0 and True are equal, and not the same tag."""
    return one == two and repr(one.tags) == repr(two.tags)
