"""What predictors and policies take of the processor, for `benchmarks/predictors.py`. Knows the clock; knows no game."""

from __future__ import annotations

import time
from typing import Any, Final

clock = time.thread_time_ns


class Spent:
    """Processor time of predictions in nanoseconds, by whether the guesser was in charge."""

    def __init__(self) -> None:
        self.by_charge: tuple[list[int], list[int]] = ([], [])
        self.all: list[int] = []

    def mean(self, times: list[int]) -> float | None:
        """Return microseconds a prediction, None where there was none."""
        return round(max(0.0, sum(times) / len(times) - OVERHEAD) / 1000, 2) if times else None


class Timed:
    """Measures what a predictor takes."""

    def __init__(self, predictor: Any, spent: Spent) -> None:
        self.predictor, self.spent = predictor, spent
        self.reach, self.extra = getattr(predictor, "reach", 0), getattr(predictor, "extra", {})
        self.gates = getattr(predictor, "gates", dict)

    def begin(self, past: Any) -> Timed:
        """Begin the predictor."""
        return Timed(self.predictor.begin(past), self.spent)

    def predict(self, *asked: Any) -> bytes:
        """Ask it, and note how long that took."""
        predict = self.predictor.predict
        begun = clock()
        guess: bytes = predict(*asked)
        took = clock() - begun
        gate = self.gates().get(asked[0])
        self.spent.by_charge[gate is not None and gate.in_charge].append(took)
        self.spent.all.append(took)
        return guess

    def __repr__(self) -> str:
        return repr(self.predictor)


class Clocked:
    """Measures what a policy takes."""

    def __init__(self, policy: Any, spent: list[int]) -> None:
        self.policy, self.spent = policy, spent

    def act(self, observation: Any, memory: Any) -> Any:
        """Have it act."""
        begun = clock()
        done = self.policy.act(observation, memory)
        self.spent.append(clock() - begun)
        return done


def clock_itself() -> float:
    """Return the nanoseconds between two looks at the clock."""
    best = float("inf")
    for _ in range(20):
        looks = [clock() for _ in range(1000)]
        best = min(best, (looks[-1] - looks[0]) / 999)
    return best


OVERHEAD: Final = clock_itself()
