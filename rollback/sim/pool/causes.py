"""What a match depends on besides its seed, found by changing one thing at a time. Knows new processes; raises nothing.

A match is played in a process of which everything is set that can be, and in another that is set the same: if they differ, it
looks at something that is new in every process. Otherwise one thing is changed in each further process, and those that make a
difference are the causes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Final

from rollback.sim.pool.conditions import Conditions
from rollback.sim.pool.fresh import Answer, Fresh
from rollback.sim.pool.job import Job

__all__ = ["CAUSES", "NEW", "TRIED", "causes_of"]

SET: Final = Conditions(hash_seed="1", random=1, numpy=1, clock=1_700_000_000.0, process=4242)
NEW: Final = (
    "something that is new in every process (os.urandom, uuid4, a random generator made without a seed, datetime.now, id(), or"
    " the time between threads)"
)
CAUSES: Final = {
    "hash_seed": "the hash seed (PYTHONHASHSEED: hash() of a text, the order of a set)",
    "random": "the global generator of random",
    "numpy": "the global generator of numpy.random",
    "clock": "the time (a clock of the module time)",
    "process": "the worker (os.getpid)",
    "before": "the worker (the matches it played before: a variable of a module or a class that keeps what they did)",
}
TRIED: Final = ("hash seed", "random generators", "time", "number", "the matches played before")
HASH_SEEDS: Final = ("2", "3", "31415926")  # those after the first if nothing is found: a set of two has only two orders
OTHER: Final[Mapping[str, Any]] = {"random": 2, "numpy": 2, "clock": 1_800_000_000.5, "process": 31337}
AGAIN: Final = 3  # times that a match is played after others, each time after one more: two could cancel each other out


def causes_of(job: Job, others: Sequence[Job], timeout: float | None) -> list[str]:
    """Return in words what the match depends on; none if nothing that was tried makes a difference.

    Args:
        job: The match.
        others: Matches that are played before it where that is tried; it is itself one of them.
        timeout: Seconds after which a match counts as lost; None lets it take its time.
    """
    first, again = _in_new_processes([[job], [job]], [SET, SET], timeout)
    if not _alike(first, again):
        return [NEW]
    looked_at = first[0].looked_at
    made = [_with("hash_seed", HASH_SEEDS[0]), *(_with(name, OTHER[name]) for name in looked_at)]
    warm = [*others, job] * AGAIN
    *found, after = _in_new_processes([*[[job]] * len(made), warm], [*made, SET], timeout)
    causes = [name for name, answers in zip(("hash_seed", *looked_at), found, strict=True) if not _alike(first, answers)]
    if not _alike(first, [answer for answer, played in zip(after, warm, strict=False) if played is job]):
        causes.append("before")
    if not causes:
        more = _in_new_processes([[job]] * len(HASH_SEEDS[1:]), [_with("hash_seed", seed) for seed in HASH_SEEDS[1:]], timeout)
        causes = ["hash_seed"] * (not all(_alike(first, answers) for answers in more))
    return [CAUSES[name] for name in causes]


def _with(name: str, value: Any) -> Conditions:
    return dataclasses.replace(SET, **{name: value})


def _in_new_processes(jobs: Sequence[Sequence[Job]], made: Sequence[Conditions], timeout: float | None) -> list[list[Answer]]:
    """Play each of the lists in a process of its own, all at the same time."""
    with ExitStack() as stack:
        started = [stack.enter_context(Fresh(*each, timeout)) for each in zip(jobs, made, strict=True)]
        return [each.answers() for each in started]


def _alike(first: Sequence[Answer], others: Sequence[Answer]) -> bool:
    """Whether the match came out each time as it did the first time."""
    return all(answer.outcome.is_like(first[0].outcome) for answer in others)
