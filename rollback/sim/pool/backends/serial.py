"""Matches one after the other, in this process and thread: the reference that every backend is held to. Knows no process.

A match that kills its process takes the caller with it, and so is only for `process` and `ray`. A match that takes too long
is ended by an alarm, where there are alarms: it ends what runs in Python, and waits, but not code that holds the interpreter.
"""

from __future__ import annotations

import signal
import threading
import traceback
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

from rollback.errors import UsageError
from rollback.sim.pool.job import Job, Rules
from rollback.sim.pool.parcels import Parcels
from rollback.sim.pool.patience import starting_of, too_long
from rollback.sim.pool.played import Shared
from rollback.sim.pool.playing import CALLERS, play_one
from rollback.sim.pool.result import MatchResult

__all__ = ["run"]

LONGEST: Final = 8_000  # characters of a traceback
AGAIN: Final = 0.2  # seconds after which the alarm rings once more: a game may have caught the first one


class _TooLong(BaseException):
    """No `Exception`: a game that catches those must not catch this one."""


def run(jobs: Iterator[Job], rules: Rules) -> Generator[MatchResult, None, None]:
    """Play one job after the other, and yield each result before the next job is taken.

    Raises:
        UsageError: There is a timeout, and no alarm can be set here.
    """
    if rules.timeout is not None and not _has_alarms():
        raise UsageError(
            "a timeout of serial needs an alarm, which only the main thread has, and not on this system: use backend='process'"
        )
    shared, parcels = Shared(), Parcels()
    clock = None if rules.timeout is None else _Clock(rules.timeout)
    if clock is not None:
        shared.making = clock.making
    for job in jobs:
        found = parcels.of((job.spec,))
        shared.parcels = {name: parcels.contents[sha] for name, sha in found}
        yield play_one(job, shared) if clock is None else clock.played(job, shared)


def _has_alarms() -> bool:
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


class _Clock:
    """The time that a match has.

    Args:
        seconds: How much.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._has = seconds
        self._was_slow = False

    @contextmanager
    def making(self) -> Iterator[None]:
        """Let the time of the match stand while something is made once for all matches, and begin anew after it."""
        if self._has != self._seconds:  # something that is made makes another
            yield
            return
        self._has = starting_of(self._seconds, again=self._was_slow) or self._seconds
        signal.setitimer(signal.ITIMER_REAL, self._has, AGAIN)
        try:
            yield
        except _TooLong:
            self._was_slow = True
            raise
        self._has = self._seconds
        signal.setitimer(signal.ITIMER_REAL, self._has, AGAIN)

    def played(self, job: Job, shared: Shared) -> MatchResult:
        """Play a match, and end it when its time is over; alarms of others wait so long."""

        def ring(number: int, frame: FrameType | None) -> None:
            raise _TooLong

        handler: Any = signal.signal(signal.SIGALRM, ring)
        self._has = self._seconds
        left, again = signal.setitimer(signal.ITIMER_REAL, self._seconds, AGAIN)
        try:
            result = play_one(job, shared, (*CALLERS, _TooLong))
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            return result
        except _TooLong as late:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            where = "".join(traceback.format_tb(late.__traceback__))[-LONGEST:]
            error = too_long(self._seconds, self._has, where)
            return MatchResult(job.index, "timeout", 1, job.seed, error=error, tags=job.spec.tags)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)  # Ctrl-C comes this way too
            signal.signal(signal.SIGALRM, handler)
            signal.setitimer(signal.ITIMER_REAL, left, again)
