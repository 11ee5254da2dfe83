"""Whether a game can be rolled back: asks the questions and words the verdict. Knows no network."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from rollback.config import SessionConfig
from rollback.core.synctest import SyncTestSession
from rollback.errors import GameError, UsageError
from rollback.game import Game, codecs_of
from rollback.state import Difference
from rollback.testing.costs import Costs, measure
from rollback.testing.examination import Examination
from rollback.testing.other_process import agrees
from rollback.testing.references import keeps_no_reference
from rollback.testing.travel import travels
from rollback.testing.trial import Failed, NotAsked, Trial

__all__ = ["Check", "CheckReport", "check_game"]

MAX_FRAMES: Final = 1_000_000
_KEPT: Final = "no reference is kept"
_ELSEWHERE: Final = "another process agrees"


@dataclass(frozen=True, slots=True)
class Check:
    """One question and its answer.

    Attributes:
        name: The question in a few words.
        passed: The answer; true of what was not asked.
        sentence: What was found, and where it failed what usually causes it; why it was not asked.
        frame: The frame at which it failed.
        differences: Where the states differed, as far as they are state trees.
        asked: Whether the question could be put to this game.
    """

    name: str
    passed: bool
    sentence: str
    frame: int | None = None
    differences: tuple[Difference, ...] = ()
    asked: bool = True


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What became of a game under test.

    Attributes:
        game: Its class.
        frames: Frames asked for.
        distance: Frames each rollback went back.
        checks: The questions, in the order they were asked: what fails first is nearest to the cause.
        why_opaque: Why the snapshots are no state trees; empty when they are.
        costs: What it costs on this machine, None where it could not be played; two equal reports may differ in it.
    """

    game: str
    frames: int
    distance: int
    checks: tuple[Check, ...]
    why_opaque: str = ""
    costs: Costs | None = field(default=None, compare=False)

    @property
    def passed(self) -> bool:
        """Whether every check that was asked passed."""
        return all(check.passed for check in self.checks)

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that did not pass."""
        return tuple(check for check in self.checks if not check.passed)

    @property
    def verdict(self) -> str:
        """What it means and what to change, in a few sentences."""
        if self.failed:
            first = self.failed[0]
            if first.name == _KEPT:
                return f"{self.game} is one change in place away from a desync. {first.sentence}"
            return f"{self.game} would not stay the same on two computers. {first.sentence}"
        said = [f"{self.game} can be played with rollback: nothing gave it away in {self.frames} frames."]
        if self.why_opaque:
            said.append(f"Its snapshots are no state trees ({self.why_opaque}), so differences cannot be named.")
        said += [self._too_slow()] if self._too_slow() else []
        said += [f"One question was {check.sentence}." for check in self.checks if check.name == _ELSEWHERE and not check.asked]
        return " ".join(said)

    def _too_slow(self) -> str:
        """Return what to do about a game whose rollbacks take too long, empty for one that is fast enough."""
        window = SessionConfig().prediction_window
        if self.costs is None or self.costs.window >= window:
            return ""
        names = {"step": self.costs.step_us, "save": self.costs.save_us, "load": self.costs.load_us}
        dearest = max(names, key=lambda name: names[name])
        return (
            f"But it is slow: within a quarter of a 60 Hz frame it can go back {self.costs.window} frames and not {window}."
            f" {dearest} costs most, {names[dearest]:.0f} us: make it faster, play at fewer frames a second, or set"
            f" prediction_window={self.costs.window} and a larger input_delay."
        )


def check_game(
    game: Game | Callable[[], Game],
    frames: int = 300,
    *,
    distance: int = 8,
    seed: int = 0,
    other_process: bool = True,
) -> CheckReport:
    """Play a game with random legal actions and find out whether it is deterministic and saves all of its state.

    Args:
        game: What makes fresh games, such as the class; or a game, which is copied and not touched.
        frames: Frames of each part; a game that is over earlier starts again with the next seed.
        distance: Frames of each rollback.
        seed: Of the actions, and of the first `reset`.
        other_process: Whether to play in other processes too, which alone finds hashes and the order of sets. It takes
            a fraction of a second, and a game that other processes can import.

    Raises:
        UsageError: `frames` or `distance` is out of its limits.
        GameError: The game lacks a method, or its codecs cannot travel.
    """
    if type(frames) is not int or not 1 <= frames <= MAX_FRAMES:
        raise UsageError(f"frames must be a whole number from 1 to {MAX_FRAMES}, not {frames!r}")
    make = _maker(game)
    first = make()
    codecs_of(first)
    SyncTestSession(first, distance)  # says what is wrong with the distance
    name = type(first).__name__
    try:
        trial = Trial(make, frames, distance, seed)
    except Failed as failed:
        return CheckReport(name, frames, distance, (Check("can be saved", False, f"{failed}.", failed.frame),))
    examined = Examination(trial)
    questions: list[tuple[str, Callable[[], str]]] = [
        ("every input is an action", examined.decodes_everything),
        ("same inputs, same states", examined.is_deterministic),
        ("load(save()) changes nothing", examined.restores),
        ("snapshots stay as they are", examined.leaves_snapshots_alone),
        (_KEPT, partial(keeps_no_reference, trial)),
        (f"rollback of {distance} every frame", examined.survives_rollbacks),
        ("rollbacks of random depth", examined.survives_random_rollbacks),
        ("snapshots can travel", partial(travels, trial)),
    ]
    if other_process:
        questions.append((_ELSEWHERE, partial(agrees, trial)))
    checks = tuple(_ask(name, question) for name, question in questions)
    try:
        costs = measure(trial)
    except Failed:
        costs = None
    return CheckReport(name, frames, distance, checks, trial.why_opaque, costs)


def _ask(name: str, question: Callable[[], str]) -> Check:
    try:
        return Check(name, True, question())
    except NotAsked as why:
        return Check(name, True, f"not asked, because {why}", asked=False)
    except Failed as failed:
        return Check(name, False, str(failed), failed.frame, failed.differences)


class _Copies:
    """Makes copies of one game; a class of its own so that it can be sent to another process."""

    def __init__(self, game: Game) -> None:
        self.game = game

    def __call__(self) -> Game:
        return copy.deepcopy(self.game)


def _maker(game: Any) -> Callable[[], Game]:
    if isinstance(game, type) or not hasattr(game, "step"):
        if not callable(game):
            raise GameError(f"{game!r:.80} is neither a game nor makes one: a game needs players, step, save and load")
        return game  # type: ignore[no-any-return]
    try:
        return _Copies(copy.deepcopy(game))
    except Exception as error:  # a game may refuse to be copied in any way
        raise GameError(f"{type(game).__name__} cannot be copied ({error}): give check_game its class instead") from None
