"""On what terms a run may begin: not while active, not twice the same, and with what it was begun with. Knows no process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rollback.studio.refusals import Refused
from rollback.studio.run import Facts, Run
from rollback.studio.states import State

__all__ = ["check_alone", "check_end", "check_here", "check_locked", "check_resting", "check_training"]


def check_here(run: Run) -> None:
    """Hold that no other process trains a run.

    Raises:
        Refused: One does.
    """
    if run.state is State.ELSEWHERE:
        raise Refused(
            "running", f"the run {run.name} is being trained by another process, a studio or rollback train: stop it there"
        )


def check_resting(run: Run) -> None:
    """Hold that a run has no process, neither here nor elsewhere.

    Raises:
        Refused: It has.
    """
    check_here(run)
    if run.is_active:
        raise Refused("running", f"the run {run.name} is {run.state.value} already: stop it first, or start another one")


def check_training(run: Run, otherwise: str) -> None:
    """Hold that a run trains here, or is paused.

    Raises:
        Refused: It does not; `otherwise` says what to do.
    """
    check_here(run)
    if run.state not in (State.RUNNING, State.PAUSED):
        raise Refused("running", f"the run {run.name} is {run.state.value}: {otherwise}")


def check_alone(runs: Iterable[Run], facts: Facts) -> None:
    """Hold that no run that is being trained, here or elsewhere, trains the very same.

    Raises:
        Refused: One does.
    """
    for other in runs:
        if (other.is_active or other.state is State.ELSEWHERE) and other.facts.is_same_training(facts):
            doing = "being trained by another process" if other.state is State.ELSEWHERE else other.state.value
            sentence = f"the run {other.name} is {doing} and trains the very same: take another seed or parameter"
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


def check_end(run: Run, episodes: int, done: int, otherwise: str) -> None:
    """Hold that the end of a run is not brought nearer, and that there is something to train before it.

    Args:
        run: The run.
        episodes: After how many it is to be finished; 0: never. Who has no end may be given one.
        done: How many what it would go on from has made.
        otherwise: What to do where it would be finished at once.

    Raises:
        Refused: It is, or there is not.
    """
    held = run.facts.episodes
    if 0 < episodes < held:
        raise Refused("running", f"the run {run.name} is to make {held:,} episodes, which can only be raised: not {episodes:,}")
    if 0 < episodes <= done:
        raise Refused("running", f"the run {run.name} has made its {episodes:,} episodes: {otherwise}")
