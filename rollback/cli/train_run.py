"""A training from its folder to its end: begun or resumed, driven, interrupted, tried. Knows runs; knows no option.

The trainer is the studio's own, so that a run is the same thing there and here.
"""

from __future__ import annotations

import difflib
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rollback.agents.checkpoints import RunFolder, Runs, is_id
from rollback.agents.training import ALGORITHMS, algorithm_from, algorithm_named, filled, make_algorithm
from rollback.cli.progress import Bar, progress
from rollback.cli.train_ends import Ends
from rollback.cli.train_looks import IN_A_ROW, Looks
from rollback.cli.train_outcome import Outcome, main_figure
from rollback.errors import CheckpointError, RollbackError, UsageError
from rollback.studio.points import rows_of
from rollback.studio.run import Facts
from rollback.studio.trainer import Job, Trainer

__all__ = ["Course", "Ends", "algorithm_for", "resumed", "started", "trained"]

# Games each is tried in.
TRIED: Final = {"q-learning": 200, "cross-entropy": 50, "self-play": 40, "self-play-q-learning": 40}
SHOWN_EVERY: Final = 0.25  # seconds
_MEAN_OF: Final = 100  # episodes
_SIGNALS: Final = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@dataclass(frozen=True, slots=True)
class Course:
    """A training that can begin.

    Attributes:
        folder: Where it is kept.
        job: What to do.
        ends: When it stops.
    """

    folder: RunFolder
    job: Job
    ends: Ends


def algorithm_for(environment: str) -> str:
    """Return the algorithm that learns an environment.

    Raises:
        UsageError: There is none; the closest environment is told.
    """
    offered: dict[str, str] = {}
    for name in ALGORITHMS:
        for each in algorithm_named(name).environments:
            offered.setdefault(each, name)
    place = environment.strip().partition("?")[0]
    for each, name in offered.items():
        if each.partition("?")[0] == place.lower() or (name == "q-learning" and place.endswith("GridWorld-v0")):
            return name
    close = difflib.get_close_matches(environment, [*offered, *(each.partition("?")[0] for each in offered)], n=1)
    meant = f", did you mean {close[0]}? Take" if close else ": take"
    raise UsageError(f"there is nothing to learn {environment[:80]!r} by{meant} one of {', '.join(offered)}")


def started(
    runs: Path, environment: str, algorithm: str, parameters: Mapping[str, Any], seed: int, name: str, ends: Ends
) -> Course:
    """Make the folder of a new run, once it is sure that it can begin.

    Raises:
        UsageError: Something in it is not allowed.
        CheckpointError: The folder cannot be made.
    """
    algorithm = algorithm or algorithm_for(environment)
    values = filled(algorithm_named(algorithm).parameters, parameters)
    ends = ends.settled(algorithm, environment=environment)
    made = make_algorithm(algorithm, environment, values, seed)
    facts = Facts(algorithm, environment, values, seed, ends.episodes, time.time())
    family, _, query = environment.partition("?")
    like = "-".join([family.rpartition("/")[2], *(pair.partition("=")[2] for pair in query.split("&") if pair)])
    folder = Runs(runs).create(facts.plain(), name, like=like)
    return Course(folder, _job(folder, facts, ends, made.settings), ends)


def resumed(runs: Path, name: str, ends: Ends, workers: int | None) -> Course:
    """Return the course that goes on from a run's newest checkpoint.

    Raises:
        UsageError: The name is none, the run is none that can be trained here, or is past its end already.
        CheckpointError: There is no such run, or it has nothing to go on from.
    """
    short = Path(name).name
    if short != name and is_id(short) and Path(name).is_dir():
        place = "" if Path(name).parent == runs else f" --runs {Path(name).parent}"
        raise UsageError(f"--resume takes the name of a run, and {name[:200]} is a folder: say --resume {short}{place}")
    folder = Runs(runs).find(name)
    facts = Facts.from_plain(folder.facts())
    newest = folder.newest()
    if newest is None or newest.checkpoint is None:
        raise CheckpointError(f"the run {name} has no checkpoint to go on from: start a new one")
    ends.check_ahead(newest.checkpoint.step, newest.checkpoint.episode)
    ends = ends.settled(facts.algorithm, newest.checkpoint.step, facts.environment)
    parameters = dict(facts.parameters)
    if workers is not None:
        parameters = dict(filled(algorithm_named(facts.algorithm).parameters, {**parameters, "workers": workers}))
    return Course(folder, _job(folder, facts, ends, parameters, newest.name), ends)


def _job(folder: RunFolder, facts: Facts, ends: Ends, parameters: Mapping[str, Any], checkpoint: str = "") -> Job:
    return Job(
        str(folder.path), facts.algorithm, facts.environment, parameters, facts.seed, ends.episodes, checkpoint, "headless"
    )


def trained(course: Course, tried: int | None = None) -> Outcome:
    """Train to the end, or until Ctrl-C, save, and try what was learned.

    Args:
        course: What to do.
        tried: Episodes it is tried in; None: as many as are usual.

    Raises:
        RollbackError: It cannot begin, or cannot be saved.
    """
    job, ends = course.job, course.ends
    count = TRIED.get(job.algorithm, 50) if tried is None else tried
    total = ends.steps or ends.episodes or None
    with progress("training", total) as bar, _caught() as caught:
        view = _View(bar, by_episodes=not ends.steps and bool(ends.episodes))
        trainer = Trainer(job, course.folder, view.take)
        begun, before = trainer.algorithm.steps, time.monotonic()
        try:
            is_reached = _drive(trainer, ends, caught, view)
        except Exception:
            with suppress(RollbackError):  # what stopped it is the one thing to be told
                trainer.close()
            raise
        seconds = time.monotonic() - before
        trainer.close()
    newest = course.folder.newest()
    evaluation: Mapping[str, float] = {}
    if newest is not None and newest.checkpoint is not None and count and not caught:
        evaluation = algorithm_from(newest.checkpoint).evaluate(count)
    best = next((each.path for each in course.folder.saved() if each.kind == "best"), None)
    return Outcome(
        run=course.folder.name,
        folder=course.folder.path,
        algorithm=job.algorithm,
        environment=job.environment,
        seed=job.seed,
        episodes=trainer.algorithm.episodes,
        steps=trainer.algorithm.steps,
        seconds=seconds,
        steps_per_second=(trainer.algorithm.steps - begun) / max(seconds, 1e-9),
        evaluation=evaluation,
        until=ends.until,
        is_reached=None if caught or ends.until is None else is_reached,
        newest=None if newest is None else newest.path,
        best=best,
        ends=tuple(ends.words) if caught else ("--steps", str(2 * max(trainer.algorithm.steps, 1))),
        caught=128 + caught[0] if caught else 0,
    )


def _drive(trainer: Trainer, ends: Ends, caught: list[int], view: _View) -> bool:
    """Train until something ends it; return whether what was to be reached was.

    It looks at what is neither trained on nor part of the final figure, which would flatter who stops by it.
    """
    looks = None if ends.until is None else Looks(trainer.folder, trainer.algorithm.name, trainer.algorithm.steps)
    aim = ends.until or 0.0
    while not caught and not trainer.is_finished:
        done = trainer.algorithm.steps
        if ends.steps and done >= ends.steps:
            break
        if looks is not None and done >= looks.due:
            looks.found(done, view.looked(trainer))
            if looks.good(aim) >= IN_A_ROW:
                return True
        limits = ([ends.steps] if ends.steps else []) + ([looks.due] if looks is not None else [])
        trainer.advance(at_most=max(1, min(limits) - done) if limits else 0)
        view.show(trainer.algorithm.steps, trainer.algorithm.episodes)
    if looks is None or caught:
        return False
    good = looks.good(aim)
    if good < IN_A_ROW and not looks.was_at(trainer.algorithm.steps):  # where it ended is looked at too
        figure = view.looked(trainer)
        good = good + 1 if figure is not None and figure >= aim else 0
    return good >= IN_A_ROW


class _View:
    """The bar, told what the trainer tells."""

    def __init__(self, bar: Bar, *, by_episodes: bool) -> None:
        self.figure: tuple[str, float] | None = None
        self._bar = bar
        self._by_episodes = by_episodes
        self._rewards: list[float] = []
        self._epsilon = 0.0
        self._next = 0.0

    def looked(self, trainer: Trainer) -> float | None:
        """Look how well it plays where it was neither trained nor is tried in the end; None where nothing can be said."""
        self.figure = main_figure(trainer.algorithm.validate(TRIED.get(trainer.algorithm.name, 50)))
        return None if self.figure is None else self.figure[1]

    def take(self, told: Mapping[str, Any] | bytes) -> None:
        if isinstance(told, bytes) and self._bar.is_shown:  # the points; parsed only where somebody sees what comes of it
            rows = rows_of(b"".join(told.splitlines(keepends=True)[-_MEAN_OF:]))
            self._rewards = [*self._rewards, *(row[2] for row in rows)][-_MEAN_OF:]
            self._epsilon = rows[-1][4]

    def show(self, steps: int, episodes: int) -> None:
        now = time.monotonic()
        if now < self._next or not self._bar.is_shown:
            return
        self._next = now + SHOWN_EVERY
        reward = sum(self._rewards) / len(self._rewards) if self._rewards else 0.0
        words = [f"episode {episodes:,}", f"reward {reward:.1f}"]
        words += [f"epsilon {self._epsilon:.2f}"] if self._epsilon else []
        words += [f"{self.figure[0]} {self.figure[1]:.3g}"] if self.figure else []
        self._bar.on_progress(episodes if self._by_episodes else steps)
        self._bar.tell("  ".join(words))


@contextmanager
def _caught() -> Iterator[list[int]]:
    """Yield the list that the first of the signals goes into; the second one does what it always does."""
    caught: list[int] = []
    before: dict[int, Any] = {}

    def catch(number: int, frame: Any) -> None:
        caught.append(number)
        for each, handler in before.items():
            signal.signal(each, handler)

    for each in _SIGNALS:
        before[each] = signal.signal(each, catch)
    try:
        yield caught
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
