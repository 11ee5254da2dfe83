"""Q-learning with a table, for GridWorld and one player. Knows a course and its own dice; knows no clock, file or page.

Watkins and Dayan, "Q-learning", Machine Learning 8, 1992: after each step the value of what was done moves by the learning
rate towards what was earned, and the discounted best that can be done next.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, ClassVar

from rollback.agents.checkpoints import Checkpoint, state_of
from rollback.agents.fitting import map_hash
from rollback.agents.tables import MOVES
from rollback.agents.training.algorithm import EpisodePoint
from rollback.agents.training.evaluation import evaluated
from rollback.agents.training.grid_course import ENVIRONMENTS, Course
from rollback.agents.training.grid_picture import TRAIL, grid_picture
from rollback.agents.training.parameters import Parameter, Value, checked_seed, filled
from rollback.agents.training.q_saved import arrays_of, parts_of

__all__ = ["QLearning"]


class QLearning:
    """A table of what each move is worth in each situation, learned by trying; see `Algorithm`.

    Args:
        environment: `gridworld?layout=NAME` or `gym:rollback/GridWorld-v0?layout=NAME`.
        parameters: Values by name, see `parameters`.
        seed: Of where episodes start, and of the moves that are tried.

    Raises:
        UsageError: One of them is not allowed; the message says what is.
    """

    name: ClassVar[str] = "q-learning"
    environments: ClassVar[tuple[str, ...]] = ENVIRONMENTS
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("learning_rate", 0.5, 0.001, 1.0, help="How far a value moves towards what was just seen, 1: all the way."),
        Parameter("discount", 0.99, 0.0, 1.0, help="What a point is worth one move later: less than 1 makes it hurry."),
        Parameter("epsilon", 1.0, 0.0, 1.0, help="Share of moves that are tried at random in the beginning."),
        Parameter("epsilon_decay", 0.999, 0.5, 1.0, help="What that share is multiplied by after every episode."),
        Parameter("epsilon_least", 0.1, 0.0, 1.0, help="What that share never falls below, unless it began there."),
        Parameter("first_value", 0.0, -1000.0, 1000.0, help="What is believed of a move never tried: high makes it curious."),
    )

    def __init__(self, environment: str, parameters: Mapping[str, Any], seed: int) -> None:
        self.course = Course(environment)
        self.environment = self.course.environment
        self.settings: Mapping[str, Value] = filled(self.parameters, parameters)
        self.seed = checked_seed(seed)
        rate, discount, epsilon, decay, least, first = [float(value) for value in self.settings.values()]
        self._rates = rate, discount, decay, min(least, epsilon)
        self.table = [[first] * MOVES for _ in range(self.course.rows)]
        self._views = self.course.views(self.table)
        self.epsilon = epsilon
        self._dice = random.Random(seed)
        self._game = self.course.game()
        self._is_between = True
        self._steps = self._episodes = 0
        self._trail: list[int] = []
        self.course.begin(self._game, self.course.starts[0])  # what is seen before the first step

    @property
    def steps(self) -> int:
        """Moves made so far."""
        return self._steps

    @property
    def episodes(self) -> int:
        """Episodes ended so far."""
        return self._episodes

    def advance(self, steps: int) -> list[EpisodePoint]:
        """Make exactly so many moves, over as many episodes as that takes; return those that ended.

        Flat and of local names, for it is what a training spends its time in (`benchmarks/training.py`): the best of a
        row is looked up once for both of its uses, and rows by cell, so that nothing is counted in the loop.
        """
        points: list[EpisodePoint] = []
        course, game, views, trail = self.course, self._game, self._views, self._trail
        rate, discount, decay, least = self._rates
        step, reset, draw = game.step, game.reset, self._dice.random
        starts, goals, limit, keys, spots = course.starts, course.layout.spots, course.limit, course.keys, course.spots
        epsilon, buttons, has_keys = self.epsilon, [0], keys > 1
        made, episodes, is_between, end = self._steps, self._episodes, self._is_between, self._steps + steps
        del trail[:-TRAIL]
        while made < end:
            if is_between:
                reset(0)
                game.cells[0], game.spot = starts[int(draw() * len(starts))]
                trail.clear()
            cells, spot, first = game.cells, game.spot, game.clock
            goal, view = goals[spot], views[(game.held[0] * keys + game.doors) * spots + spot]
            score, cell = game.points[0], cells[0]
            row = view[cell]
            best = max(row)
            for _ in range(min(limit - first, end - made)):
                trail.append(cell)
                move = int(draw() * MOVES) if draw() < epsilon else row.index(best)
                buttons[0] = move + 1
                step(buttons)
                before, score = score, game.points[0]
                cell = cells[0]
                if cell == goal:
                    row[move] += rate * (score - before - row[move])
                    break
                if has_keys:
                    view = views[(game.held[0] * keys + game.doors) * spots + spot]
                after = view[cell]
                row[move] += rate * (score - before + discount * max(after) - row[move])
                row, best = after, max(after)  # looked up anew: it may be the row that just changed
            clock = game.clock
            made += clock - first
            is_between = cell == goal or clock == limit
            if is_between:
                episodes += 1
                points.append(EpisodePoint(episodes, made, float(score), clock, epsilon, {"success": float(cell == goal)}))
                epsilon = max(least, epsilon * decay)
        self._steps, self._episodes, self._is_between, self.epsilon = made, episodes, is_between, epsilon
        return points

    def step_once(self) -> list[EpisodePoint]:
        """Make one move; return the episode that ended with it, if one did."""
        return self.advance(1)

    def at_boundary(self) -> bool:
        """Return whether it stands between two episodes."""
        return self._is_between

    def checkpoint(self, *, parent: str = "", metrics: Mapping[str, float] | None = None) -> Checkpoint:
        """Return all that is needed to go on exactly as if nothing had happened, also in the middle of an episode."""
        return Checkpoint(
            algorithm=self.name,
            environment=self.environment,
            config_hash=map_hash(self.course.layout),
            parameters={**self.settings, "seed": self.seed},
            step=self._steps,
            episode=self._episodes,
            epsilon=self.epsilon,
            random_state=state_of(self._dice),
            metrics=dict(metrics or {}),
            parent=parent,
            arrays=arrays_of(self.table, None if self._is_between else self._game.save()),
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Become what a checkpoint of this algorithm and map holds; the parameters stay those it was made with.

        Raises:
            CheckpointError: It is of another algorithm, map or size, or damaged; the training stays as it was.
        """
        parts = parts_of(checkpoint, self.name, self.course)
        self.table, self._dice = parts.table, parts.dice
        self._views = self.course.views(parts.table)
        self.epsilon, self._steps, self._episodes = checkpoint.epsilon, checkpoint.step, checkpoint.episode
        self._game, self._is_between = parts.game, parts.is_between
        self._trail.clear()

    def moment(self) -> None:
        """Do nothing: the picture shows the table itself."""

    def picture(self) -> dict[str, Any]:
        """Return what a page draws, see `grid_picture`."""
        seen = grid_picture(self.course, self._game, self.table, float(self.settings["first_value"]), self._trail)
        return {**seen, "episode": self._episodes + (not self._is_between), "step": self._steps, "epsilon": self.epsilon}

    def evaluate(self, episodes: int) -> dict[str, float]:
        """Play the best moves from starts never trained from, so many at most; see `evaluated`."""
        return evaluated(self.course, self.table, episodes)

    def validate(self, episodes: int) -> dict[str, float]:
        """Do the same from other starts never trained from, which a training may look at as often as it likes."""
        return evaluated(self.course, self.table, episodes, is_final=False)
