"""What a training came to, in values and in sentences. Knows figures and intervals; trains nothing."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rollback.errors import UsageError
from rollback.sim.pool.intervals import Interval, wilson

__all__ = ["Outcome", "interval_of", "main_figure"]

# What each algorithm's first figure is, for people; a share is told in percent.
_SHARES: Final = {"success": "goals reached from starts it was not trained from", "won": "of the matches against the best bot"}
_NUMBERS: Final = {"lines": "lines a game, the median, over seeds it was not trained on"}
_PLAYED: Final = ("starts", "games", "matches")  # how many were played, whatever they are called


def main_figure(evaluation: Mapping[str, float]) -> tuple[str, float] | None:
    """Return the figure that says how good it is, which is the first one; None where nothing was played."""
    return next(iter(evaluation.items()), None)


def interval_of(evaluation: Mapping[str, float]) -> Interval | None:
    """Return the 95 % interval of the main figure: the evaluation's own, or that of a share; None where there is none."""
    found = main_figure(evaluation)
    if found is None:
        return None
    name, value = found
    low, high = evaluation.get(f"{name}_low"), evaluation.get(f"{name}_high")
    if low is not None and high is not None:
        return Interval(low, high)
    played = _played(evaluation)
    return wilson(value * played, played) if name in _SHARES and played else None


def _played(evaluation: Mapping[str, float]) -> int:
    return round(next((evaluation[each] for each in _PLAYED if each in evaluation), 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a training.

    Attributes:
        run: The run's name.
        folder: Where it is kept.
        algorithm: Its name.
        environment: What was trained on.
        seed: Of all its dice.
        episodes: In all.
        steps: In all.
        seconds: How long this time.
        steps_per_second: How fast this time.
        evaluation: How it plays where it was not trained; empty if nobody asked.
        until: What was to be reached, or None.
        is_reached: Whether it was; None if nothing was to be, or it was interrupted.
        newest: The newest checkpoint's file, None if there is none.
        best: The best one's.
        ends: The options that say when it stops if somebody goes on with it.
        caught: 128 and the signal that ended it, or 0.
    """

    run: str
    folder: Path
    algorithm: str
    environment: str
    seed: int
    episodes: int
    steps: int
    seconds: float
    steps_per_second: float
    evaluation: Mapping[str, float]
    until: float | None
    is_reached: bool | None
    newest: Path | None
    best: Path | None
    ends: tuple[str, ...] = ()
    caught: int = 0

    @property
    def again(self) -> str:
        """The line that goes on with it."""
        place = [] if self.folder.parent == Path("runs") else ["--runs", str(self.folder.parent)]
        return shlex.join(["rollback", "train", "--resume", self.run, *place, *self.ends])

    @property
    def sentence(self) -> str:
        """What was trained."""
        stopped = "Stopped" if self.caught else "Trained"
        return (
            f"{stopped} after {self.episodes:,} episodes and {self.steps:,} steps of {self.environment}"
            f" by {self.algorithm}: {self.steps_per_second:,.0f} steps a second."
        )

    @property
    def figure(self) -> str:
        """How well it plays, with its interval; empty if it was not tried."""
        found = main_figure(self.evaluation)
        if found is None:
            return ""
        name, value = found
        interval, played = interval_of(self.evaluation), _played(self.evaluation)
        is_share = name in _SHARES
        what = _SHARES.get(name) or _NUMBERS.get(name, name)
        if self.evaluation.get("held_out", 1.0) == 0.0:
            what = "goals reached from starts it was trained from, for the map is too small to hold any back"
        told = f"{100 * value:.1f} %" if is_share else f"{value:g}"
        scale, digits = (100.0, 1) if is_share else (1.0, 0)
        within = (
            ""
            if interval is None
            else f", 95 % interval {scale * interval.low:.{digits}f} to {scale * interval.high:.{digits}f}"
        )
        return f"It plays: {told} {what} ({played} played{within})."

    @property
    def lines(self) -> list[str]:
        """All of it, for people."""
        told = [self.sentence]
        if self.figure:
            told.append(self.figure)
        if self.is_reached is not None:
            apart = " That is judged where neither the training nor this figure looks." if self.figure else ""
            told.append(f"{'Reached' if self.is_reached else 'Not reached'}: {self.until:g} was to be reached.{apart}")
        if self.newest is not None:
            best = f"; the best one is {self.best}" if self.best is not None else ""
            told.append(f"The newest checkpoint is {self.newest}{best}")
            told += self._further
        return [*told, f"To go on: {self.again}"]

    @property
    def simulate(self) -> list[str]:
        """The words of the command that compares it with others; empty where it cannot be."""
        return self._with_game("simulate", "--agents", "best", "random", "--matches", "60") if self.agent else []

    @property
    def play(self) -> list[str]:
        """The words of the command by which it plays in a room; empty where it cannot."""
        return self._with_game("play", "--bot") if self.agent else []

    @property
    def agent(self) -> Path | None:
        """The checkpoint to be taken: the one that reached what was to be reached, or else the best, or else the newest."""
        return self.newest if self.is_reached else self.best or self.newest

    def _with_game(self, command: str, option: str, *further: str) -> list[str]:
        from rollback.cli.agent_games import game_for

        try:
            game = game_for(self.environment)
        except UsageError:  # it is on no game of two
            return []
        return ["rollback", command, "--game", game, option, str(self.agent), *further]

    @property
    def _further(self) -> list[str]:
        named = {"To compare it": self.simulate, "To let it play in a room of rollback serve": self.play}
        return [f"{what}: {shlex.join(words)}" for what, words in named.items() if words]

    def as_values(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        interval = interval_of(self.evaluation)
        return {
            "run": self.run,
            "folder": str(self.folder),
            "algorithm": self.algorithm,
            "environment": self.environment,
            "seed": self.seed,
            "episodes": self.episodes,
            "steps": self.steps,
            "seconds": round(self.seconds, 3),
            "steps_per_second": round(self.steps_per_second),
            "evaluation": dict(self.evaluation),
            "interval": None if interval is None else [interval.low, interval.high],
            "until": self.until,
            "reached": self.is_reached,
            "newest": None if self.newest is None else str(self.newest),
            "best": None if self.best is None else str(self.best),
            "interrupted": bool(self.caught),
            "resume": self.again,
            "simulate": shlex.join(self.simulate),
            "play": shlex.join(self.play),
        }
