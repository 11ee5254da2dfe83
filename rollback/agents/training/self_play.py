"""Self-play for Pong: weights found by playing against those found before. Knows what a trial is worth to it.

How it is driven stands in `generations`, the method in `noisy`. The opponents of a generation are drawn from a pool: who does
nothing, and what was learned after each of the last generations. The built-in bot is never met in training; it is what
`evaluate` plays against.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, Self

from rollback.agents.checkpoints import Array, Checkpoint
from rollback.agents.training.generations import PARAMETERS, Generations, Result
from rollback.agents.training.parameters import Parameter
from rollback.agents.training.pong_trial import PongTrial, PongTrialSpec
from rollback.agents.training.self_play_player import SEEN, WEIGHTS, checked_weights, pong_hash, saved_weights
from rollback.agents.training.whole import whole
from rollback.errors import CheckpointError
from rollback.games.dice import below, spread
from rollback.sim.league import League

__all__ = ["SelfPlay"]

POOL: Final = "pool"
GAME: Final = 20_000  # frames of an evaluated match: nearly all end by five points
_MOST: Final = 10_000  # matches of an evaluation
_STREAM: Final = 4_000  # of the seeds of generations
_OPPONENTS: Final = 1 << 32  # of the streams that draw opponents: away from those of the serves
_IDLE: Final = (0,) * len(SEEN)


class SelfPlay(Generations):
    """A player of Pong by noisy cross-entropy against its own past; see `Algorithm`. An episode is a match, a step a frame.

    Args:
        environment: `pong`.
        parameters: Values by name, see `parameters`.
        seed: Of the vectors, the serves and the opponents.

    Attributes:
        pool: Weights of the opponents, the oldest first; the first does nothing.

    Raises:
        UsageError: One of them is not allowed; the message says what is.
    """

    name: ClassVar[str] = "self-play"
    environments: ClassVar[tuple[str, ...]] = ("pong",)
    size: ClassVar[int] = len(SEEN)
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
        super().__init__(environment, parameters, seed)
        self.pool: list[tuple[int, ...]] = [_IDLE]
        self._shown: PongTrial | None = None

    @property
    def weights(self) -> tuple[int, ...]:
        """What has been learned: the middle of the cloud, as whole numbers."""
        return whole(self.cloud.mean)

    @property
    def trials(self) -> int:
        """Matches that each vector plays in a generation."""
        return self.of("opponents")

    def spec(self, number: int) -> PongTrialSpec:
        """Return a match of the generation under way; all vectors meet the same opponents, who serve alike."""
        candidate, match = divmod(number, self.trials)
        place = self.cloud.generation * self.trials + match
        word = spread(self.seed, _OPPONENTS + place)
        # The newest is always among them: who cannot beat it does not get on.
        other = self.pool[-1] if match == 0 else self.pool[below(word, len(self.pool))]
        side = (match + self.cloud.generation) % 2
        seed = spread(self.seed, _STREAM + place)
        return PongTrialSpec(whole(self._vectors[candidate]), other, side, seed, self.of("frames"))

    def scored(self, results: Sequence[Result]) -> float:
        """Return the points ahead; of equally many, winning sooner and losing later are worth more."""
        most = self.of("frames") + 1
        return sum([ahead * most + (-frames if ahead > 0 else frames) for ahead, frames in results])

    def told(self, result: Result) -> dict[str, float]:
        """Return by how many points it was ahead."""
        return {"ahead": float(result[0])}

    def moved(self) -> None:
        """Let what was learned be an opponent from now on; the oldest goes, but never who does nothing."""
        kept = [*self.pool[1:], self.weights]
        self.pool = [_IDLE, *kept[-self.of("pool") :]]

    def moment(self) -> None:
        """Play a frame of the match that is shown: what has been learned against what was learned before that."""
        if self._shown is None or self._shown.is_over:
            seed = self.cloud.generation
            self._shown = PongTrial(PongTrialSpec(self.weights, self.pool[-2 if len(self.pool) > 1 else -1], 0, seed, GAME))
        self._shown.run(1)

    def fitting(self) -> str:
        """Return the hash of what is weighed."""
        return pong_hash()

    def learned(self) -> dict[str, Array]:
        """Return the weights and the pool."""
        return {WEIGHTS: saved_weights(self.weights), POOL: saved_weights(self.pool)}

    def relearned(self, checkpoint: Checkpoint) -> Self:
        """Return a fresh training with the pool of a checkpoint.

        Raises:
            CheckpointError: It holds none.
        """
        other = super().relearned(checkpoint)
        pool = checked_weights(checkpoint, POOL, 2)
        if not 1 <= len(pool) <= 1 + self.of("pool"):
            raise CheckpointError(f"the pool of the checkpoint must hold 1 to {1 + self.of('pool')} players: train anew")
        other.pool = [tuple(weights) for weights in pool]
        return other

    def picture(self) -> dict[str, Any]:
        """Return what a page draws: `primitives` as `rollback.games.drawing` has them, in a unit square."""
        self._shown = self._shown or PongTrial(PongTrialSpec(self.weights, _IDLE, 0, 0, GAME))
        game = self._shown.game
        weights = dict(zip(SEEN, self.weights, strict=True))
        facts = {"episode": self.episodes + 1, "step": self.steps, "epsilon": 0.0, "generation": self.cloud.generation}
        return {"kind": "pong", **game.save(), "primitives": game.draw(), "weights": weights, **facts}

    def evaluate(self, episodes: int) -> dict[str, float]:
        """Play matches against the built-in bot, from both sides, with seeds of 63 bits, which training has none of.

        Returns:
            `won`, the share of matches, a draw being half of one; `won_low` and `won_high`, its 95 % interval; `points`, the
            mean of its points in a match; `matches`.
        """
        count = max(2, min(episodes, _MOST))
        with tempfile.TemporaryDirectory(prefix="rollback-self-play-") as folder:
            path = Path(folder) / "agent.npz"
            self.checkpoint().save(path)
            league = League("pong", [str(path), "best"], matches=count + count % 2, frames=GAME, seed=self.seed)
            table = league.play(workers=self.of("workers"), backend="process" if self.of("workers") > 1 else "serial")
        row = next(row for row in table.standings if row.agent == league.labels[0])
        told = {"won": row.share or 0.0, "won_low": row.interval.low, "won_high": row.interval.high, "points": row.score or 0.0}
        return {**{name: float(value) for name, value in told.items()}, "matches": float(row.matches)}
