"""The other process: plays what it is told to, and says where its states begin to differ. Knows files; knows no verdict.

Started by `rollback.testing.other_process`, with another hash seed and another time of day. Reads the order from stdin and
writes the answer to what was stdout; a game may print, and what it prints goes to stderr.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import time
from collections.abc import Callable
from typing import Any, Final

__all__ = ["Order", "main", "play", "shift_clocks"]

Order = dict[str, Any]

SHIFT: Final = 40_000_000.5  # seconds, more than a year: a game that reads only the date must notice too


def main() -> None:
    """Carry out the order on stdin."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="ascii")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    order = json.load(sys.stdin)
    shift_clocks(SHIFT)
    try:
        # The bytes are those of the process that started this one, and of nobody else.
        make: Callable[[], Any] = pickle.loads(bytes.fromhex(order["make"]))
        make()
    except BaseException as error:  # whatever stands in the module of a game, it is to be told
        answer = {"unmade": f"{type(error).__name__}: {error}"}
    else:
        answer = play(make, order)
    with answers:
        json.dump(answer, answers)


def play(make: Callable[[], Any], order: Order) -> Order:
    """Play all matches of the order, and compare; return where a state differed, with that state.

    Args:
        make: Makes fresh games.
        order: `frames`, `distance`, `seed`, and `matches`: (seed, checksums of S_0, S_1, ...) each.
    """
    from rollback.state import checksum
    from rollback.testing.trial import Failed, Trial
    from rollback.wire import pack_tree

    try:
        trial = Trial(make, order["frames"], order["distance"], order["seed"])
        for number, (seed, sums) in enumerate(order["matches"]):
            game = trial.fresh(seed)
            steps = trial.actions(game, seed, len(sums), watch_over=False)
            for frame, (expected, actions) in enumerate(zip(sums, steps, strict=True)):
                state = trial.seen(game, frame)
                if checksum(state) != expected:
                    return {"match": number, "frame": frame, "state": pack_tree(state).hex()}
                if frame + 1 < len(sums):
                    trial.step(game, actions, frame)
    except Failed as failed:
        return {"failed": str(failed), "at": failed.frame}
    return {}


def shift_clocks(seconds: float) -> None:
    """Let the clocks of `time` show another time, before any game is imported that might take a function from there."""
    for name in ("time", "monotonic", "perf_counter", "process_time"):
        for suffix, unit in (("", 1), ("_ns", 10**9)):
            _shift(f"{name}{suffix}", type(unit)(seconds * unit) if suffix else seconds)


def _shift(name: str, by: float) -> None:
    shows = getattr(time, name)

    def shifted() -> Any:
        return shows() + by

    setattr(time, name, shifted)
