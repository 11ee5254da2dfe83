"""Matches on several processes of this machine, through whatever kills them. Knows who is to be tried again, and how often.

A dead process takes the whole pool of an executor with it. A new pool plays what was lost; the match that the dead process
was at, or whatever else may have killed it, is tried alone, in a pool of its own: only what kills its worker there is blamed.
"""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import Final

from rollback.errors import RollbackError
from rollback.sim.pool.batches import AHEAD, Batches, workers_of
from rollback.sim.pool.crew import Crew, Finished, Wreck
from rollback.sim.pool.job import Batch, Job, Rules
from rollback.sim.pool.left_open import ended_at_exit
from rollback.sim.pool.limits import check_memory_limit
from rollback.sim.pool.parcels import Parcels
from rollback.sim.pool.patience import starting_of
from rollback.sim.pool.result import MatchResult, Status
from rollback.sim.pool.run_folder import run_folder
from rollback.sim.pool.spawning import check_not_opening, script_of_caller, uninterrupted
from rollback.sim.pool.worker import Reply, Unplayed, pack

__all__ = ["run"]

MOST_WAITING: Final = 1000  # results nobody has taken, or suspects; more are not made, so that memory stays flat
LOOK: Final = 1.0  # seconds without news, after which the workers are looked at
OUTSIDE: Final = ("was killed by SIGKILL", "was killed by SIGTERM")  # what others send
MOST_STRAYS: Final = 20  # deaths of others for which a match is forgiven one of its own
MOST_VAIN: Final = 10  # crews in a row that die without having played anything: then it is no match that kills them
MOST_RENEWALS: Final = 30  # of processes that run out of memory, in a row: then it is the limit that is too low
MOST_HUNTED: Final = 100  # the same, where they are killed from outside: that may pass


def run(jobs: Iterator[Job], rules: Rules) -> Generator[MatchResult, None, None]:
    """Play the jobs on `rules.workers` processes, and yield results as they come; closing it ends all processes.

    A match is `crashed` when it has killed its worker `retries + 1` times while it was alone with it, and `timeout` at the
    first time: it would only hang again. Where somebody else kills processes too (the system, when memory is short), a match
    that was hit by a signal has as many tries more.

    Raises:
        UsageError: `memory_mb` cannot be held here, or the script that asks for this has no guard.
        RollbackError: Workers die before they play anything.
    """
    check_not_opening()
    check_memory_limit(rules.memory_mb)
    playing = _Run(jobs, rules)
    is_done = False
    with ended_at_exit(lambda: playing.close(is_done=False)):
        try:
            yield from playing.results()
            is_done = True
        finally:
            with uninterrupted():
                playing.close(is_done=is_done)


class _Run:
    """One run: the crew that plays, the one that tries suspects, and what was found out so far."""

    def __init__(self, jobs: Iterator[Job], rules: Rules) -> None:
        self._rules = rules
        self._script = script_of_caller()
        self._workers = workers_of(rules)
        self._batches = Batches(jobs, rules.batch)
        self._suspects: deque[Job] = deque()
        self._crashes: dict[int, int] = {}  # by index: how often the match killed its worker, alone
        self._accused: dict[int, int] = {}  # by index: how many strays there were when its worker died for the first time
        self._strays = 0  # workers that were killed by no match
        self._ready: deque[MatchResult] = deque()
        self._parcels = Parcels()
        self._written: set[str] = set()
        self._finished: Finished = SimpleQueue()
        self._crew: Crew | None = None
        self._trial: Crew | None = None
        self._crews = 0
        self._vain = 0
        self._renewals = 0  # in a row, for want of memory
        self._was_slow = False  # whether an import was ended: then the next one is not waited for so long
        self._is_all_taken = False
        self._root = run_folder()

    def results(self) -> Iterator[MatchResult]:
        """Yield what comes of the jobs."""
        while True:
            self._fill()
            while self._ready:
                yield self._ready.popleft()
            crews = [crew for crew in (self._crew, self._trial) if crew is not None]
            is_idle = not any(map(len, crews))
            if self._is_all_taken and not self._suspects and is_idle:
                return
            if not is_idle and not any(crew.is_broken for crew in crews):
                try:
                    crew, future = self._finished.get(timeout=LOOK)
                except Empty:
                    for crew in crews:
                        crew.look()
                else:
                    answered = crew.answer(future)
                    if answered is not None:
                        self._take(*answered, is_trial=crew is self._trial)
            self._bury()

    def _fill(self) -> None:
        """Hand out as many batches as may be under way, and one suspect."""
        self._is_all_taken = False
        while self._crew is None or (not self._crew.is_broken and len(self._crew) < self._workers * AHEAD):
            if max(len(self._ready), len(self._suspects)) > MOST_WAITING:
                break
            jobs = self._batches.take()
            if not jobs:
                self._is_all_taken = True
                break
            if self._crew is None:
                self._crew = self._new_crew(self._workers)
            if not self._hand_over(self._crew, jobs):
                self._batches.put_back(jobs)
        while self._suspects and (self._trial is None or (not self._trial.is_broken and not len(self._trial))):
            if self._trial is None:
                self._trial = self._new_crew(1)
            if self._hand_over(self._trial, [self._suspects[0]]):
                self._suspects.popleft()

    def _new_crew(self, workers: int) -> Crew:
        self._crews += 1
        starting = starting_of(self._rules.timeout, again=self._was_slow)
        return Crew(workers, self._rules, self._root, f"crew-{self._crews}", self._script, self._finished, starting)

    def _hand_over(self, crew: Crew, jobs: list[Job]) -> bool:
        """Let a crew play these; False if it is broken. What cannot travel has its result at once."""
        batch = Batch.of(jobs)
        try:
            parcels = self._parcels.of(batch.specs)
            if parcels:
                batch = replace(batch, parcels=parcels)
                self._write_parcels()
            packed = pack(batch)
        except Exception as error:  # a spec of a user's class may raise anything
            if len(jobs) == 1:
                self._end_with(jobs[0], "error", f"it cannot travel to another process: {type(error).__name__}: {error}")
                return True
            # One by one: the others can.
            self._suspects.extend(jobs)
            return True
        return crew.hand_over(batch, packed)

    def _write_parcels(self) -> None:
        for sha, content in self._parcels.contents.items():
            if sha not in self._written:
                (self._root / sha).write_bytes(content)
                self._written.add(sha)

    def _take(self, batch: Batch, reply: Reply | Unplayed, *, is_trial: bool) -> None:
        self._vain = 0
        if isinstance(reply, Unplayed):
            if self._is_renewed(reply, is_trial=is_trial) and reply.is_unfair:
                self._suspects.extend(batch.jobs())
            elif len(batch.specs) == 1:
                for job in batch.jobs():
                    self._end_with(job, "error", reply.error)
            else:
                self._suspects.extend(batch.jobs())
            return
        if not is_trial:
            self._batches.measured(len(batch), reply.seconds)
        results = reply.results
        if self._is_renewed(reply, is_trial=is_trial) and reply.unfair:
            self._suspects.extend(job for job in batch.jobs() if job.index in reply.unfair)
            results = [result for result in results if result.index not in reply.unfair]
        if not self._accused:
            self._ready.extend(results)
            return
        for result in results:
            if self._accused.pop(result.index, None) is not None:
                self._strays += 1  # it was not this one that killed its worker
            crashes = self._crashes.pop(result.index, 0)
            self._ready.append(replace(result, attempts=crashes + 1) if crashes else result)

    def _is_renewed(self, reply: Reply | Unplayed, *, is_trial: bool) -> bool:
        """Replace the processes of which one has run out of memory; False if that has been in vain too often."""
        crew = self._trial if is_trial else self._crew
        is_unfair = reply.is_unfair if isinstance(reply, Unplayed) else bool(reply.unfair)
        if not (reply.is_worn or is_unfair):
            self._renewals = 0
            return True
        if self._renewals >= MOST_RENEWALS:
            return False
        if crew is not None and (reply.is_worn or is_trial):
            self._renewals += 1
            left = crew.retire()
            if is_trial:
                self._trial = None
                self._suspects.extend(left)
            else:
                self._crew = None
                self._batches.put_back(left)
        return True

    def _bury(self) -> None:
        """Make up for crews in which a worker died."""
        if self._crew is not None and self._crew.is_broken:
            wreck = self._crew.wreck()
            self._crew = None
            self._blame(wreck, is_trial=False)
        if self._trial is not None and self._trial.is_broken:
            wreck = self._trial.wreck()
            self._trial = None
            self._blame(wreck, is_trial=True)

    def _blame(self, wreck: Wreck, *, is_trial: bool) -> None:
        self._strays += wreck.strays
        self._was_slow = self._was_slow or wreck.is_slow
        for job, told in wreck.timeouts:
            self._end_with(job, "timeout", told)
        for job, how in wreck.killers:
            self._accused.setdefault(job.index, self._strays)
            crashes = self._crashes.get(job.index, 0) + is_trial
            self._crashes[job.index] = crashes
            if crashes > self._rules.retries + self._forgiven(job, how):
                times = "" if crashes == 1 else f", {crashes} times"
                self._end_with(job, "crashed", f"the process that played it {how}{times}")
            else:
                self._suspects.append(job)
        self._suspects.extend(wreck.suspects)
        if is_trial:
            self._suspects.extend(wreck.lost)  # still under suspicion
        else:
            self._batches.put_back(wreck.lost)
        if wreck.killers or wreck.timeouts or wreck.suspects:
            self._vain = 0
        else:
            self._vain += 1
            if self._vain > (MOST_HUNTED if wreck.how in OUTSIDE else MOST_VAIN):
                raise RollbackError(
                    f"workers die before they play anything: {self._vain} times in a row, and last the first one {wreck.how}; "
                    'what it printed stands above, and backend="serial" needs no workers'
                )

    def _forgiven(self, job: Job, how: str) -> int:
        """Return how many of a match's crashes others may be guilty of: those that kill by signals, while it was tried."""
        others = self._strays - self._accused[job.index] if how in OUTSIDE else 0
        return min(others, MOST_STRAYS)

    def _end_with(self, job: Job, status: Status, error: str) -> None:
        self._accused.pop(job.index, None)
        crashes = self._crashes.pop(job.index, 0)
        attempts = crashes if status == "crashed" else crashes + 1
        self._ready.append(MatchResult(job.index, status, attempts, job.seed, error=error, tags=job.spec.tags))

    def close(self, *, is_done: bool) -> None:
        """End all processes, and remove what they left."""
        for crew in (self._crew, self._trial):
            if crew is not None:
                crew.close(is_done=is_done)
        shutil.rmtree(self._root, ignore_errors=True)
