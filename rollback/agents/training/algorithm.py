"""What every training algorithm does, and which ones there are. Knows how they are driven; knows none of them inside.

An algorithm is driven from outside, a slice of steps at a time, so that whoever drives it can pause, draw, save and stop
between two slices:

```python
algorithm = make_algorithm("q-learning", "gridworld?layout=rooms", {"learning_rate": 0.2}, seed=1)
while algorithm.steps < 100_000:
    for point in algorithm.advance(1000):
        print(point.episode, point.reward)
print(algorithm.evaluate(200))
```
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from rollback.agents.training.parameters import Parameter, Value
from rollback.errors import UsageError

if TYPE_CHECKING:
    from rollback.agents.checkpoints import Checkpoint

__all__ = ["ALGORITHMS", "Algorithm", "EpisodePoint", "algorithm_from", "algorithm_named", "make_algorithm", "schema"]

# Where each is: imported when it is asked for, for one may need what another does not.
ALGORITHMS: Final[Mapping[str, str]] = {
    "q-learning": "rollback.agents.training.q_learning:QLearning",
    "cross-entropy": "rollback.agents.training.cross_entropy:CrossEntropy",
    "self-play": "rollback.agents.training.self_play:SelfPlay",
    "self-play-q-learning": "rollback.agents.training.self_play_table:SelfPlayTable",
}


@dataclass(frozen=True, slots=True)
class EpisodePoint:
    """An episode that ended; one point of the learning curve.

    Attributes:
        episode: Its number, from 1, without a gap: who misses one sees it.
        step: Environment steps of the whole training at its end.
        reward: What was earned in it.
        length: Steps it took.
        epsilon: The share of random actions at its end; 0 for an algorithm that has none.
        extra: Further numbers by name, such as `lines`.
    """

    episode: int
    step: int
    reward: float
    length: int
    epsilon: float
    extra: Mapping[str, float] = field(default_factory=dict)


class Algorithm(Protocol):
    """A training in progress. All numbers it hands out are plain Python ones.

    What it does next is decided by its state alone: environment, parameters, seed, and steps made. It reads no clock, and
    it matters nowhere in which slices it was advanced.

    Attributes:
        name: As in `ALGORITHMS`.
        parameters: What can be set.
        environments: Names of environments it learns well, the first being the one to begin with; it may take others.
        environment: The one it trains on, in the form in which a checkpoint keeps it.
        settings: The value of each parameter.
        seed: Of all its dice.
        steps: Environment steps made so far.
        episodes: Episodes ended so far.
    """

    name: ClassVar[str]
    parameters: ClassVar[tuple[Parameter, ...]]
    environments: ClassVar[tuple[str, ...]]
    environment: str
    settings: Mapping[str, Value]
    seed: int

    def __init__(self, environment: str, parameters: Mapping[str, Any], seed: int) -> None: ...

    @property
    def steps(self) -> int: ...  # noqa: D102

    @property
    def episodes(self) -> int: ...  # noqa: D102

    def advance(self, steps: int) -> list[EpisodePoint]:
        """Train about so many environment steps; return the episodes that ended in them, in order."""

    def step_once(self) -> list[EpisodePoint]:
        """Make the smallest step that can be shown; return the episode that ended in it, if one did."""

    def at_boundary(self) -> bool:
        """Return whether it stands between two episodes."""

    def checkpoint(self, *, parent: str = "", metrics: Mapping[str, float] | None = None) -> Checkpoint:
        """Return all that is needed to go on exactly as if nothing had happened, also in the middle of an episode.

        Args:
            parent: Hash of the checkpoint this training was restored from.
            metrics: What is known of how well it plays.
        """

    def restore(self, checkpoint: Checkpoint) -> None:
        """Become what a checkpoint of the same algorithm and environment holds; the parameters stay those it was made with.

        Raises:
            CheckpointError: It is of another one, or what it holds does not fit; the training stays as it was.
        """

    def moment(self) -> None:
        """Let what has been learned play on a little in what `picture` shows; the training is not touched by it.

        Where the picture is of what was learned and not of a game, nothing happens.
        """

    def picture(self) -> dict[str, Any]:
        """Return what a page draws: `kind` says what else there is. Plain values of bounded size, owned by the caller."""

    def evaluate(self, episodes: int) -> dict[str, float]:
        """Play without exploring from what was never trained on, so many episodes; return what came of it.

        It is the final figure: nothing is to be chosen by it, neither when to stop nor which checkpoint is the best. The
        training is not touched by it: neither its dice nor its counters.
        """

    def validate(self, episodes: int) -> dict[str, float]:
        """Do the same from what was never trained on either and is not part of the final figure: to stop or choose by."""


def algorithm_named(name: str) -> type[Algorithm]:
    """Return the class of an algorithm.

    Raises:
        UsageError: There is none of that name; the closest one is told.
    """
    place = ALGORITHMS.get(name) if isinstance(name, str) else None
    if place is None:
        close = difflib.get_close_matches(str(name), list(ALGORITHMS), n=1)
        meant = f", did you mean {close[0]}? Take" if close else ": take"
        raise UsageError(f"there is no algorithm {name!r:.60}{meant} one of {', '.join(ALGORITHMS)}")
    module, _, attribute = place.partition(":")
    found: type[Algorithm] = getattr(import_module(module), attribute)
    return found


def schema(name: str) -> tuple[Parameter, ...]:
    """Return what can be set for an algorithm.

    Raises:
        UsageError: There is no algorithm of that name.
    """
    return algorithm_named(name).parameters


def make_algorithm(name: str, environment: str, parameters: Mapping[str, Any], seed: int) -> Algorithm:
    """Return a training that has not begun.

    Args:
        name: Of the algorithm.
        environment: What it trains on, such as `gridworld?layout=rooms`, `tetris` or `pong`.
        parameters: Values by the names of `schema`; those that are left out have their defaults.
        seed: Of all its dice, a whole number of at least 0.

    Raises:
        UsageError: One of them is not allowed; the message says what is.
    """
    return algorithm_named(name)(environment, parameters, seed)


def algorithm_from(checkpoint: Checkpoint) -> Algorithm:
    """Return a training that goes on where a checkpoint was made.

    A checkpoint keeps the seed among its parameters, under `seed`.

    Raises:
        UsageError: Its algorithm, environment or parameters are none of those that are known here.
        CheckpointError: What it holds does not fit them.
    """
    parameters = dict(checkpoint.parameters)
    seed = parameters.pop("seed", 0)
    algorithm = make_algorithm(checkpoint.algorithm, checkpoint.environment, parameters, seed)
    algorithm.restore(checkpoint)
    return algorithm
