"""Self-play by weights: found by playing against those found before, in Pong and in Duel. Knows what a trial is worth to it.

How it is driven stands in `generations`, the method in `noisy`. The opponents of a generation are drawn from a pool: who does
nothing, and what was learned after each of the last generations. The built-in bot is never met in training; it is what
`evaluate` plays against.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from rollback.agents.checkpoints import Array, Checkpoint
from rollback.agents.training.against_best import GAME, against_best
from rollback.agents.training.contest import Contest, ContestSpec
from rollback.agents.training.duel_player import WEIGHTS_OF_DUEL, duel_hash
from rollback.agents.training.duel_trial import DuelTrialSpec
from rollback.agents.training.generations import PARAMETERS, Generations, Result
from rollback.agents.training.parameters import Parameter
from rollback.agents.training.pong_trial import PongTrialSpec
from rollback.agents.training.self_play_player import SEEN, WEIGHTS, checked_weights, pong_hash, saved_weights
from rollback.agents.training.whole import whole
from rollback.errors import CheckpointError
from rollback.games.dice import below, spread

__all__ = ["SelfPlay"]

POOL: Final = "pool"
_STREAM: Final = 4_000  # of the seeds of generations
_OPPONENTS: Final = 1 << 32  # of the streams that draw opponents: away from those of the serves


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is learned of a game: names of the weights, how a trial is played, and the hash of what is weighed."""

    names: tuple[str, ...]
    spec: type[ContestSpec]
    fitting: Callable[[], str]


_KINDS: Final = {
    "pong": _Kind(SEEN, PongTrialSpec, pong_hash),
    "duel": _Kind(WEIGHTS_OF_DUEL, DuelTrialSpec, duel_hash),
}


class SelfPlay(Generations):
    """A player by noisy cross-entropy against its own past; see `Algorithm`. An episode is a match, a step a frame.

    Args:
        environment: `pong` or `duel`.
        parameters: Values by name, see `parameters`.
        seed: Of the vectors, the matches and the opponents.

    Attributes:
        pool: Weights of the opponents, the oldest first; the first does nothing.

    Raises:
        UsageError: One of them is not allowed; the message says what is.
    """

    name: ClassVar[str] = "self-play"
    environments: ClassVar[tuple[str, ...]] = tuple(_KINDS)
    round: ClassVar[int] = 1_000_000  # some seconds
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("population", 40, 4, 1000, whole=True, help="Vectors of weights that are tried in a generation."),
        Parameter(
            "opponents", 4, 1, 32, whole=True, help="Matches of each vector: against one of the pool each, sides in turn."
        ),
        Parameter("pool", 12, 1, 256, whole=True, help="Generations whose players are kept as opponents."),
        Parameter("frames", 3_000, 100, 100_000, whole=True, help="After how many a match of the training ends."),
        *PARAMETERS,
    )

    def __init__(self, environment: str, parameters: Mapping[str, Any], seed: int) -> None:
        self._kind = _KINDS.get(environment, _KINDS["pong"])  # what is none of them is refused by the next line
        self.size = len(self._kind.names)
        super().__init__(environment, parameters, seed)
        self.pool: list[tuple[int, ...]] = [self._idle]
        self._shown: Contest | None = None

    @property
    def _idle(self) -> tuple[int, ...]:
        return (0,) * self.size

    @property
    def weights(self) -> tuple[int, ...]:
        """What has been learned: the middle of the cloud, as whole numbers."""
        return whole(self.cloud.mean)

    @property
    def trials(self) -> int:
        """Matches that each vector plays in a generation."""
        return self.of("opponents")

    def spec(self, number: int) -> ContestSpec:
        """Return a match of the generation under way; all vectors meet the same opponents, from the same seeds."""
        candidate, match = divmod(number, self.trials)
        place = self.cloud.generation * self.trials + match
        word = spread(self.seed, _OPPONENTS + place)
        # The newest is always among them: who cannot beat it does not get on.
        other = self.pool[-1] if match == 0 else self.pool[below(word, len(self.pool))]
        side = (match + self.cloud.generation) % 2
        seed = spread(self.seed, _STREAM + place)
        return self._kind.spec(whole(self._vectors[candidate]), other, side, seed, self.of("frames"))

    def scored(self, results: Sequence[Result]) -> float:
        """Return how far it is ahead; of equally many, winning sooner and losing later are worth more."""
        most = self.of("frames") + 1
        return sum([ahead * most + (-frames if ahead > 0 else frames) for ahead, frames in results])

    def told(self, result: Result) -> dict[str, float]:
        """Return by how much it was ahead: points of Pong, health in Duel, over all rounds."""
        return {"ahead": float(result[0])}

    def moved(self) -> None:
        """Let what was learned be an opponent from now on; the oldest goes, but never who does nothing."""
        kept = [*self.pool[1:], self.weights]
        self.pool = [self._idle, *kept[-self.of("pool") :]]

    def moment(self) -> None:
        """Play a frame of the match that is shown: what has been learned against what was learned before that."""
        if self._shown is None or self._shown.is_over:
            seed = self.cloud.generation
            other = self.pool[-2 if len(self.pool) > 1 else -1]
            self._shown = self._kind.spec(self.weights, other, 0, seed, GAME).begin()
        self._shown.run(1)

    def fitting(self) -> str:
        """Return the hash of what is weighed."""
        return self._kind.fitting()

    def learned(self) -> dict[str, Array]:
        """Return the weights and the pool."""
        return {WEIGHTS: saved_weights(self.weights), POOL: saved_weights(self.pool)}

    def relearned(self, checkpoint: Checkpoint) -> Self:
        """Return a fresh training with the pool of a checkpoint.

        Raises:
            CheckpointError: It holds none.
        """
        other = super().relearned(checkpoint)
        pool = checked_weights(checkpoint, POOL, 2, self.size)
        if not 1 <= len(pool) <= 1 + self.of("pool"):
            raise CheckpointError(f"the pool of the checkpoint must hold 1 to {1 + self.of('pool')} players: train anew")
        other.pool = [tuple(weights) for weights in pool]
        return other

    def picture(self) -> dict[str, Any]:
        """Return what a page draws: `primitives` as `rollback.games.drawing` has them, in a unit square, and `points`."""
        shown = self._shown = self._shown or self._kind.spec(self.weights, self._idle, 0, 0, GAME).begin()
        weights = dict(zip(self._kind.names, self.weights, strict=True))
        facts = {"episode": self.episodes + 1, "step": self.steps, "epsilon": 0.0, "generation": self.cloud.generation}
        moment = {**shown.saved(), "points": list(shown.game.scores()), "primitives": shown.game.draw()}
        return {"kind": self.environment, **moment, "weights": weights, **facts}

    def evaluate(self, episodes: int) -> dict[str, float]:
        """Play matches against the built-in bot, see `against_best`."""
        return against_best(self.checkpoint(), episodes, self.seed, workers=self.of("workers"))

    def validate(self, episodes: int) -> dict[str, float]:
        """Do the same with other seeds, which a training may look at as often as it likes."""
        return against_best(self.checkpoint(), episodes, self.seed, workers=self.of("workers"), is_final=False)
