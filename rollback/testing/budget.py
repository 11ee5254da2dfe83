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

# How often the questions of a check do what, for every frame it is asked for; counted, with a rollback distance of 8.
_GAMES: Final = 18
_STEPPED: Final = 29
_SAVED: Final = 33
_LOOKED: Final = 24
_LOADED: Final = 3.6


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
        steps, loads = _STEPPED + 1.5 * (distance - 8), _LOADED * frames
        back = self.load + (frames / 2 * self.step if self.is_replayed else 0.0)
        each = steps * self.step + (_SAVED + distance - 8) * self.save + _LOOKED * self.look
        return _GAMES * self.made + frames * each + loads * back


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
