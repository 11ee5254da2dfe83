"""Strengths from results: Elo by maximum likelihood. Knows points taken from each other; knows no game and no seat.

The model is that of Bradley and Terry (1952): A takes a point from B with probability 1 / (1 + 10 ** ((B - A) / 400)), a draw
is half a point each. Somebody who never lost would be infinitely strong, so everybody is given one drawn match against an
opponent of rating 0, which hardly moves those with many results. The intervals are those of the observed information (the
second derivative of the likelihood at its top); draws vary less than wins and losses, so they are rather too wide than too
narrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt
from typing import Final

__all__ = ["Rating", "expected", "rate"]

SCALE: Final = 400 / log(10)  # Elo points of one unit of log-odds
PRIOR: Final = 1.0  # matches drawn against rating 0
QUANTILE: Final = 1.959964  # of the normal distribution: 95 % lie between minus and plus this
STEPS: Final = 100  # Newton needs about eight
LONGEST: Final = 2.0  # a step in log-odds; longer ones can overshoot where one side has won everything
CLOSE: Final = 1e-10


@dataclass(frozen=True, slots=True)
class Rating:
    """How strong an agent is, compared with the mean of all.

    Attributes:
        elo: The rating; the mean of all agents is 0.
        error: Half of the interval that holds the true one in 95 of 100 cases.
    """

    elo: float
    error: float


def rate(points: Sequence[Sequence[float]]) -> list[Rating]:
    """Return the rating of each agent.

    Args:
        points: `points[a][b]` are the points that a took from b: 1 a win, half a draw. The diagonal does not count.
    """
    import numpy as np

    if not points:
        return []
    taken = np.array(points, dtype=float)
    np.fill_diagonal(taken, 0.0)
    matches = taken + taken.T
    strength = np.zeros(len(taken))
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(strength[None, :] - strength[:, None]))
        alone = 1 / (1 + np.exp(-strength))
        slope = (taken - matches * chance).sum(axis=1) + PRIOR * (0.5 - alone)
        spread = matches * chance * (1 - chance)
        information = np.diag(spread.sum(axis=1) + PRIOR * alone * (1 - alone)) - spread
        step = np.linalg.solve(information, slope)
        step *= min(1.0, LONGEST / max(np.abs(step).max(), CLOSE))
        strength += step
        if np.abs(step).max() < CLOSE:
            break
    centre = np.eye(len(taken)) - 1 / len(taken)
    variance = np.diag(centre @ np.linalg.inv(information) @ centre)
    strength -= strength.mean()
    return [
        Rating(float(SCALE * value), float(SCALE * QUANTILE * sqrt(max(0.0, spread))))
        for value, spread in zip(strength, variance, strict=True)
    ]


def expected(left: float, right: float) -> float:
    """Return the share of points that a rating of `left` takes from one of `right`."""
    return 1 / (1 + 10 ** ((right - left) / 400))
