"""The matches of a stress run: played where there is room, outcomes in the order of the plans. Knows no profile, no table."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Literal

from rollback.sim.plan import MatchPlan
from rollback.sim.pool.in_order import in_order
from rollback.sim.pool.simulating import isimulate
from rollback.sim.stress import Outcome, outcome_of

__all__ = ["play_all"]


def play_all(
    plans: Sequence[MatchPlan],
    *,
    backend: Literal["serial", "process", "ray"] = "serial",
    workers: int | None = None,
    timeout: float | None = None,
    retries: int = 2,
    journal: str | os.PathLike[str] | None = None,
    on_progress: Callable[[int, int | None], None] | None = None,
) -> Generator[Outcome, None, None]:
    """Play all matches, and yield what came of them in the order of the plans.

    Closing the iterator, or an exception such as Ctrl-C, ends all processes.

    Args:
        plans: What to play.
        backend: As `rollback.sim.simulate` takes it.
        workers: How many processes.
        timeout: Seconds that a match may take.
        retries: How often a match is played again whose process died.
        journal: A file from which an interrupted run goes on.
        on_progress: Told how many are done, of how many, as they come.
    """
    results = isimulate(
        plans, backend=backend, workers=workers, timeout=timeout, retries=retries, journal=journal, on_progress=on_progress
    )
    with closing(in_order(results)) as ordered:
        for result in ordered:
            yield outcome_of(plans[result.index], result)
