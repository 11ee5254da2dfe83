"""Garbage collection at chosen moments instead of any moment. Knows the interpreter's collector; knows no frames.

A collection that starts by itself may come in the middle of a frame and take longer than the frame has. While a match
runs, what lived before it is frozen, automatic collection is off, and the frame loop offers the time it has to spare.
"""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Iterator
from typing import Final

__all__ = ["Collector", "quiet"]

YOUNG: Final = 700  # new objects after which the youngest are looked at, as the interpreter has it
ROUNDS: Final = 10  # collections of a generation before the next older one is due, likewise
PATIENCE: Final = 600  # offers that were too short before the collection is made anyway: ten seconds at 60 fps
MARGIN: Final = 0.001  # seconds that are left alone before the deadline
FIRST_GUESS: Final = 0.002  # seconds a collection is taken to last before one was measured

FEW: Final = 1000  # objects that are frozen though nobody asked for it: 375 by Python 3.12, none by others

_users = 0  # matches that run in this process
_was_enabled = False
_has_frozen = False


class Collector:
    """Decides which generation to collect in the time that is offered; of its own for each match.

    Attributes:
        collections: How often each generation was collected.
        worst: Seconds the longest collection took.
    """

    def __init__(self) -> None:
        self.collections = [0, 0, 0]
        self.worst = 0.0
        self._rounds = [0, 0, 0]
        self._lasted = [FIRST_GUESS / 4, FIRST_GUESS, 2 * FIRST_GUESS]
        self._refused = 0

    def offer(self, seconds: float) -> bool:
        """Collect if something is due and can be done in `seconds`; return whether it was."""
        if gc.get_count()[0] < YOUNG:
            return False
        generation = self._due()
        if self._lasts_too_long(generation, seconds):
            self._refused += 1
            if self._refused < PATIENCE:
                while self._lasts_too_long(generation, seconds):
                    if generation == 0:
                        return False
                    generation -= 1  # a younger one is better than none; the older stays due
        self._collect(generation)
        return True

    def _lasts_too_long(self, generation: int, seconds: float) -> bool:
        return self._lasted[generation] + MARGIN > seconds

    def _due(self) -> int:
        if self._rounds[0] < ROUNDS:
            return 0
        return 1 if self._rounds[1] < ROUNDS else 2

    def _collect(self, generation: int) -> None:
        began = time.perf_counter()
        gc.collect(generation)
        lasted = time.perf_counter() - began
        if generation == self._due():
            self._refused = 0
        self._lasted[generation] = lasted
        self.worst = max(self.worst, lasted)
        self.collections[generation] += 1
        self._rounds[generation] += 1
        for younger in range(generation):
            self._rounds[younger] = 0


@contextlib.contextmanager
def quiet() -> Iterator[Collector]:
    """Freeze what lives and switch automatic collection off; the last of several users puts everything back.

    Where the application has frozen what it loaded, that stays frozen, and nothing else is: one cannot thaw a part, and to
    look through all of it before each match takes longer than the few objects that came since are worth.
    """
    global _users, _was_enabled, _has_frozen
    if _users == 0:
        _was_enabled = gc.isenabled()
        _has_frozen = gc.get_freeze_count() <= FEW
        gc.collect()
        if _has_frozen:
            gc.freeze()
        gc.disable()
    _users += 1
    try:
        yield Collector()
    finally:
        _users -= 1
        if _users == 0:
            if _has_frozen:
                gc.unfreeze()
            if _was_enabled:
                gc.enable()
