"""On what terms a run may begin: not while active, not twice the same, and with what it was begun with. Knows no process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rollback.studio.refusals import Refused
from rollback.studio.run import Facts, Run

__all__ = ["check_alone", "check_locked", "check_resting"]


def check_resting(run: Run) -> None:
    """Hold that a run has no process.

    Raises:
        Refused: It has.
    """
    if run.is_active:
        raise Refused("running", f"the run {run.name} is {run.state.value} already: stop it first, or start another one")


def check_alone(runs: Iterable[Run], facts: Facts) -> None:
    """Hold that no active run trains the very same.

    Raises:
        Refused: One does.
    """
    for other in runs:
        if other.is_active and other.facts.is_same_training(facts):
            sentence = f"the run {other.name} is {other.state.value} and trains the very same: take another seed or parameter"
            raise Refused("running", sentence)


def check_locked(run: Run, given: Mapping[str, Any]) -> None:
    """Hold that a run goes on with what it was begun with.

    Args:
        run: The run.
        given: `algo`, `env`, `seed` and parameters; None or an empty text is not given.

    Raises:
        Refused: Something that was given is another one, or nobody knows what it was begun with.
    """
    facts = run.facts
    if not facts.algorithm:
        raise Refused("failed", f"the run {run.name} cannot go on: {run.reason or 'its run.json does not say what it is'}")
    locked = {"algo": facts.algorithm, "env": facts.environment, "seed": facts.seed, **facts.parameters}
    for name, value in given.items():
        if value is not None and value != "" and value != locked.get(name):
            held = f"{name} of the run {run.name} is {locked.get(name)!r:.60} for good"
            raise Refused("running", f"{held}: start a new run to train with {value!r:.60}")
