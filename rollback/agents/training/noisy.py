"""Noisy cross-entropy: a cloud of vectors that moves to where the best of it are. Knows no game.

Draw vectors from a normal distribution with independent entries, keep the best, and take mean and spread of these for the
next draw; some variance is added, or the cloud would shrink before it has found anything. The method is that of Istvan
Szita and Andras Lorincz, "Learning Tetris Using the Noisy Cross-Entropy Method", Neural Computation 18 (2006), with their
noise that decreases to nothing.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import fsum, sqrt

__all__ = ["Cloud"]

Vector = tuple[float, ...]


class Cloud:
    """Where good vectors are thought to be.

    Args:
        size: Entries of a vector.
        deviation: Of every entry at first; the mean is 0.
        noise: Variance that is added after the first generation.
        noisy: Generations over which it goes down to nothing.

    Attributes:
        mean: The middle.
        deviations: By entry.
        generation: How often it has moved.
    """

    def __init__(self, size: int, deviation: float, noise: float, noisy: int) -> None:
        self.mean: Vector = (0.0,) * size
        self.deviations: Vector = (deviation,) * size
        self.generation = 0
        self._noise, self._noisy = noise, noisy

    def drawn(self, count: int, dice: random.Random) -> list[Vector]:
        """Return so many vectors."""
        pairs = list(zip(self.mean, self.deviations, strict=True))
        return [tuple([dice.gauss(mean, deviation) for mean, deviation in pairs]) for _ in range(count)]

    def move(self, vectors: Sequence[Vector], scores: Sequence[float], elite: int) -> None:
        """Move to the best of the vectors; of equally good ones the first count.

        Args:
            vectors: What was drawn.
            scores: Of each, the greater the better.
            elite: How many count, at most as many as there are.
        """
        order = sorted(range(len(vectors)), key=lambda place: (-scores[place], place))
        entries = list(zip(*[vectors[place] for place in order[:elite]], strict=True))
        added = self._noise * max(0, self._noisy - self.generation) / self._noisy
        self.mean = tuple([fsum(entry) / elite for entry in entries])
        self.deviations = tuple(
            [
                sqrt(fsum([(value - mean) ** 2 for value in entry]) / elite + added)
                for entry, mean in zip(entries, self.mean, strict=True)
            ]
        )
        self.generation += 1
