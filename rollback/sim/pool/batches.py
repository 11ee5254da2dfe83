"""How many matches travel together: as many as are played in about 20 ms. Knows durations; knows no process."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from statistics import median
from typing import Final, Literal

from rollback.sim.pool.job import Job, Rules

__all__ = ["AHEAD", "Batches", "workers_of"]

AHEAD: Final = 4  # batches under way for each worker: none waits for the caller, and few are lost when one dies
TARGET: Final = 0.02  # seconds: a hundred times what handing over a batch costs, and still short for who waits for progress
MOST: Final = 4096  # matches a batch
GROWTH: Final = 8  # times what was measured: a first measurement may be far off
NEWEST: Final = 5  # measurements that count; their median is not misled by the one that imported the game


def workers_of(rules: Rules) -> int:
    """Return how many workers a run has: one less than there are processors, if nobody says; no more than matches."""
    workers = rules.workers or max(1, (os.cpu_count() or 1) - 1)
    return workers if rules.matches is None else max(1, min(workers, rules.matches))


class Batches:
    """Takes jobs from an iterator, batch by batch, only as they are asked for; what is lost comes first again.

    Args:
        jobs: Where from.
        size: Matches a batch; `auto` finds it.
    """

    def __init__(self, jobs: Iterable[Job], size: int | Literal["auto"]) -> None:
        self._jobs: Iterator[Job] = iter(jobs)
        self._back: deque[Job] = deque()
        self._is_auto = size == "auto"
        self.size = 1 if size == "auto" else int(size)
        self._largest = 1
        self._newest: deque[float] = deque(maxlen=NEWEST)

    def take(self) -> list[Job]:
        """Return the next batch; an empty one when there is nothing left to play, so far."""
        batch = [self._back.popleft() for _ in range(min(self.size, len(self._back)))]
        batch.extend(islice(self._jobs, self.size - len(batch)))
        return batch

    def put_back(self, jobs: Iterable[Job]) -> None:
        """Let lost jobs be taken again, before all others, in the order of their indices."""
        self._back = deque(sorted([*self._back, *jobs], key=lambda job: job.index))

    def measured(self, matches: int, seconds: float) -> None:
        """Tell how long playing so many took."""
        if not self._is_auto or matches < 1:
            return
        self._newest.append(seconds / matches)
        self._largest = max(self._largest, matches)
        fitting = int(TARGET / max(median(self._newest), 1e-9))
        self.size = max(1, min(fitting, self._largest * GROWTH, MOST))
