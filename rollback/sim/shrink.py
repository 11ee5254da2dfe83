"""A failing match made as small as it can be while it still fails the same way. Knows plans; knows no process and no file.

Greedy, as in delta debugging (Zeller and Hildebrandt, 2002): one simplification after another is tried, and kept where the
match still fails; from the beginning again until none helps. What is found is small, not smallest.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from rollback.errors import RollbackError
from rollback.sim.link import Link
from rollback.sim.plan import MatchPlan

__all__ = ["Shrunk", "failure_of", "shrink"]

MOST: Final = 300  # matches played at most: a minute or two for a small game


@dataclass(frozen=True, slots=True)
class Shrunk:
    """What is left of a failing match.

    Attributes:
        plan: The smallest one that was found; `failing` says how it fails.
        tried: Matches played to find it.
    """

    plan: MatchPlan
    tried: int


def failure_of(plan: MatchPlan, run: Callable[[MatchPlan], Any] = lambda plan: plan.run()) -> tuple[str, int]:
    """Return the oracle that did not hold first in a match, and its frame; ("", -1) where all held."""
    try:
        report = run(plan)
    except RollbackError as error:
        return f"{type(error).__name__}", 0
    if not report.failures:
        return "", -1
    first = report.failures[0]
    return first.oracle, first.frame


def shrink(
    plan: MatchPlan,
    run: Callable[[MatchPlan], Any] = lambda plan: plan.run(),
    on_try: Callable[[int, MatchPlan], None] = lambda tried, plan: None,
) -> Shrunk:
    """Reduce a failing match to the fewest incidents, the shortest time and the simplest link that still fail.

    Args:
        plan: A match with an oracle that does not hold.
        run: Plays a plan and returns its report.
        on_try: Told of each match played, with the smallest plan so far.

    Returns:
        The plan itself, where it does not fail.
    """
    oracle, frame = failure_of(plan, run)
    tried = 1
    if not oracle:
        return Shrunk(plan, tried)
    seen = {repr(plan)}
    best = dataclasses.replace(plan, failing=oracle)
    smaller = True
    while smaller and tried < MOST:
        smaller = False
        for candidate in _simpler(best, frame):
            if repr(candidate) in seen:
                continue
            if tried >= MOST:
                break
            seen.add(repr(candidate))
            tried += 1
            found, at = failure_of(candidate, run)
            on_try(tried, best)
            if found == oracle:
                best, frame, smaller = candidate, at, True
                break
    return Shrunk(best, tried)


def _simpler(plan: MatchPlan, frame: int) -> Iterator[MatchPlan]:
    """Yield plans that are simpler by one thing each, those that take most away first."""
    for end in _shorter(plan.frames, frame):
        yield dataclasses.replace(plan, frames=end)
    incidents = plan.incidents
    for size in sorted({len(incidents), len(incidents) // 2, 1} - {0}, reverse=True):
        for start in range(0, len(incidents), size):
            yield dataclasses.replace(plan, incidents=incidents[:start] + incidents[start + size :])
    for link in _links(plan.link):
        yield dataclasses.replace(plan, link=link)
    plainest: dict[str, Any] = {"skew_ppm": (), "phases": (), "seats": (), "delays": (0,)}
    for name, value in plainest.items():
        if getattr(plan, name) != value:
            yield dataclasses.replace(plan, **{name: value})


def _shorter(frames: int, failed_at: int) -> Iterator[int]:
    """Yield shorter lengths, down to just past the failure: what comes after it can hardly matter."""
    for end in (failed_at + 1, failed_at + 2, failed_at + 10, frames // 2, frames * 3 // 4, frames - 10, frames - 1):
        if 1 <= end < frames:
            yield end


def _links(link: Link) -> Iterator[Link]:
    """Yield simpler links: without one impairment, then with half, then with rounder numbers."""
    perfect = Link()
    changed = [field.name for field in dataclasses.fields(link) if getattr(link, field.name) != getattr(perfect, field.name)]
    for name in changed:
        yield dataclasses.replace(link, **{name: getattr(perfect, name)})
    for name in changed:
        value = getattr(link, name)
        if name in ("latency_ms", "jitter_ms"):
            for simpler in (round(value / 2), round(value, -1), round(value) - 1):
                if 0 <= simpler < value:
                    yield _changed(link, name, float(simpler))
        elif name in ("loss", "duplicate", "reorder"):
            for simpler in (round(value / 2, 3), round(value, 1)):
                if 0 < simpler < value:
                    yield _changed(link, name, simpler)
        elif name == "blackouts":
            for place in range(len(value)):
                yield dataclasses.replace(link, blackouts=value[:place] + value[place + 1 :])


def _changed(link: Link, name: str, value: Any) -> Link:
    return dataclasses.replace(link, **{name: value})
