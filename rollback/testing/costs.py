"""What step, save and load cost, and how far a rollback may go within a frame. Reads a clock; knows no verdict."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from rollback.config import MAX_WINDOW
from rollback.core.simulation import LARGE_STATE
from rollback.state import size_of
from rollback.testing.trial import Trial
from rollback.wire import pack_tree

__all__ = ["BUDGET_US", "Costs", "measure", "window_for"]

FRAME_US: Final = 1e6 / 60
BUDGET_US: Final = FRAME_US / 4  # the rest is for drawing, for the network, and for a machine slower than this one
_MOST: Final = 2000  # frames measured
_LONGEST: Final = 2.0  # seconds spent on measuring
_EMPTY: Final = 200  # measurements of nothing, to know what measuring takes


@dataclass(frozen=True, slots=True)
class Costs:
    """What a game costs; times are medians in microseconds.

    Attributes:
        step_us: Of one `step`.
        save_us: Of one `save`.
        load_us: Of one `load`.
        snapshot_bytes: Size of the last snapshot when packed; None where it is opaque.
        window: The largest prediction window whose rollback fits in a quarter of a 60 Hz frame.
        saver: Which snapshots `SessionConfig(save="auto")` takes of it: `every` frame's, or `sparse`.
    """

    step_us: float
    save_us: float
    load_us: float
    snapshot_bytes: int | None
    window: int
    saver: str

    def __str__(self) -> str:
        size = "an opaque snapshot" if self.snapshot_bytes is None else f"a snapshot of {self.snapshot_bytes} bytes"
        return (
            f"step {self.step_us:.1f} us, save {self.save_us:.1f} us, load {self.load_us:.1f} us, {size}"
            f' (save="auto" takes {self.saver}); a prediction window of {self.window} fits: load + window x (step + save)'
            f" within a quarter of a 60 Hz frame, {BUDGET_US:.0f} us"
        )


def window_for(step_us: float, save_us: float, load_us: float, budget_us: float = BUDGET_US) -> int:
    """Return the largest window for which load + window x (step + save) is within the budget; 60 is the most there is."""
    each = step_us + save_us
    if load_us > budget_us:
        return 0
    return MAX_WINDOW if each * MAX_WINDOW <= budget_us - load_us else int((budget_us - load_us) / each)


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

    def timed(game: Any, name: str, frame: int, *arguments: Any) -> Any:
        start = clock()
        found = trial.call(game, name, frame, *arguments)
        took[name].append(clock() - start)
        return found

    nothing = statistics.median([-clock() + clock() for _ in range(_EMPTY)])
    until = clock() + int(_LONGEST * 1e9)
    for seed, frames in trial.matches:
        game = trial.fresh(seed)
        for frame, actions in enumerate(trial.actions(game, seed, min(frames, _MOST))):
            state = timed(game, "save", frame)
            timed(game, "load", frame, state)
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
    step, save, load = [max(0.0, statistics.median(took[name]) - nothing) / 1000 for name in ("step", "save", "load")]
    size = None if trial.why_opaque else len(pack_tree(state))
    saver = "sparse" if size is not None and size_of(state) >= LARGE_STATE else "every"
    return Costs(round(step, 3), round(save, 3), round(load, 3), size, window_for(step, save, load), saver)
