"""What a match could see of its process besides its seed, set as wanted. Knows generators and clocks; knows no match."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["CLOCKS", "Conditions", "Watch"]

CLOCKS: Final = ("time", "monotonic", "perf_counter", "process_time", "thread_time")
TICK: Final = 0.001  # seconds by which a clock that was set goes on each time it is read: one that stood would hang a wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """How a new process is made. None leaves a thing as the system gives it.

    Attributes:
        hash_seed: PYTHONHASHSEED, as the environment names it.
        random: The seed of the global generator of `random`, before each match.
        numpy: That of `numpy.random`.
        clock: What all clocks of `time` show at first, in seconds; they go on as often as they are read.
        process: What `os.getpid` tells.
    """

    hash_seed: str
    random: int | None = None
    numpy: int | None = None
    clock: float | None = None
    process: int | None = None


class Watch:
    """Makes the conditions that can be made from within, and sees which of them are looked at.

    It stays in force until the process ends. Clocks that are not of `time`, such as `datetime.now`, cannot be set.

    Args:
        conditions: What to make; the hash seed must be there already.
    """

    def __init__(self, conditions: Conditions) -> None:
        self._conditions = conditions
        self._looked = {"clock": 0, "process": 0}
        if conditions.clock is not None:
            for name in CLOCKS:
                if hasattr(time, name):  # thread_time is not everywhere
                    self._set_clock(name, conditions.clock)
        if conditions.process is not None:
            os.getpid = self._counted("process", lambda number=conditions.process: number)  # type: ignore[misc]
        if conditions.numpy is not None:
            import numpy.random  # now, since a game that imports it in the middle of a match would find it as it is made

            self._numpy: Any = numpy.random

    def begin(self) -> None:
        """Seed the generators and set the clocks; a match is about to be played."""
        self._looked = dict.fromkeys(self._looked, 0)
        if self._conditions.random is not None:
            random.seed(self._conditions.random)
        if self._conditions.numpy is not None:
            self._numpy.seed(self._conditions.numpy)
        self._before = self._generators()

    def looked_at(self) -> list[str]:
        """Return which fields of the conditions the match has used since `begin`; only those that were set."""
        now = self._generators()
        drawn = [name for name in now if now[name] != self._before[name]]
        return drawn + [name for name, times in self._looked.items() if times]

    def _generators(self) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        if self._conditions.random is not None:
            found["random"] = random.getstate()
        if self._conditions.numpy is not None:
            kind, keys, *rest = self._numpy.get_state()
            found["numpy"] = (kind, keys.tobytes(), *rest)
        return found

    def _set_clock(self, name: str, start: float) -> None:
        shows = self._counted("clock", lambda: start + self._looked["clock"] * TICK)
        setattr(time, name, shows)
        setattr(time, f"{name}_ns", lambda: int(shows() * 1e9))

    def _counted(self, name: str, tell: Callable[[], Any]) -> Callable[[], Any]:
        def told() -> Any:
            self._looked[name] += 1
            return tell()

        return told
