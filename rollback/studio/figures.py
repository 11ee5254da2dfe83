"""How well an agent does: means of the newest episodes it trained on, and apart from them an evaluation. Knows no file."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

from rollback.agents.training import Algorithm, EpisodePoint

__all__ = ["TRAINING", "Figures", "best_by"]

TRAINING: Final = "training_"  # what the names of means of training begin with: the same word means less there
MEAN_OF: Final = 100  # episodes
EVALUATED: Final = 200  # episodes of an evaluation
EVALUATED_WITHIN: Final = 0.25  # seconds it may take to be made by itself with each checkpoint
_TRIES: Final = 3  # on a busy machine one look at what an episode costs may be wrong
_FAR_TOO_LONG: Final = 20.0  # times that: no machine is as busy
_BEST_BY: Final = ("success", "won", "lines", "reward")  # the first that is known says which checkpoint is the best


class Figures:
    """The figures of one training."""

    def __init__(self) -> None:
        self._recent: deque[EpisodePoint] = deque(maxlen=MEAN_OF)
        self._cost: float | None = None  # seconds an episode of an evaluation

    def book(self, points: Sequence[EpisodePoint]) -> None:
        """Take episodes that have ended."""
        self._recent += points[-MEAN_OF:]

    def clear(self) -> None:
        """Forget them: the agent is another one."""
        self._recent.clear()

    def of(self, algorithm: Algorithm) -> dict[str, float]:
        """Return how well it plays now: finite numbers by name.

        Returns:
            What `Algorithm.validate` tells, if that is found out quickly; `training_reward` and what else the newest
            episodes told, as means, and of how many episodes: `training_episodes`.
        """
        figures = {TRAINING + name: value for name, value in self._means().items()} | self._evaluation(algorithm)
        return {name: value for name, value in figures.items() if math.isfinite(value)}

    def _means(self) -> dict[str, float]:
        count = len(self._recent)
        if not count:
            return {}
        means = {"reward": sum(float(point.reward) for point in self._recent) / count}
        for name in self._recent[-1].extra:
            means[name] = sum(float(point.extra.get(name, 0.0)) for point in self._recent) / count
        return means | {"episodes": float(count)}

    def _evaluation(self, algorithm: Algorithm) -> dict[str, float]:
        """Return how it plays from where it never trained, apart from the final figure, if that is found out quickly."""
        if self._cost is None:
            self._cost = _seconds(algorithm)
            for _ in range(_TRIES - 1):
                if EVALUATED_WITHIN < self._cost * EVALUATED < _FAR_TOO_LONG * EVALUATED_WITHIN:
                    self._cost = min(self._cost, _seconds(algorithm))
        return algorithm.validate(EVALUATED) if self._cost * EVALUATED <= EVALUATED_WITHIN else {}


def best_by(metrics: Mapping[str, float]) -> str:
    """Return by which of its metrics a checkpoint is the best or not: of an evaluation, else of training; empty for none."""
    names = [*_BEST_BY, *(TRAINING + name for name in _BEST_BY)]
    return next((name for name in names if name in metrics), "")


def _seconds(algorithm: Algorithm) -> float:
    before = time.monotonic()
    algorithm.validate(1)
    return time.monotonic() - before
