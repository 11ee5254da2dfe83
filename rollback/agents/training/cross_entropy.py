"""Cross-entropy for Tetris: weights of a field's features, found by trying many. Knows what a trial is worth to it.

How it is driven stands in `generations`, the method in `noisy`. The features are those of Thiery and Scherrer, "Improvements
on Learning Tetris with Cross Entropy", ICGA Journal 32 (2009), see `tetris_features`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from rollback.agents.checkpoints import Array
from rollback.agents.training.generations import PARAMETERS, Generations, Result, played
from rollback.agents.training.parameters import Parameter
from rollback.agents.training.tetris_player import WEIGHTS, fields_hash, saved_weights
from rollback.agents.training.tetris_show import Show
from rollback.agents.training.tetris_trial import TetrisTrialSpec
from rollback.agents.training.whole import whole
from rollback.games.dice import spread
from rollback.games.tetris_board import VISIBLE
from rollback.games.tetris_features import FEATURES
from rollback.sim.pool.intervals import median

__all__ = ["CrossEntropy"]

UNSEEN: Final = 1 << 40  # seeds from here on are for evaluation; training has those of 32 bits, and the show those between
LOOKED_AT: Final = 1 << 41  # and from here on for looks on the way, which are no part of the final figure
SHOWN: Final = 1 << 36
GAME: Final = 1_500  # pieces of an evaluated game: 600 lines at most
_MOST: Final = 10_000  # games of an evaluation
_STREAM: Final = 3_000  # of the seeds of generations: away from those that games take for themselves


class CrossEntropy(Generations):
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
    size = len(FEATURES)
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("population", 60, 4, 1000, whole=True, help="Vectors of weights that are tried in a generation."),
        Parameter("games", 2, 1, 50, whole=True, help="Games that each vector plays; all of a generation get the same pieces."),
        Parameter("rows", 6, 4, 20, whole=True, help="Of the field trained on: on a low one, games tell more and end sooner."),
        Parameter("pieces", 600, 10, 100_000, whole=True, help="After how many a game of the training ends."),
        *PARAMETERS,
    )

    def __init__(self, environment: str, parameters: Mapping[str, Any], seed: int) -> None:
        super().__init__(environment, parameters, seed)
        self._show = Show(SHOWN)

    @property
    def weights(self) -> tuple[int, ...]:
        """What has been learned: the middle of the cloud, as whole numbers."""
        return whole(self.cloud.mean)

    @property
    def trials(self) -> int:
        """Games that each vector plays in a generation."""
        return self.of("games")

    def spec(self, number: int) -> TetrisTrialSpec:
        """Return a game of the generation under way; seeds of training have 32 bits."""
        candidate, game = divmod(number, self.trials)
        seed = spread(self.seed, _STREAM + self.cloud.generation * self.trials + game)
        return TetrisTrialSpec(whole(self._vectors[candidate]), seed, self.of("rows"), self.of("pieces"))

    def scored(self, results: Sequence[Result]) -> float:
        """Return the lines; of equally many, those of more pieces are worth more, for at first nobody takes out any."""
        return sum([lines * (self.of("pieces") + 1) + pieces for lines, pieces in results])

    def told(self, result: Result) -> dict[str, float]:
        """Return the lines."""
        return {"lines": float(result[0])}

    def moment(self) -> None:
        """Place a piece in the game that is shown."""
        self._show.move(self.weights, self.cloud.generation)

    def fitting(self) -> str:
        """Return the hash of the features: what is learned of them fits every Tetris."""
        return fields_hash()

    def learned(self) -> dict[str, Array]:
        """Return the weights."""
        return {WEIGHTS: saved_weights(self.weights)}

    def picture(self) -> dict[str, Any]:
        """Return what a page draws: a game by what has been learned so far, see `tetris_show`."""
        return {**self._show.picture(), "episode": self.episodes + 1, "step": self.steps, "epsilon": 0.0}

    def evaluate(self, episodes: int) -> dict[str, float]:
        """Play whole games of 1,500 pieces on the field of 20 rows, by the middle of the cloud, with seeds never trained on.

        Returns:
            `lines`, the median; `lines_low` and `lines_high`, its 95 % interval, where there are games enough for one;
            `lines_tenth`, the tenth percentile; `lines_least`; `games`.
        """
        return self._examined(episodes, UNSEEN)

    def validate(self, episodes: int) -> dict[str, float]:
        """Do the same with other seeds never trained on, which a training may look at as often as it likes."""
        return self._examined(episodes, LOOKED_AT)

    def _examined(self, episodes: int, first: int) -> dict[str, float]:
        count = max(1, min(episodes, _MOST))
        specs = [TetrisTrialSpec(self.weights, first + number, VISIBLE, GAME) for number in range(count)]
        lines = sorted([each for each, _ in played(specs, self.of("workers"))])
        found = median(lines)
        told = {"lines": found.value, "lines_tenth": lines[(count - 1) // 10], "lines_least": lines[0], "games": count}
        if found.interval is not None:
            told |= {"lines_low": found.interval.low, "lines_high": found.interval.high}
        return {name: float(value) for name, value in told.items()}
