"""The table of a tournament: who stands where, and how sure that is. Knows scoresheets; knows no match and no picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rollback.sim.league.deals import Deals
from rollback.sim.league.ratings import Rating, rate
from rollback.sim.league.scoresheet import Mean, Scoresheet
from rollback.sim.pool.intervals import Interval, wilson

__all__ = ["Encounter", "Standing", "encounters", "standings", "standings_alone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One line of the table.

    Attributes:
        rank: 1 is the best.
        agent: What it is called.
        elo: Its rating, the mean of all is 0; None in a one-player game.
        error: Half of the rating's 95 % interval; None in a one-player game.
        matches: Those that counted; in a one-player game the seeds that all of them played.
        won: Those with a score above all others.
        drawn: Those in which others had the same best score.
        lost: The others.
        share: Points for the first place, of all there were: 1 for a win, 1/n where n share it. None without a match.
        interval: Its 95 % interval.
        score: The mean score; None without a match.
        score_error: Half of its 95 % interval; None for fewer than two matches.
        behind: By how much the first in the table scores more on the same seeds, and half of the interval of that; None for
            the first, and where the seats are shared.
        truncated: Matches that were cut before they were over.
        failures: Matches that came to no end.
    """

    rank: int
    agent: str
    elo: float | None
    error: float | None
    matches: int
    won: int
    drawn: int
    lost: int
    share: float | None
    interval: Interval
    score: float | None
    score_error: float | None
    behind: tuple[float, float | None] | None = None
    truncated: int = 0
    failures: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return it as values that JSON can hold."""
        return asdict(self) | {"interval": [self.interval.low, self.interval.high]}


@dataclass(frozen=True, slots=True)
class Encounter:
    """What one agent took from another.

    Attributes:
        matches: How often both played.
        share: Points of them: 1 where it was ahead, half where they were level; None if they never met.
    """

    matches: int
    share: float | None


def standings(labels: Sequence[str], sheet: Scoresheet) -> list[Standing]:
    """Return the table of matches against each other, by rating."""
    ratings = rate(sheet.points)
    # Who never played stands last, whatever the rating of nothing is.
    order = sorted(range(len(labels)), key=lambda agent: (not sheet.tallies[agent].matches, -ratings[agent].elo, agent))
    return [_standing(rank, labels[agent], agent, sheet, ratings[agent]) for rank, agent in enumerate(order, 1)]


def standings_alone(labels: Sequence[str], deals: Deals) -> list[Standing]:
    """Return the table of a one-player game, by mean score."""
    tallies = deals.sheet.tallies
    order = sorted(range(len(labels)), key=lambda agent: (not tallies[agent].score.count, -tallies[agent].score.mean, agent))
    return [
        _standing(rank, labels[agent], agent, deals.sheet, None, None if rank == 1 else deals.differences[order[0]][agent])
        for rank, agent in enumerate(order, 1)
    ]


def encounters(sheet: Scoresheet, order: Sequence[int]) -> list[list[Encounter | None]]:
    """Return the cross table in that order of the agents: what the row took from the column; None on the diagonal."""
    return [[None if row == column else _encounter(sheet, row, column) for column in order] for row in order]


def _encounter(sheet: Scoresheet, row: int, column: int) -> Encounter:
    taken, given = sheet.points[row][column], sheet.points[column][row]
    met = sheet.met.get((min(row, column), max(row, column)), 0)
    return Encounter(met, taken / (taken + given) if met else None)


def _standing(
    rank: int, label: str, agent: int, sheet: Scoresheet, rating: Rating | None, behind: Mean | None = None
) -> Standing:
    tally = sheet.tallies[agent]
    share = min(tally.share, tally.matches)  # thirds that were added up may be a hair more
    return Standing(
        rank=rank,
        agent=label,
        elo=rating.elo if rating else None,
        error=rating.error if rating else None,
        matches=tally.matches,
        won=tally.won,
        drawn=tally.drawn,
        lost=tally.lost,
        share=share / tally.matches if tally.matches else None,
        interval=wilson(share, tally.matches),
        score=tally.score.mean if tally.score.count else None,
        score_error=tally.score.error,
        behind=(behind.mean, behind.error) if behind is not None and behind.count else None,
        truncated=tally.truncated,
        failures=tally.failures,
    )
