"""Whether a game can be rolled back: asks an examination's questions and words the verdict. Knows no network."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from rollback.core.synctest import SyncTestSession
from rollback.errors import GameError, UsageError
from rollback.game import Game, codecs_of
from rollback.state import Difference
from rollback.testing.examination import Examination, Failed

__all__ = ["Check", "CheckReport", "check_game"]

MAX_FRAMES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """One question and its answer.

    Attributes:
        name: The question in two or three words.
        passed: The answer.
        sentence: What was found, and where it failed what usually causes it.
        frame: The frame at which it failed.
        differences: Where the states differed, as far as they are state trees.
    """

    name: str
    passed: bool
    sentence: str
    frame: int | None = None
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What became of a game under test.

    Attributes:
        game: Its class.
        frames: Frames asked for.
        distance: Frames each rollback went back.
        checks: The questions, in the order they were asked.
        why_opaque: Why the snapshots are no state trees; empty when they are.
    """

    game: str
    frames: int
    distance: int
    checks: tuple[Check, ...]
    why_opaque: str = ""

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)

    @property
    def verdict(self) -> str:
        """What it means, in a sentence or two."""
        failed = [check for check in self.checks if not check.passed]
        if failed:
            return f"{self.game} would not stay the same on two computers. {failed[0].sentence}"
        opaque = f" Its snapshots are no state trees ({self.why_opaque}), so differences cannot be named." * bool(
            self.why_opaque
        )
        return f"{self.game} can be played with rollback: nothing gave it away in {self.frames} frames.{opaque}"


def check_game(game: Game | Callable[[], Game], frames: int = 300, *, distance: int = 8, seed: int = 0) -> CheckReport:
    """Play a game with random legal actions and find out whether it is deterministic and saves all of its state.

    Args:
        game: What makes fresh games, such as the class; or a game, which is copied and not touched.
        frames: Frames of each part; a game that is over earlier starts again with the next seed.
        distance: Frames of each rollback.
        seed: Of the actions, and of the first `reset`.

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
    try:
        examined = Examination(make, frames, distance, seed)
    except Failed as failed:
        check = Check("can be saved", False, f"{failed}.", failed.frame)
        return CheckReport(type(first).__name__, frames, distance, (check,))
    checks = []
    for name, question in (
        ("every input is an action", examined.decodes_everything),
        ("same inputs, same states", examined.is_deterministic),
        ("load(save()) changes nothing", examined.restores),
        ("snapshots stay as they are", examined.leaves_snapshots_alone),
        (f"rollback of {distance} every frame", examined.survives_rollbacks),
        ("rollbacks of random depth", examined.survives_random_rollbacks),
    ):
        try:
            checks.append(Check(name, True, question()))
        except Failed as failed:
            checks.append(Check(name, False, str(failed), failed.frame, failed.differences))
    return CheckReport(type(first).__name__, frames, distance, tuple(checks), examined.why_opaque)


def _maker(game: Any) -> Callable[[], Game]:
    if isinstance(game, type) or not hasattr(game, "step"):
        if not callable(game):
            raise GameError(f"{game!r:.80} is neither a game nor makes one: a game needs players, step, save and load")
        return game  # type: ignore[no-any-return]
    try:
        kept = copy.deepcopy(game)
    except Exception as error:  # a game may refuse to be copied in any way
        raise GameError(
            f"{type(game).__name__} cannot be copied ({error}): give check_game its class instead"
        ) from None
    return lambda: copy.deepcopy(kept)
