"""Matches one after the other, in this process and thread: the reference that every backend is held to. Knows no process."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from rollback.sim.pool.job import Job, Rules
from rollback.sim.pool.played import Shared
from rollback.sim.pool.result import MatchResult
from rollback.sim.pool.worker import play_one

__all__ = ["run"]


def run(jobs: Iterator[Job], rules: Rules) -> Generator[MatchResult, None, None]:
    """Play one job after the other, and yield each result before the next job is taken."""
    shared = Shared()
    for job in jobs:
        yield play_one(job, shared)
