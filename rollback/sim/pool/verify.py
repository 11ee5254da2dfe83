"""Whether matches come out the same when they are played again, and what they depend on if not. Knows a sample, no backend.

All matches of the sample are played in one new process, with another hash seed and at another time, the last one first and at
the end once more: so each finds in its process the traces of others than the first time. What is the same in all processes
of this machine, such as its packages and its files, is not changed, and cannot be seen.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Final

from rollback.errors import NotReproducible
from rollback.sim.pool.causes import TRIED, causes_of
from rollback.sim.pool.conditions import Conditions
from rollback.sim.pool.fresh import Answer, Fresh
from rollback.sim.pool.sample import Outcome, Sample, Seen

__all__ = ["verify"]

HASH_SEEDS: Final = ("20201", "50021")  # one of them is not our own
LATER: Final = 40_000_000.5  # seconds, more than a year: a game that reads only the date is to notice as well
NOTHING: Final = (
    f"In new processes that differ in {', '.join(TRIED[:-1])} or {TRIED[-1]} it comes out the same: look for what the process"
    " that played it first had of its own, such as its environment, its packages, or what was played there before."
)
BEFORE: Final = 2  # other matches of the sample that are played before one whose causes are looked for


def verify(sample: Sample, timeout: float | None = None) -> int:
    """Play the matches of a sample again, and hold that they come out the same; return how many were played.

    Args:
        sample: What to play, and what came of it.
        timeout: Seconds after which a match ends its process; None lets it take its time.

    Raises:
        NotReproducible: A match came out differently; it names the first one, and what it depends on.
        UsageError: A match of the sample cannot travel to another process, or none can be started.
    """
    seen = sorted(sample, key=lambda each: each.job.index)
    if not seen:
        return 0
    answers = _again(seen, timeout)
    different = [place for place, each in enumerate(seen) if any(not each.outcome.is_like(a.outcome) for a in answers[place])]
    if different:
        raise _difference(seen, answers, different, timeout)
    return len(seen)


def _again(seen: Sequence[Seen], timeout: float | None) -> list[list[Answer]]:
    """Return what came of each, by place; those after one that ended the process were not played."""
    order = [*range(len(seen) - 1, -1, -1), len(seen) - 1]
    ours = os.environ.get("PYTHONHASHSEED")
    conditions = Conditions(hash_seed=next(each for each in HASH_SEEDS if each != ours), clock=time.time() + LATER)
    with Fresh([seen[place].job for place in order], conditions, timeout) as process:
        answers = process.answers()
    found: list[list[Answer]] = [[] for _ in seen]
    for place, answer in zip(order, answers, strict=False):
        found[place].append(answer)
    return found


def _difference(
    seen: Sequence[Seen], answers: Sequence[Sequence[Answer]], different: Sequence[int], timeout: float | None
) -> NotReproducible:
    place = different[0]
    job, first = seen[place].job, seen[place].outcome
    then = next(answer.outcome for answer in answers[place] if not answer.outcome.is_like(first))
    causes = causes_of(job, [each.job for each in seen if each is not seen[place]][:BEFORE], timeout)
    found = f"It depends on {'; and on '.join(causes)}." if causes else NOTHING
    count = f"{len(different)} of the {len(seen)} matches that were played again differ" if len(seen) > 1 else ""
    others = f" ({count})" if count else ""
    return NotReproducible(
        f"match {job.index} ({job.spec.name}, seed {job.seed}) came out differently when it was played again in a new process:"
        f" {_shown(first)}, then {_shown(then)}{others}. {found}",
        index=job.index,
        game=job.spec.name,
        seed=job.seed,
        causes=causes,
    )


def _shown(outcome: Outcome) -> str:
    words = f"{outcome.status} {outcome.digest[:12]}".strip()
    error = outcome.error.strip()
    return f"{words} ({error.splitlines()[-1]})" if error else words
