"""What step, save and load cost, and how far a rollback may go within a frame. Reads a clock; knows no verdict."""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from rollback.config import MAX_WINDOW, SessionConfig
from rollback.core.simulation import LARGE_STATE
from rollback.game import Game
from rollback.state import size_of
from rollback.testing.environment_facts import environment_of
from rollback.testing.trial import Trial
from rollback.wire import pack_tree

__all__ = ["BUDGET_US", "Costs", "measure", "reach_for", "window_for"]

_SHARE: Final = 4  # a rollback may take a fourth of a frame: the rest is for drawing, the network, and a slower machine
BUDGET_US: Final = 1e6 / 60 / _SHARE
_BACK: Final = 8  # frames: an environment may load what differs more slowly than what does not
_SELDOM: Final = 16  # frames between two loads where each plays the episode again
_MOST: Final = 2000  # frames measured
_LONGEST: Final = 2.0  # seconds spent on measuring
_EMPTY: Final = 200  # measurements of nothing, to know what measuring takes


@dataclass(frozen=True, slots=True)
class Costs:
    """What a game costs; times are medians in microseconds.

    Attributes:
        step_us: Of one `step`.
        save_us: Of one `save`.
        load_us: Of one `load`; where that plays the episode again, of the load of an episode's first state.
        snapshot_bytes: Size of the last snapshot when packed; None where it is opaque.
        window: The largest prediction window whose rollback fits in a quarter of a frame.
        saver: Which snapshots `SessionConfig(save="auto")` takes of it: `every` frame's, or `sparse`.
        fps: Frames a second, the game's own where it names them.
        reach: Where a load plays the episode again: the last step of an episode at which a rollback of the usual window, or
            of the one that fits, is affordable; None for all other games.
    """

    step_us: float
    save_us: float
    load_us: float
    snapshot_bytes: int | None
    window: int
    saver: str
    fps: int = 60
    reach: int | None = None

    @property
    def budget_us(self) -> float:
        """What a rollback may take: a quarter of a frame."""
        return 1e6 / self.fps / _SHARE

    def __str__(self) -> str:
        size = "an opaque snapshot" if self.snapshot_bytes is None else f"a snapshot of {self.snapshot_bytes} bytes"
        load, far = f"load {self.load_us:.1f} us", ""
        if self.reach is not None:
            load += " and a step for every step of the episode"
            far = f"; one of {_usual(self.window)} does so until step {self.reach} of an episode" if self.reach else ""
        return (
            f"step {self.step_us:.1f} us, save {self.save_us:.1f} us, {load}, {size}"
            f' (save="auto" takes {self.saver}); a prediction window of {self.window} fits: load + window x (step + save)'
            f" within a quarter of a {self.fps} Hz frame, {self.budget_us:.0f} us{far}"
        )


def window_for(step_us: float, save_us: float, load_us: float, budget_us: float = BUDGET_US) -> int:
    """Return the largest window for which load + window x (step + save) is within the budget; 60 is the most there is."""
    each = step_us + save_us
    if load_us > budget_us:
        return 0
    return MAX_WINDOW if each * MAX_WINDOW <= budget_us - load_us else int((budget_us - load_us) / each)


def reach_for(step_us: float, save_us: float, load_us: float, window: int, budget_us: float = BUDGET_US) -> int:
    """Return up to which step of an episode a rollback of the usual window fits, where a load plays the episode again."""
    left = budget_us - load_us - _usual(window) * (step_us + save_us)
    return max(0, int(left / max(step_us, 1e-3)))


def measure(trial: Trial, clock: Callable[[], int] = time.perf_counter_ns) -> Costs:
    """Play, save and load, and look at the clock.

    Args:
        trial: The game.
        clock: Nanoseconds.

    Raises:
        Failed: The game raised.
    """
    took: dict[str, list[int]] = {"save": [], "load": [], "step": []}
    state: Any = None
    fps = _fps_of(trial.make())

    def timed(game: Any, name: str, frame: int, *arguments: Any) -> Any:
        start = clock()
        found = trial.call(game, name, frame, *arguments)
        took[name].append(clock() - start)
        return found

    nothing = statistics.median([-clock() + clock() for _ in range(_EMPTY)])
    until = clock() + int(_LONGEST * 1e9)
    for seed, frames in trial.matches:
        game = trial.fresh(seed)
        load = _way_back(trial, game, timed)
        for frame, actions in enumerate(trial.actions(game, seed, min(frames, _MOST))):
            state = timed(game, "save", frame)
            load(frame, state)
            timed(game, "step", frame, actions)
            if clock() > until:
                break
        if clock() > until or len(took["step"]) >= _MOST:
            break
    if not took["step"]:  # over before the first frame
        game = trial.fresh(trial.seed)
        state = timed(game, "save", 0)
        timed(game, "load", 0, state)
        took["step"].append(0)
    if not took["load"]:
        timed(game, "load", 0, state)
    step, save, load_us = [max(0.0, statistics.median(took[name]) - nothing) / 1000 for name in ("step", "save", "load")]
    budget = 1e6 / fps / _SHARE
    size = None if trial.why_opaque else len(pack_tree(state))
    saver = "sparse" if size is not None and size_of(state) >= LARGE_STATE else "every"
    window = window_for(step, save, load_us, budget)
    reach = reach_for(step, save, load_us, window, budget) if trial.is_replayed else None
    return Costs(round(step, 3), round(save, 3), round(load_us, 3), size, window, saver, fps, reach)


def _way_back(trial: Trial, game: Game, timed: Callable[..., Any]) -> Callable[[int, Any], None]:
    """Return what measures a load, and leaves the game where it was."""
    first: list[Any] = []
    recent: deque[Any] = deque(maxlen=_BACK)

    def own(frame: int, state: Any) -> None:
        timed(game, "load", frame, state)

    def older(frame: int, state: Any) -> None:
        recent.append(state)
        timed(game, "load", frame, recent[0])
        trial.call(game, "load", frame, state)

    def replayed(frame: int, state: Any) -> None:
        first.append(state)
        if frame % _SELDOM == 1:
            timed(game, "load", frame, first[0])
            trial.call(game, "load", frame, state)

    if environment_of(game) is None:
        return own
    return replayed if trial.is_replayed else older


def _usual(window: int) -> int:
    return min(window, SessionConfig().prediction_window)


def _fps_of(game: Game) -> int:
    fps = getattr(game, "fps", None)
    if isinstance(fps, int | float) and not isinstance(fps, bool) and 1 <= fps <= 1000:
        return round(fps)
    return SessionConfig().fps
