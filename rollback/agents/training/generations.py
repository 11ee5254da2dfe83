"""Training by generations: draw vectors, let each play its trials, move to the best. Knows no game; a kind of trial brings it.

All that is random is drawn where a generation begins, and a trial follows from its spec alone. So it makes no difference in
which slices a training is advanced, nor on how many processes its trials are played.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, Protocol, Self

from rollback.agents.checkpoints import Array, Checkpoint, state_of
from rollback.agents.training.algorithm import EpisodePoint
from rollback.agents.training.cloud_saved import arrays_of, cloud_from, generation_from
from rollback.agents.training.noisy import Cloud, Vector
from rollback.agents.training.parameters import Parameter, Value, checked_seed, filled
from rollback.errors import CheckpointError, RollbackError, UsageError
from rollback.sim import simulate
from rollback.sim.pool.played import Spec

__all__ = ["PARAMETERS", "Generations", "Result", "Trial", "TrialSpec", "played"]

Result = tuple[int, int]  # what counts, and the steps it took


PARAMETERS: Final = (
    Parameter("elite", 8, 2, 1000, whole=True, help="The best of them, from which the next generation is drawn."),
    Parameter("deviation", 10.0, 0.01, 1000.0, help="How far the first vectors lie around zero."),
    Parameter("noise", 4.0, 0.0, 10_000.0, help="Variance added after a generation, lest it settle too early."),
    Parameter("noisy", 10, 1, 10_000, whole=True, help="Generations over which that noise goes down to nothing."),
    Parameter("workers", 1, 1, 64, whole=True, help="Processes that play at once; what is learned is the same."),
)


class Trial(Protocol):
    """One game under way."""

    @property
    def is_over(self) -> bool: ...  # noqa: D102

    def run(self, steps: int) -> int:
        """Make so many steps, or as many as there are; return how many."""

    def result(self) -> Result:
        """Return what came of it, once it is over."""

    def saved(self) -> dict[str, Any]:
        """Return what has changed since its start, as plain values."""


class TrialSpec(Spec, Protocol):
    """A game to be played; as a match of `rollback.sim.simulate` its only score and its `frames` are its result."""

    def begin(self, saved: Mapping[str, Any] | None = None) -> Trial:
        """Return the trial at its start, or as it was saved.

        Raises:
            CheckpointError: What was saved is none of it.
        """


class Generations:
    """What cross-entropy and self-play share; see `Algorithm`.

    Args:
        environment: One of `environments`.
        parameters: Values by name, see `parameters`.
        seed: Of the vectors and the games.

    Attributes:
        cloud: Where good vectors are thought to be.

    Raises:
        UsageError: One of them is not allowed; the message says what is.
    """

    name: ClassVar[str]
    environments: ClassVar[tuple[str, ...]]
    parameters: ClassVar[tuple[Parameter, ...]]
    size: int  # entries of a vector
    round: ClassVar[int] = 20_000  # steps that each of several processes makes before orders are listened to again

    def __init__(self, environment: str, parameters: Mapping[str, Any], seed: int) -> None:
        if environment not in self.environments:
            raise UsageError(f"{self.name} learns {', '.join(self.environments)}, not {environment!r:.80}")
        self.environment = environment
        self.settings: Mapping[str, Value] = filled(self.parameters, parameters)
        self.seed = checked_seed(seed)
        elite, population = self.of("elite"), self.of("population")
        if elite > population:
            raise UsageError(f"elite must be at most population, which is {population}, not {elite}: take a tenth of it")
        self.cloud = self._fresh()
        self._dice = random.Random(seed)
        self._vectors: Sequence[Vector] = ()
        self._results: list[Result] = []  # of the generation's games so far, in order
        self._trial: Trial | None = None
        self._steps = self._episodes = 0
        self._longest = 100  # steps of a game; it decides how many are played at once, and nothing that is learned

    # --- what a kind of training brings ---

    def spec(self, number: int) -> TrialSpec:
        """Return a game of the generation under way; each vector plays `trials` of them, one vector after the other."""
        raise NotImplementedError

    @property
    def trials(self) -> int:
        """Games that each vector plays in a generation."""
        raise NotImplementedError

    def scored(self, results: Sequence[Result]) -> float:
        """Return what the games of a vector are worth."""
        raise NotImplementedError

    def told(self, result: Result) -> dict[str, float]:
        """Return what else is told of a game, by name."""
        raise NotImplementedError

    def moved(self) -> None:
        """Take note that the cloud has moved."""

    def moment(self) -> None:
        """Move what is shown beside the training."""

    def fitting(self) -> str:
        """Return the hash of what decides whether a checkpoint fits."""
        raise NotImplementedError

    def learned(self) -> dict[str, Array]:
        """Return what plays, and what else is to be kept."""
        raise NotImplementedError

    def relearned(self, checkpoint: Checkpoint) -> Self:
        """Return a fresh training that holds what `learned` kept.

        Raises:
            CheckpointError: The checkpoint does not.
        """
        return type(self)(self.environment, self.settings, self.seed)

    # --- how it is driven ---

    def of(self, name: str) -> int:
        """Return a parameter that is a whole number."""
        return int(self.settings[name])

    @property
    def steps(self) -> int:
        """Steps made so far."""
        return self._steps

    @property
    def episodes(self) -> int:
        """Games ended so far."""
        return self._episodes

    def advance(self, steps: int) -> list[EpisodePoint]:
        """Make exactly so many steps; with several workers play some seconds of the generation."""
        points = []
        self.moment()
        while steps > 0:
            if self._trial is None and self.of("workers") > 1:
                before = self._steps
                points += self._at_once()
                steps -= self._steps - before
                continue
            if self._trial is None:
                self._trial = self._next().begin()
            trial = self._trial
            made = trial.run(steps)
            self._steps += made
            steps -= made
            if trial.is_over:
                self._trial = None
                points.append(self._end(trial.result()))
        return points

    def step_once(self) -> list[EpisodePoint]:
        """Make one step; return the game that ended with it, if one did."""
        if self._trial is None:
            self._trial = self._next().begin()  # so that it is one step, also with several workers
        return self.advance(1)

    def at_boundary(self) -> bool:
        """Return whether it stands between two games."""
        return self._trial is None

    def _next(self) -> TrialSpec:
        if not self._vectors:
            self._vectors = self.cloud.drawn(self.of("population"), self._dice)
        return self.spec(len(self._results))

    def _at_once(self) -> list[EpisodePoint]:
        """Play some of what is left of the generation, on several processes: until they are done nobody is listened to."""
        specs = [self._next()]
        workers, begun = self.of("workers"), len(self._results)
        most = max(workers, self.round * workers // self._longest)
        specs += [self.spec(number) for number in range(begun + 1, min(begun + most, len(self._vectors) * self.trials))]
        points = []
        for result in played(specs, workers):
            self._longest = max(self._longest, result[1])
            self._steps += result[1]
            points.append(self._end(result))
        return points

    def _end(self, result: Result) -> EpisodePoint:
        self._episodes += 1
        told = {"generation": float(self.cloud.generation + 1), **self.told(result)}
        point = EpisodePoint(self._episodes, self._steps, float(result[0]), result[1], 0.0, told)
        self._results.append(result)
        trials = self.trials
        if len(self._results) == len(self._vectors) * trials:
            each = [self._results[start : start + trials] for start in range(0, len(self._results), trials)]
            self.cloud.move(self._vectors, [self.scored(results) for results in each], self.of("elite"))
            self._vectors, self._results = (), []
            self.moved()
        return point

    def _fresh(self) -> Cloud:
        return Cloud(self.size, float(self.settings["deviation"]), float(self.settings["noise"]), self.of("noisy"))

    # --- how it is kept ---

    def checkpoint(self, *, parent: str = "", metrics: Mapping[str, float] | None = None) -> Checkpoint:
        """Return all that is needed to go on exactly as if nothing had happened, also in the middle of a game."""
        trial = None if self._trial is None else self._trial.saved()
        return Checkpoint(
            algorithm=self.name,
            environment=self.environment,
            config_hash=self.fitting(),
            parameters={**self.settings, "seed": self.seed},
            step=self._steps,
            episode=self._episodes,
            random_state={"dice": state_of(self._dice), "generation": self.cloud.generation, "trial": trial},
            metrics=dict(metrics or {}),
            parent=parent,
            arrays={**arrays_of(self.cloud, self._vectors, self._results), **self.learned()},
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Become what a checkpoint of this algorithm holds; parameters and seed stay those it was made with.

        Raises:
            CheckpointError: It is of another algorithm or population, or damaged; the training stays as it was.
        """
        if checkpoint.algorithm != self.name or checkpoint.config_hash != self.fitting():
            raise CheckpointError(f"the checkpoint is of {checkpoint.algorithm}, and {self.name} goes on with its own only")
        other = self.relearned(checkpoint)
        other._dice, trial = cloud_from(checkpoint, other.cloud)
        population = self.of("population")
        other._vectors, other._results = generation_from(checkpoint, population, population * self.trials, self.size)
        if trial is not None and not other._vectors:
            raise CheckpointError("the checkpoint holds a game of no generation: it cannot go on from there")
        other._trial = None if trial is None else other._next().begin(trial)
        other._steps, other._episodes = checkpoint.step, checkpoint.episode
        self.__dict__ = other.__dict__


def played(specs: Sequence[TrialSpec], workers: int) -> list[Result]:
    """Return what came of each trial, in order; it is the same wherever they are played.

    Raises:
        RollbackError: One could not be played.
    """
    found = []
    for result in simulate(specs, backend="process" if workers > 1 else "serial", workers=workers):
        if result.status not in ("ok", "truncated"):
            raise RollbackError(f"a game of the training could not be played: {result.error.strip().splitlines()[-1]}")
        found.append((int(result.scores[0]), int(result.stats["frames"])))
    return found
