"""Cross-entropy for Tetris: weights of a field's features, found by trying many. Knows trials; knows no clock, file or page.

A generation draws vectors of weights, lets each play, and moves to the best of them; see `noisy`. The features are those of
Thiery and Scherrer, "Improvements on Learning Tetris with Cross Entropy", ICGA Journal 32 (2009); see `tetris_features`.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final

from rollback.agents.checkpoints import Checkpoint, state_of
from rollback.agents.training.algorithm import EpisodePoint
from rollback.agents.training.cloud_saved import arrays_of, cloud_from, generation_from
from rollback.agents.training.noisy import Cloud
from rollback.agents.training.parameters import Parameter, Value, filled
from rollback.agents.training.tetris_player import WEIGHTS, fields_hash, shape_of
from rollback.agents.training.tetris_show import Show
from rollback.agents.training.tetris_trial import Trial, TrialSpec, trial_from
from rollback.agents.training.whole import whole
from rollback.errors import CheckpointError, UsageError
from rollback.games.dice import spread
from rollback.games.tetris_board import VISIBLE
from rollback.games.tetris_features import FEATURES
from rollback.sim import simulate

__all__ = ["CrossEntropy"]

UNSEEN: Final = 1 << 40  # seeds from here on are for evaluation; training has those of 32 bits, and the show those between
SHOWN: Final = 1 << 36
GAME: Final = 1_500  # pieces of an evaluated game: 600 lines at most
MOST_SEED: Final = 1 << 63
_STREAM: Final = 3_000  # of the seeds of generations: away from those that games take for themselves


class CrossEntropy:
    """Weights for Tetris by noisy cross-entropy; see `Algorithm`. An episode is a game, a step a piece.

    Args:
        environment: `tetris`.
        parameters: Values by name, see `parameters`.
        seed: Of the vectors and of the pieces.

    Raises:
        UsageError: One of them is not allowed; the message says what is.
    """

    name: ClassVar[str] = "cross-entropy"
    environments: ClassVar[tuple[str, ...]] = ("tetris",)
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("population", 60, 4, 1000, whole=True, help="Vectors of weights that are tried in a generation."),
        Parameter("elite", 8, 2, 1000, whole=True, help="The best of them, from which the next generation is drawn."),
        Parameter("games", 1, 1, 50, whole=True, help="Games that each vector plays; all of a generation get the same pieces."),
        Parameter("rows", 10, 6, 20, whole=True, help="Of the field trained on: on a low one, games tell more and end sooner."),
        Parameter("pieces", 600, 10, 100_000, whole=True, help="After how many a game of the training ends."),
        Parameter("deviation", 10.0, 0.01, 1000.0, help="How far the first vectors lie around zero."),
        Parameter("noise", 4.0, 0.0, 10_000.0, help="Variance added after a generation, lest it settle too early."),
        Parameter("noisy", 10, 1, 10_000, whole=True, help="Generations over which that noise goes down to nothing."),
        Parameter("workers", 1, 1, 64, whole=True, help="Processes that play at once; what is learned is the same."),
    )

    def __init__(self, environment: str, parameters: Mapping[str, Any], seed: int) -> None:
        if type(seed) is not int or not 0 <= seed < MOST_SEED:
            raise UsageError(f"a seed must be a whole number from 0 to 2**63 - 1, not {seed!r:.60}: give one such as 7")
        if environment not in self.environments:
            raise UsageError(f"cross-entropy learns {', '.join(self.environments)}, not {environment!r:.80}")
        self.environment = environment
        self.settings: Mapping[str, Value] = filled(self.parameters, parameters)
        self.seed = seed
        if self._of("elite") > self._of("population"):
            raise UsageError(
                f"elite must be at most population, which is {self._of('population')}, not {self._of('elite')}: take a tenth"
            )
        deviation, noise = float(self.settings["deviation"]), float(self.settings["noise"])
        self.cloud = Cloud(len(FEATURES), deviation, noise, self._of("noisy"))
        self._dice = random.Random(seed)
        self._vectors: Sequence[tuple[float, ...]] = ()
        self._results: list[tuple[int, int]] = []  # lines and pieces of the generation's games, in order
        self._trial: Trial | None = None
        self._steps = self._episodes = 0
        self._show = Show(SHOWN)

    def _of(self, name: str) -> int:
        return int(self.settings[name])

    @property
    def steps(self) -> int:
        """Pieces placed so far."""
        return self._steps

    @property
    def episodes(self) -> int:
        """Games ended so far."""
        return self._episodes

    @property
    def weights(self) -> tuple[int, ...]:
        """What has been learned: the middle of the cloud, as whole numbers."""
        return whole(self.cloud.mean)

    def advance(self, steps: int) -> list[EpisodePoint]:
        """Place exactly so many pieces; with several workers play the rest of the generation, however long it takes."""
        points = []
        self._show.move(self.weights, self.cloud.generation)
        while steps > 0:
            if self._trial is None and self._of("workers") > 1:
                before = self._steps
                points += self._generation()
                steps -= self._steps - before
                continue
            trial = self._trial = self._trial or self._next_trial()
            made = trial.run(steps)
            self._steps += made
            steps -= made
            if trial.is_over:
                self._trial = None
                points.append(self._end(trial.lines, trial.placed))
        return points

    def step_once(self) -> list[EpisodePoint]:
        """Place one piece; return the game that ended with it, if one did."""
        if self._trial is None:
            self._trial = self._next_trial()  # so that it is one piece, also with several workers
        return self.advance(1)

    def at_boundary(self) -> bool:
        """Return whether it stands between two games."""
        return self._trial is None

    def _next_trial(self) -> Trial:
        spec = self._specs(len(self._results))[0]
        return Trial(spec.weights, spec.seed, spec.rows, spec.pieces)

    def _specs(self, first: int) -> list[TrialSpec]:
        """Return the games of the generation from one on."""
        if not self._vectors:
            self._vectors = self.cloud.drawn(self._of("population"), self._dice)
        games = self._of("games")
        found = []
        for number in range(first, len(self._vectors) * games):
            candidate, game = divmod(number, games)
            seed = spread(self.seed, _STREAM + self.cloud.generation * games + game)
            found.append(TrialSpec(whole(self._vectors[candidate]), seed, self._of("rows"), self._of("pieces")))
        return found

    def _generation(self) -> list[EpisodePoint]:
        """Play what is left of the generation, on several processes."""
        points = []
        for lines, pieces in played(self._specs(len(self._results)), self._of("workers")):
            self._steps += pieces
            points.append(self._end(lines, pieces))
        return points

    def _end(self, lines: int, pieces: int) -> EpisodePoint:
        self._episodes += 1
        told = {"lines": float(lines), "generation": float(self.cloud.generation + 1)}
        point = EpisodePoint(self._episodes, self._steps, float(lines), pieces, 0.0, told)
        self._results.append((lines, pieces))
        games = self._of("games")
        if len(self._results) == len(self._vectors) * games:
            each = [self._results[start : start + games] for start in range(0, len(self._results), games)]
            # Of equally many lines, those of more pieces count for more: at first nobody takes out any.
            scores = [sum([lines * (self._of("pieces") + 1) + pieces for lines, pieces in results]) for results in each]
            self.cloud.move(self._vectors, scores, self._of("elite"))
            self._vectors, self._results = (), []
        return point

    def checkpoint(self, *, parent: str = "", metrics: Mapping[str, float] | None = None) -> Checkpoint:
        """Return all that is needed to go on exactly as if nothing had happened, also in the middle of a game."""
        trial = None if self._trial is None else self._trial.saved()
        return Checkpoint(
            algorithm=self.name,
            environment=self.environment,
            config_hash=fields_hash(),
            parameters={**self.settings, "seed": self.seed},
            step=self._steps,
            episode=self._episodes,
            random_state={"dice": state_of(self._dice), "generation": self.cloud.generation, "trial": trial},
            metrics=dict(metrics or {}),
            parent=parent,
            arrays={**arrays_of(self.cloud, self._vectors, self._results), WEIGHTS: shape_of(self.weights)},
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Become what a checkpoint of this algorithm holds; the parameters stay those it was made with.

        Raises:
            CheckpointError: It is of another algorithm or population, or damaged; the training stays as it was.
        """
        if checkpoint.algorithm != self.name or checkpoint.config_hash != fields_hash():
            raise CheckpointError(f"the checkpoint is of {checkpoint.algorithm}, and {self.name} goes on with its own only")
        cloud = Cloud(len(FEATURES), 1.0, float(self.settings["noise"]), self._of("noisy"))
        dice, trial = cloud_from(checkpoint, cloud)
        vectors, results = generation_from(checkpoint, self._of("population"), self._of("games"), len(FEATURES))
        if trial is not None and not vectors:
            raise CheckpointError("the checkpoint holds a game of no generation: it cannot go on from there")
        before = self.cloud, self._vectors, self._results
        self.cloud, self._vectors, self._results = cloud, vectors, results
        try:
            under_way = None if trial is None else trial_from(trial, self._next_trial())
        except CheckpointError:
            self.cloud, self._vectors, self._results = before
            raise
        self._trial, self._dice = under_way, dice
        self._steps, self._episodes = checkpoint.step, checkpoint.episode
        self._show = Show(SHOWN)

    def picture(self) -> dict[str, Any]:
        """Return what a page draws: a game by what has been learned so far, see `tetris_show`."""
        return {**self._show.picture(), "episode": self._episodes + 1, "step": self._steps, "epsilon": 0.0}

    def evaluate(self, episodes: int) -> dict[str, float]:
        """Play whole games of 1,500 pieces on the field of 20 rows, by the middle of the cloud, with seeds never trained on.

        Returns:
            `lines`, the median; `lines_tenth`, the tenth percentile; `lines_least`; `games`.
        """
        count = max(1, min(episodes, 10_000))
        specs = [TrialSpec(self.weights, UNSEEN + number, VISIBLE, GAME) for number in range(count)]
        lines = sorted([each for each, _ in played(specs, self._of("workers"))])
        median = (lines[(count - 1) // 2] + lines[count // 2]) / 2
        told = {"lines": median, "lines_tenth": lines[(count - 1) // 10], "lines_least": lines[0], "games": count}
        return {name: float(value) for name, value in told.items()}


def played(specs: Iterable[TrialSpec], workers: int) -> list[tuple[int, int]]:
    """Return lines and pieces of each trial, in order; they are the same wherever they are played."""
    found = []
    for result in simulate(list(specs), backend="process" if workers > 1 else "serial", workers=workers):
        if result.status not in ("ok", "truncated"):
            raise UsageError(f"a game of the training could not be played: {result.error.strip().splitlines()[-1]}")
        found.append((int(result.scores[0]), int(result.stats["pieces"])))
    return found
