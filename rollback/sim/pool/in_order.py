"""Results in the order of their specs, as soon as that can be. Knows indices; knows no backend."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

from rollback.sim.pool.result import MatchResult

__all__ = ["in_order"]


def in_order(results: Generator[MatchResult, None, None]) -> Generator[MatchResult, None, None]:
    """Yield each result after those of all specs before it; one that comes early waits.

    Closing it closes `results`, and so ends a run.

    Args:
        results: What `isimulate` returned: every index from 0 on, once, in any order.
    """
    early: dict[int, MatchResult] = {}
    following = 0
    with closing(results):
        for result in results:
            early[result.index] = result
            while following in early:
                yield early.pop(following)
                following += 1
