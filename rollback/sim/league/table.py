"""What a tournament came to: the standings, the cross table and what failed. Knows what to call it; knows no colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rollback.sim.league.standings import Encounter, Standing

__all__ = ["Failed", "Table"]

MINUS = "\u2212"  # as wide as a plus, and read as a minus


@dataclass(frozen=True, slots=True)
class Failed:
    """A match that came to no end.

    Attributes:
        index: Its number.
        status: `error`, `crashed` or `timeout`.
        agents: Who played, by seat.
        seed: Of the match.
        why: The last line of what went wrong.
        error: All of it.
        command: What plays it again.
    """

    index: int
    status: str
    agents: tuple[str, ...]
    seed: int
    why: str
    error: str
    command: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as values that JSON can hold."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The outcome of a tournament.

    Attributes:
        game: The game's name.
        players: Seats of a match.
        schedule: `round-robin` or `league`.
        seed: Of the tournament.
        matches: How many were played, failed ones too.
        frames: At most so many a match.
        truncated: How many were cut there, before they were over.
        standings: The lines, the best first.
        cross: What the row took from the column, in the order of the standings.
        failures: The matches that came to no end.
    """

    game: str
    players: int
    schedule: str
    seed: int
    matches: int
    frames: int
    truncated: int
    standings: Sequence[Standing]
    cross: Sequence[Sequence[Encounter | None]]
    failures: Sequence[Failed]

    @property
    def is_alone(self) -> bool:
        """Whether everybody played the same seeds alone."""
        return self.players == 1

    @property
    def heading(self) -> str:
        """What was played."""
        return f"{self.game}: {self.matches:,} matches between {len(self.standings)} agents"

    @property
    def measure(self) -> str:
        """What the ranking goes by."""
        if self.is_alone:
            return "Mean score, everybody alone on the same seeds"
        return "Elo by maximum likelihood, the mean of all is 0"

    @property
    def axis(self) -> str:
        """What the numbers of a picture are."""
        return "mean score" if self.is_alone else "Elo"

    @property
    def crossing(self) -> str:
        """What a cell of the cross table says."""
        if self.is_alone:
            return "Share of the same seeds on which the row scored more than the column (level: half)"
        return "Points that the row took from the column (a draw: half)"

    def span(self, row: Standing) -> tuple[float, float, float] | None:
        """Return what a row is ranked by, between the ends of its interval; None if it never played."""
        value, error = (row.score, row.score_error) if self.is_alone else (row.elo, row.error)
        if value is None or (not row.matches and not self.is_alone):
            return None
        return value - (error or 0), value, value + (error or 0)

    def figures(self, row: Standing) -> str:
        """Return a row's rating and share in a few words."""
        share = "" if row.share is None else f"{row.share:.1%}"
        if self.is_alone:
            return f"{scored(row)}, first on {share}" if share else scored(row)
        return f"{rated(row)}, share {share}" if share else "did not play"

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as values that JSON can hold."""
        return {
            "game": self.game,
            "players": self.players,
            "schedule": self.schedule,
            "seed": self.seed,
            "matches": self.matches,
            "frames": self.frames,
            "truncated": self.truncated,
            "standings": [row.to_dict() for row in self.standings],
            "cross": [
                [None if cell is None else {"matches": cell.matches, "share": cell.share} for cell in line]
                for line in self.cross
            ],
            "failures": [failed.to_dict() for failed in self.failures],
        }


def rated(row: Standing) -> str:
    """Return a rating with half of its interval, such as `+182 ± 35`."""
    if row.elo is None or not row.matches:
        return "-"
    return f"{row.elo:+.0f} ± {row.error or 0:.0f}".replace("-", MINUS)


def scored(row: Standing) -> str:
    """Return a mean score, with half of its interval where it has one."""
    if row.score is None:
        return "-"
    error = "" if row.score_error is None else f" ± {row.score_error:.2f}"
    return f"{row.score:.2f}{error}".replace("-", MINUS)
