"""Specs with their numbers and seeds, and a look at whether they are any. Knows no backend and no result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from rollback.errors import UsageError
from rollback.sim.pool.job import Job
from rollback.sim.pool.played import Spec
from rollback.sim.pool.seeds import MAX_SEED, seeds_of

__all__ = ["numbered"]

METHODS: Final = ("play", "to_dict", "parcels")


def numbered(specs: Iterable[Spec], seed: int) -> Iterator[Job]:
    """Yield each spec with its index and its seed: its own one where it has one, else that of the run and the index.

    Raises:
        UsageError: One of them is no spec, or its own seed is none.
    """
    seed_at = seeds_of(seed)
    known: type | None = None  # mostly all are of one kind, which is looked at once
    for index, spec in enumerate(specs):
        if type(spec) is not known:
            _check(index, spec)
            known = type(spec)
        own = getattr(spec, "seed", None)
        if own is None:
            own = seed_at(index)
        elif not isinstance(own, int) or not 0 <= own <= MAX_SEED:
            raise UsageError(f"specs[{index}] has the seed {own!r:.80}: a whole number from 0 to {MAX_SEED} is needed, or None")
        yield Job(index, own, spec)


def _check(index: int, spec: Any) -> None:
    lacking = [name for name in METHODS if not callable(getattr(spec, name, None))]
    try:
        if not isinstance(spec.tags, Mapping):
            lacking.append("tags")
    except Exception:  # a user's class may raise anything
        lacking.append("tags")
    if lacking:
        what = f", which has no {' and no '.join(lacking)}" if len(lacking) <= len(METHODS) else ""
        raise UsageError(f"specs[{index}] is no match: a MatchSpec(game=...) is needed, not {spec!r:.80}{what}")
