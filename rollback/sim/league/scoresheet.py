"""What the matches came to so far, by agent and by pair. Knows lineups and scores; knows no game and no rating.

Only sums are held, so a sheet does not grow with the matches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from rollback.sim.league.schedule import Lineup

__all__ = ["Mean", "Scoresheet", "Tally"]


@dataclass(slots=True)
class Mean:
    """The mean of numbers that come one by one, by the method of Welford (1962): sums of squares would lose digits.

    Attributes:
        count: How many came.
        mean: Their mean, 0 before the first.
        squares: The sum of their squared distances from it.
    """

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def add(self, value: float) -> None:
        """Take one more."""
        self.count += 1
        off = value - self.mean
        self.mean += off / self.count
        self.squares += off * (value - self.mean)

    @property
    def error(self) -> float | None:
        """Half of the interval that holds the true mean in 95 of 100 cases; None of fewer than two numbers."""
        if self.count < 2:
            return None
        return student(self.count - 1) * sqrt(self.squares / (self.count - 1) / self.count)


@dataclass(slots=True)
class Tally:
    """What one agent has; who sits in several seats of a match has played it several times.

    Attributes:
        won: Matches with a score above all others.
        drawn: Matches in which others had the same best score.
        lost: The rest.
        share: Points for the first place: 1 for a won match, 1/n for one that n share.
        score: The mean score.
        truncated: Matches that were cut, before they were over.
        failures: Matches that did not come to an end; nothing else counts them.
    """

    won: int
    drawn: int
    lost: int
    share: float
    score: Mean
    truncated: int
    failures: int

    @classmethod
    def empty(cls) -> Tally:
        """Return that of an agent that has not played."""
        return cls(0, 0, 0, 0.0, Mean(), 0, 0)

    @property
    def matches(self) -> int:
        """How many counted."""
        return self.won + self.drawn + self.lost


class Scoresheet:
    """All that standings are made of.

    Args:
        agents: How many there are.

    Attributes:
        tallies: What each agent has.
        points: `points[a][b]` is what a took from b: of a match with n other seats 1/n for each of them that it left behind.
        met: How often two agents met, the lower number first.
    """

    def __init__(self, agents: int) -> None:
        self.tallies = [Tally.empty() for _ in range(agents)]
        self.points = [[0.0] * agents for _ in range(agents)]
        self.met: dict[tuple[int, int], int] = {}

    def add(self, lineup: Lineup, scores: Sequence[float], *, is_truncated: bool = False) -> None:
        """Count a match that came to an end: one score a seat."""
        for agent, score in zip(lineup, scores, strict=True):
            self.score(agent, score, is_truncated=is_truncated)
        self.place(lineup, scores)

    def score(self, agent: int, score: float, *, is_truncated: bool = False) -> None:
        """Count only the score of one seat."""
        self.tallies[agent].score.add(score)
        self.tallies[agent].truncated += is_truncated

    def place(self, lineup: Lineup, scores: Sequence[float]) -> None:
        """Count only who won, and who was ahead of whom."""
        best = max(scores)
        first = sum(score == best for score in scores)
        for agent, score in zip(lineup, scores, strict=True):
            tally = self.tallies[agent]
            if score < best:
                tally.lost += 1
            elif first == 1:
                tally.won += 1
                tally.share += 1
            else:
                tally.drawn += 1
                tally.share += 1 / first
        self._compare(lineup, scores)

    def fail(self, lineup: Lineup) -> None:
        """Count a match that came to no end; whose fault it was is not known."""
        for agent in sorted(set(lineup)):
            self.tallies[agent].failures += 1

    def _compare(self, lineup: Lineup, scores: Sequence[float]) -> None:
        weight = 1 / max(1, len(lineup) - 1)
        for seat, (mine, score) in enumerate(zip(lineup, scores, strict=True)):
            for theirs, other in zip(lineup[:seat], scores[:seat], strict=True):
                if mine == theirs:
                    continue  # one agent in two seats says nothing about its strength
                pair = (min(mine, theirs), max(mine, theirs))
                self.met[pair] = self.met.get(pair, 0) + 1
                share = 0.5 if score == other else float(score > other)
                self.points[mine][theirs] += share * weight
                self.points[theirs][mine] += (1 - share) * weight


def student(freedom: int) -> float:
    """Return the number within which 95 % of Student's t distribution lie; right to the third decimal from 3 on.

    The first ones are from the table; the others by the expansion of Cornish and Fisher.
    """
    if freedom <= len(_STUDENT):
        return _STUDENT[freedom - 1]
    z = 1.959964
    third = (z**3 + z) / 4
    fifth = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    seventh = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + third / freedom + fifth / freedom**2 + seventh / freedom**3


_STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306)
