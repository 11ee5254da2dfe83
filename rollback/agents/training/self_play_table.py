"""Self-play by a table: Q-learning in Pong and Duel against what was learned before. Knows its pool; knows no clock or file.

The opponents are who does nothing, and the tables as they stood after every so many matches, of which only the best choices are
kept. They make some choices by dice, or the table would learn what helps against one single way to play. The built-in bot
is never met in training; it is what `evaluate` plays against.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from rollback.agents.checkpoints import Array, Checkpoint, generator_from, state_of
from rollback.agents.tables import TABLE
from rollback.agents.training.against_best import against_best
from rollback.agents.training.algorithm import EpisodePoint
from rollback.agents.training.coarse import COARSE, greedy
from rollback.agents.training.coarse_match import CoarseMatch, Learning, match_from
from rollback.agents.training.coarse_player import CoarseBot, checked_table
from rollback.agents.training.parameters import Parameter, Value, checked_seed, filled
from rollback.errors import CheckpointError, UsageError
from rollback.games.bots import act_with
from rollback.games.dice import spread

__all__ = ["SelfPlayTable"]

POOL: Final = "pool"
_STREAM: Final = 6_000  # of the seeds of matches
_NEWEST: Final = 0.2  # of the matches are against the newest of the pool


class SelfPlayTable:
    """A table of what each choice is worth in each situation, learned against its own past; see `Algorithm`.

    An episode is a match, a step a frame.

    Args:
        environment: `pong` or `duel`.
        parameters: Values by name, see `parameters`.
        seed: Of the matches, the opponents and the choices that are tried.

    Attributes:
        table: The values, a row for each situation.
        pool: The choices of the opponents, the oldest first; the first does nothing.

    Raises:
        UsageError: One of them is not allowed; the message says what is.
    """

    name: ClassVar[str] = "self-play-q-learning"
    environments: ClassVar[tuple[str, ...]] = tuple(COARSE)
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("learning_rate", 0.03, 0.001, 1.0, help="How far a value moves towards what was just seen, 1: all the way."),
        Parameter("discount", 0.98, 0.0, 1.0, help="What a reward is worth one choice later: less than 1 makes it hurry."),
        Parameter("epsilon", 1.0, 0.0, 1.0, help="Share of choices that are tried at random in the beginning."),
        Parameter("epsilon_decay", 0.995, 0.5, 1.0, help="What that share is multiplied by after every match."),
        Parameter("epsilon_least", 0.05, 0.0, 1.0, help="What that share never falls below, unless it began there."),
        Parameter("clumsiness", 0.2, 0.0, 1.0, help="Share of an opponent's choices that are thrown with dice."),
        Parameter("pool", 60, 1, 256, whole=True, help="How many of its past are kept as opponents."),
        Parameter("every", 20, 1, 10_000, whole=True, help="Matches after which what was learned becomes an opponent."),
        Parameter("frames", 3_000, 100, 100_000, whole=True, help="After how many a match of the training ends."),
    )

    def __init__(self, environment: str, parameters: Mapping[str, Any], seed: int) -> None:
        if environment not in self.environments:
            raise UsageError(f"{self.name} learns {', '.join(self.environments)}, not {environment!r:.80}")
        self.environment = environment
        self.settings: Mapping[str, Value] = filled(self.parameters, parameters)
        self.seed = checked_seed(seed)
        self._view = COARSE[environment]
        rate, discount, epsilon, decay, least, clumsiness = [float(value) for value in list(self.settings.values())[:6]]
        self._learning = Learning(rate, discount, clumsiness, self._of("frames"))
        self._decay, self._least = decay, min(least, epsilon)
        self.epsilon = epsilon
        self.table = [[0.0] * len(self._view.choices) for _ in range(self._view.rows)]
        self.pool = [bytes(self._view.rows)]
        self._dice = random.Random(seed)
        self._match: CoarseMatch | None = None
        self._last = CoarseMatch(self._view, spread(seed, _STREAM), 0, 0)  # what is shown
        self._shown: Any = None  # a game that is played by what was learned, while no training goes on
        self._acts: list[Callable[[Any, int], Any]] = []
        self._steps = self._episodes = 0

    def _of(self, name: str) -> int:
        return int(self.settings[name])

    @property
    def steps(self) -> int:
        """Frames so far."""
        return self._steps

    @property
    def episodes(self) -> int:
        """Matches ended so far."""
        return self._episodes

    def advance(self, steps: int) -> list[EpisodePoint]:
        """Play exactly so many frames, over as many matches as that takes; return those that ended."""
        points = []
        self._shown = None
        while steps > 0:
            match = self._match = self._last = self._match or self._begun()
            made = match.run(steps, self.table, self.pool[match.other], self._dice, self.epsilon, self._learning)
            self._steps += made
            steps -= made
            if match.is_over(self._learning.frames):
                points.append(self._end(match))
        return points

    def step_once(self) -> list[EpisodePoint]:
        """Play a frame; return the match that ended with it, if one did."""
        return self.advance(1)

    def at_boundary(self) -> bool:
        """Return whether it stands between two matches."""
        return self._match is None

    def _begun(self) -> CoarseMatch:
        count, draw = len(self.pool), self._dice.random
        other = count - 1 if draw() < _NEWEST else int(draw() * count)
        return CoarseMatch(self._view, spread(self.seed, _STREAM + self._episodes), self._episodes % 2, other)

    def _end(self, match: CoarseMatch) -> EpisodePoint:
        self._match = None
        self._episodes += 1
        ahead = float(match.ahead())
        point = EpisodePoint(
            self._episodes, self._steps, ahead, match.frame, self.epsilon, {"opponents": float(len(self.pool))}
        )
        self.epsilon = max(self._least, self.epsilon * self._decay)
        if self._episodes % self._of("every") == 0:
            kept = [*self.pool[1:], greedy(self.table)]
            self.pool = [self.pool[0], *kept[-self._of("pool") :]]
        return point

    def checkpoint(self, *, parent: str = "", metrics: Mapping[str, float] | None = None) -> Checkpoint:
        """Return all that is needed to go on exactly as if nothing had happened, also in the middle of a match."""
        match = None if self._match is None else self._match.saved()
        return Checkpoint(
            algorithm=self.name,
            environment=self.environment,
            config_hash=self._view.hash,
            parameters={**self.settings, "seed": self.seed},
            step=self._steps,
            episode=self._episodes,
            epsilon=self.epsilon,
            random_state={"dice": state_of(self._dice), "match": match},
            metrics=dict(metrics or {}),
            parent=parent,
            arrays={TABLE: Array.of(self.table), POOL: Array.of([list(choices) for choices in self.pool], "B")},
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Become what a checkpoint of this algorithm and game holds; parameters and seed stay those it was made with.

        Raises:
            CheckpointError: It is of another algorithm or game, or damaged; the training stays as it was.
        """
        if checkpoint.algorithm != self.name or checkpoint.environment != self.environment:
            raise CheckpointError(
                f"the checkpoint is of {checkpoint.algorithm} on {checkpoint.environment}, and this training is {self.name} on"
                f" {self.environment}: start one there to go on with it"
            )
        table, pool, state = checked_table(checkpoint, self._view), self._pool_of(checkpoint), checkpoint.random_state
        if not isinstance(state, Mapping) or set(state) != {"dice", "match"} or not isinstance(state["match"], Mapping | None):
            raise CheckpointError("the checkpoint does not say where its match stood: it cannot be gone on with")
        dice, saved = generator_from(state["dice"]), state["match"]
        match = None if saved is None else match_from(self._view, saved, len(pool), self._learning.frames)
        self.table, self.pool, self._dice, self._match = table, pool, dice, match
        self._last, self._shown = match or self._last, None
        self.epsilon, self._steps, self._episodes = checkpoint.epsilon, checkpoint.step, checkpoint.episode

    def _pool_of(self, checkpoint: Checkpoint) -> list[bytes]:
        pool, most = checkpoint.arrays.get(POOL), 1 + self._of("pool")
        if pool is None or pool.typecode != "B" or len(pool.shape) != 2 or pool.shape[1] != self._view.rows:
            raise CheckpointError(f"the checkpoint holds no pool of players with {self._view.rows} choices: train anew")
        if not 1 <= pool.shape[0] <= most or max(pool.data) >= len(self._view.choices):
            raise CheckpointError(f"the pool of the checkpoint must hold 1 to {most} players: train anew")
        return [bytes(choices) for choices in pool.nested()]

    def moment(self) -> None:
        """Play a frame of a match that is shown from now on: what has been learned against the newest of the pool."""
        if self._shown is None or self._shown.over:
            self._shown = self._view.kind(spread(self.seed, _STREAM + self._episodes))
            self._acts = [act_with(CoarseBot(self._view, choices)) for choices in (greedy(self.table), self.pool[-1])]
        self._shown.step([act(self._shown, player) for player, act in enumerate(self._acts)])

    def picture(self) -> dict[str, Any]:
        """Return what a page draws: `primitives` as `rollback.games.drawing` has them, in a unit square, and `points`."""
        game = self._last.game if self._shown is None else self._shown
        facts = {"episode": self._episodes + (self._match is not None), "step": self._steps, "epsilon": self.epsilon}
        return {"kind": self.environment, "points": list(game.scores()), "primitives": game.draw(), **facts}

    def evaluate(self, episodes: int) -> dict[str, float]:
        """Play matches against the built-in bot, see `against_best`."""
        return against_best(self.checkpoint(), episodes, self.seed)

    def validate(self, episodes: int) -> dict[str, float]:
        """Do the same with other seeds, which a training may look at as often as it likes."""
        return against_best(self.checkpoint(), episodes, self.seed, is_final=False)
