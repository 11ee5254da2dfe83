"""What can be done with a run that no process trains: name what it learned, try it, begin anew. Trains nothing itself."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from rollback.agents.checkpoints import Checkpoint, RunFolder
from rollback.agents.training import algorithm_from, make_algorithm
from rollback.errors import CheckpointError, RollbackError
from rollback.studio.history import begin_anew
from rollback.studio.refusals import Refused
from rollback.studio.reports import Tell, heard
from rollback.studio.run import Run
from rollback.studio.shelf import Shelf, on_disk
from rollback.studio.states import Cause
from rollback.studio.tasks import Tasks

__all__ = ["AtRest"]

WITHIN: Final = 5.0  # seconds of an evaluation: the studio cannot end before it has

Report = dict[str, Any]


class AtRest:
    """Does it in threads: nobody else waits.

    Args:
        shelf: The runs.
        tasks: Where an evaluation goes on.
        tell: Takes events and their payloads.
    """

    def __init__(self, shelf: Shelf, tasks: Tasks, tell: Tell) -> None:
        self._shelf = shelf
        self._tasks = tasks
        self._tell = tell
        self._trial: asyncio.Task[None] | None = None

    async def name(self, run: Run, name: str) -> None:
        """Save what a run has learned under a name.

        Raises:
            Refused: It has learned nothing yet, or the name or the disk does not allow it.
        """
        heard(run, await self._shelf.alone(lambda: _named(run.folder, name)), self._tell)

    def evaluate(self, run: Run, episodes: int) -> None:
        """Have found out how well a run plays; what comes of it is told.

        Raises:
            Refused: Another one is being evaluated.
        """
        if self._trial is not None and not self._trial.done():
            raise Refused("running", "a run that rests is being evaluated already: try again in some seconds")
        self._trial = self._tasks.start(self._evaluate(run, episodes))

    async def begin_anew(self, run: Run) -> None:
        """Replace what a run has learned by a fresh agent; the other is put aside.

        Raises:
            Refused: Another process trains it, or the disk does not do it.
        """
        facts = run.facts

        def anew() -> str:
            fresh = make_algorithm(facts.algorithm, facts.environment, facts.parameters, facts.seed)
            return begin_anew(run.folder, fresh.checkpoint())

        aside = await self._shelf.alone(anew)
        run.happened(Cause.RESET)
        run.reason, run.last_words, run.picture = "", (), None
        heard(run, {"is": "reset", "aside": aside, "episode": 0, "step": 0, "epsilon": 0.0}, self._tell)

    async def _evaluate(self, run: Run, episodes: int) -> None:
        try:
            report = await on_disk(lambda: _evaluated(run.folder, episodes))
        except RollbackError as error:
            report = {"is": "refused", "command": "evaluate", "message": str(error)}
        heard(run, report, self._tell)


def _named(folder: RunFolder, name: str) -> Report:
    """Save what a run has learned under a name of one's own; return what is told of it, as a `Trainer` does.

    Raises:
        UsageError: The name is none, or is kept for what is saved by itself.
        CheckpointError: There is nothing to save, another process trains the run, or the disk does not take it.
    """
    with folder.writing():
        held = _newest(folder)
        folder.save(held, name)
    told = {"names": [name], "hash": held.hash, "parent": held.parent, "metrics": dict(held.metrics)}
    return {"is": "saved", **told, "by_hand": True, "episode": held.episode, "step": held.step}


def _evaluated(folder: RunFolder, episodes: int) -> Report:
    """Return how well a run plays that rests, from where it never trained; in fewer episodes where they take too long.

    Raises:
        UsageError: What it was trained on is not known here.
        CheckpointError: There is nothing to play.
    """
    held = _newest(folder)
    algorithm = algorithm_from(held)
    before = time.monotonic()
    metrics = algorithm.evaluate(1)
    affordable = int(WITHIN / max(time.monotonic() - before, 1e-6))
    if min(episodes, affordable) > 1:
        metrics = algorithm.evaluate(min(episodes, affordable))
    return {"is": "evaluated", "metrics": metrics, "episode": held.episode, "step": held.step, "epsilon": held.epsilon}


def _newest(folder: RunFolder) -> Checkpoint:
    newest = folder.newest()
    if newest is None or newest.checkpoint is None:
        raise CheckpointError(f"the run {folder.name} has learned nothing yet: start it first")
    return newest.checkpoint
