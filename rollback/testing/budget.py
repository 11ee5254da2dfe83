"""How many frames of a slow environment a check can afford. Reads a clock; asks no question and words no verdict."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from rollback.state import checksum
from rollback.testing.trial import Trial

__all__ = ["FEWEST", "SECONDS", "Pace", "affordable", "pace_of"]

SECONDS: Final = 30.0  # for all questions together; other processes play at the same time, and a computer may be slower
FEWEST: Final = 10  # frames below which nothing would be found
_TRIED: Final = 24  # frames played to know the pace
_STEPS: Final = (300, 200, 150, 100, 70, 50, 40, 30, 20, 15, FEWEST)  # few numbers, so that most checks are repeated alike

# What all questions of a check do, counted by tests/testing/test_budget.py: games, and for every frame that is asked for,
# with rollbacks of 8 frames, steps, snapshots (each is looked at) and loads; and more of the first two for longer rollbacks.
_GAMES: Final = 18
_STEPPED: Final = 27.0
_SAVED: Final = 25.5
_LOADED: Final = 3.8
_FARTHER: Final = 1.3
_USUAL: Final = 8


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that one of each takes.

    Attributes:
        made: Making a game and resetting it.
        step: A step.
        save: A snapshot.
        look: A copy of a snapshot and its checksum.
        load: Going back; of an environment that is simulated again, to the start of an episode.
        is_replayed: Whether going back plays the episode again.
    """

    made: float
    step: float
    save: float
    look: float
    load: float
    is_replayed: bool = False

    def seconds(self, frames: int, distance: int = 8) -> float:
        """Return how long all questions take, for so many frames each and rollbacks of that distance."""
        more = _FARTHER * (distance - _USUAL)
        back = self.load + (frames / 2 * self.step if self.is_replayed else 0.0)
        each = (_STEPPED + more) * self.step + (_SAVED + more) * (self.save + self.look) + _LOADED * back
        return _GAMES * self.made + frames * each


def affordable(pace: Pace, frames: int, distance: int, seconds: float = SECONDS) -> int:
    """Return how many frames can be asked for: `frames`, or fewer where those would take longer than `seconds`."""
    for fewer in (frames, *(step for step in _STEPS if step < frames)):
        if pace.seconds(fewer, distance) <= seconds:
            return fewer
    return min(frames, FEWEST)


def pace_of(trial: Trial, clock: Callable[[], float] = time.perf_counter) -> Pace:
    """Make a game, play it for a moment, and look at the clock.

    Raises:
        Failed: The game raised.
    """
    took: dict[str, list[float]] = {"step": [], "save": [], "look": [], "load": []}

    def timed(name: str, call: Callable[..., Any], *arguments: Any) -> Any:
        start = clock()
        found = call(*arguments)
        took[name].append(clock() - start)
        return found

    def looked_at(state: Any) -> None:
        if not trial.why_opaque:
            checksum(copy.deepcopy(state))

    start = clock()
    game = trial.fresh(trial.seed)
    made = clock() - start
    first = trial.call(game, "save", 0)
    for frame, actions in enumerate(trial.actions(game, trial.seed, _TRIED)):
        timed("look", looked_at, timed("save", trial.call, game, "save", frame))
        timed("step", trial.step, game, actions, frame)
    timed("load", trial.call, game, "load", 0, first)
    step, save, look, load = [sum(found) / len(found) if found else 0.0 for found in took.values()]
    return Pace(made, step, save, look, load, trial.is_replayed)
