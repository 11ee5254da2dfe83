"""Processes that play batches, until one of them dies; then who died, and of which match. Knows no retries and no order."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from rollback.sim.pool.blackbox import Found, found
from rollback.sim.pool.errand import begin, run
from rollback.sim.pool.job import Batch, Job, Rules
from rollback.sim.pool.letters import Letter, opened, posted
from rollback.sim.pool.patience import slack_of, too_long
from rollback.sim.pool.spawning import Context, Script, Worker
from rollback.sim.pool.worker import Missing, Orders, Reply, Unplayed, unpack

__all__ = ["Crew", "Finished", "Wreck"]

PATIENCE: Final = 2.0  # seconds that workers have to end: they are waiting for nothing, unless a game does at its exit
LATE: Final = 5.0  # seconds after which a watchdog that should have ended its process is taken to be switched off
SIGTERM: Final = -int(signal.SIGTERM)  # the exit code of those that the executor ended because another one died

Finished = SimpleQueue[tuple["Crew", "Future[Letter]"]]


@dataclass(frozen=True, slots=True)
class Wreck:
    """What is known when a worker has died, and with it the crew.

    Attributes:
        killers: Matches that were being played by the very process that died by itself, and how it died.
        timeouts: Matches that were ended by the watchdog, and what is told of that.
        suspects: Matches one of which may have killed it.
        lost: All others that were under way.
        strays: Processes that died by themselves and had nothing to play: somebody else kills here.
        how: How the first process died.
        is_slow: Whether one of those that were ended was still being prepared.
    """

    killers: Sequence[tuple[Job, str]]
    timeouts: Sequence[tuple[Job, str]]
    suspects: Sequence[Job]
    lost: Sequence[Job]
    strays: int
    how: str
    is_slow: bool = False


@dataclass(slots=True)
class _Flight:
    number: int
    batch: Batch


@dataclass(slots=True)
class _Pause:
    """A worker that has not moved on since a moment."""

    at: Found
    since: float


@dataclass(slots=True)
class _Judgement:
    killers: list[tuple[Job, str]] = field(default_factory=list)
    timeouts: list[tuple[Job, str]] = field(default_factory=list)
    suspects: list[Job] = field(default_factory=list)
    strays: int = 0
    is_slow: bool = False


class Crew:
    """So many processes.

    Args:
        workers: How many.
        rules: Of the run.
        root: The folder of the run.
        name: Of this crew, among those of the run.
        script: How its processes find the caller's script.
        finished: Where to say that a batch is done.
        starting: Seconds for what is made before the first match; None without a timeout.

    Attributes:
        is_broken: Whether a worker has died: then there is only `wreck` to be called.
    """

    def __init__(
        self,
        workers: int,
        rules: Rules,
        root: Path,
        name: str,
        script: Script,
        finished: Finished,
        starting: float | None = None,
    ) -> None:
        self._folder = root / name
        self._folder.mkdir()
        self._timeout = rules.timeout
        self._context = Context()
        self._finished = finished
        self._under_way: dict[Future[Letter], _Flight] = {}
        self._number = 0
        self._looks = 0
        self._pauses: dict[int, _Pause] = {}
        self._overdue: set[int] = set()
        self._refusal = ""
        self.is_broken = False
        orders = Orders(os.getpid(), str(self._folder), rules.timeout, starting, rules.memory_mb, script)
        self._executor = ProcessPoolExecutor(workers, mp_context=self._context, initializer=begin, initargs=(orders, str(root)))

    def __len__(self) -> int:
        """Return how many batches are under way."""
        return len(self._under_way)

    def hand_over(self, batch: Batch, packed: bytes) -> bool:
        """Let a batch be played; False if the crew is broken, and it will not be."""
        self._number += 1
        letter = posted(packed, self._folder)
        try:
            future = self._executor.submit(run, letter, self._number)
        except (
            BrokenExecutor,
            OSError,
            ValueError,
        ) as error:  # one dies while another is being started: what it needs is closed already
            self.is_broken = True
            self._refusal = f"could not be started: {error}" if not isinstance(error, BrokenExecutor) else ""
            return False
        self._under_way[future] = _Flight(self._number, batch)
        future.add_done_callback(self._say)
        return True

    def _say(self, future: Future[Letter]) -> None:
        self._finished.put((self, future))

    def answer(self, future: Future[Letter]) -> tuple[Batch, Reply | Unplayed] | None:
        """Return a batch that is done with what came of it; None if nothing came, which breaks the crew."""
        flight = self._under_way.get(future)
        if flight is None:
            return None
        try:
            letter = future.result()
        except BrokenExecutor:
            self.is_broken = True
            return None
        except Exception as error:  # the executor's own, or that of a full disk: what it is, is told match by match
            del self._under_way[future]
            return flight.batch, Unplayed(f"{type(error).__name__}: {error}")
        del self._under_way[future]
        self._looks = 0
        try:
            reply = unpack(flight.batch, opened(letter))
        except Exception as error:  # a result may hold a user's class
            return flight.batch, Unplayed(f"the result cannot be read here: {type(error).__name__}: {error}")
        if isinstance(reply, Missing):
            return flight.batch, Unplayed("what travels with the match is no longer in the temporary folder")
        return flight.batch, reply

    def look(self) -> None:
        """Find what an executor does not notice; call it about once a second when nothing happens."""
        if self._under_way and any(worker.exitcode is not None for worker in self._context.workers):
            self._looks += 1
            # A worker that dies while others are being started can end the executor's thread, which then says nothing.
            self.is_broken = self.is_broken or self._looks > 1
        if self._timeout is None:
            return
        now = time.monotonic()
        for worker in self._context.workers:
            if worker.pid is None or worker.exitcode is not None:
                continue
            told = found(self._folder, worker.pid)
            pause = self._pauses.get(worker.pid)
            seconds = told.seconds or self._timeout
            if pause is None or pause.at != told or not self._is_under_way(told):
                self._pauses[worker.pid] = _Pause(told, now)
            elif now - pause.since > seconds + slack_of(seconds) + LATE:
                self._overdue.add(worker.pid)
                worker.kill()

    def _is_under_way(self, told: Found) -> bool:
        return any(flight.number == told.batch for flight in self._under_way.values())

    def wreck(self) -> Wreck:
        """Return what is known of the matches that are lost, once all processes have ended."""
        flights = {flight.number: flight.batch for flight in self._under_way.values()}
        self._under_way.clear()
        killed = self._end(PATIENCE)
        judgement = _Judgement()
        dead = [worker for worker in self._context.workers if worker.pid is not None and worker not in killed]
        culprits = [worker for worker in dead if worker.exitcode not in (SIGTERM, None)]
        for worker in dead:
            self._judge(worker, worker in culprits, not culprits, flights, judgement)
        told = {job.index for job, _ in (*judgement.killers, *judgement.timeouts)}
        suspects = [job for job in judgement.suspects if job.index not in told]
        if len(suspects) == 1 and not told:  # whoever is alone under suspicion did it
            judgement.killers.append((suspects.pop(), _how(culprits[0].exitcode if culprits else SIGTERM)))
            told.add(judgement.killers[0][0].index)
        told.update(job.index for job in suspects)
        lost = [job for batch in flights.values() for job in batch.jobs() if job.index not in told]
        how = _how(culprits[0].exitcode) if culprits else self._refusal or _how(SIGTERM)
        self._clean()
        return Wreck(judgement.killers, judgement.timeouts, suspects, lost, judgement.strays, how, judgement.is_slow)

    def _judge(self, worker: Worker, is_culprit: bool, is_open: bool, flights: dict[int, Batch], judgement: _Judgement) -> None:
        """Say what the match that a dead worker was at has to do with it."""
        assert worker.pid is not None
        told = found(self._folder, worker.pid)
        batch = flights.get(told.batch) if told.batch is not None else None
        if batch is None:
            judgement.strays += is_culprit
            return
        jobs = batch.jobs()
        at = jobs if told.place is None else [jobs[told.place]]
        if self._timeout is not None and (told.traceback or worker.pid in self._overdue):
            judgement.is_slow = judgement.is_slow or (told.seconds or 0.0) > self._timeout
            if len(at) == 1:
                where = told.traceback or "its watchdog had been switched off\n"
                judgement.timeouts.append((at[0], too_long(self._timeout, told.seconds, where)))
            else:
                judgement.suspects.extend(at)
        elif is_culprit and len(at) == 1:
            judgement.killers.append((at[0], _how(worker.exitcode)))
        elif is_culprit or is_open:
            judgement.suspects.extend(at)

    def retire(self) -> list[Job]:
        """End all processes, and return what they have not answered."""
        left = [job for flight in self._under_way.values() for job in flight.batch.jobs()]
        self.close(is_done=False)
        return left

    def close(self, *, is_done: bool) -> None:
        """End all processes.

        Args:
            is_done: They have nothing to do, and may say goodbye; else they are ended in the middle of what they do.
        """
        self._under_way.clear()
        if is_done:
            self._executor.shutdown(wait=False)
        self._end(PATIENCE if is_done else 0.0)
        self._clean()

    def _end(self, patience: float) -> set[Worker]:
        """Wait until all processes have ended; return those that had to be killed."""
        deadline = time.monotonic() + patience
        killed = set()
        for worker in self._context.workers:
            if worker.pid is None:
                continue
            # Not `is_alive`, which still says yes where the executor's thread was told of the end first and has not written it
            # down: one that died by itself would count as one that was killed here.
            if not wait([worker.sentinel], max(0.0, deadline - time.monotonic()) if patience else 0.0):
                worker.kill()
                killed.add(worker)
        for worker in [worker for worker in self._context.workers if worker.pid is not None]:
            # The executor's thread may have been told of the end first, and is about to write it down.
            while worker.exitcode is None:
                worker.join(0.01)
            worker.end_group()
        return killed

    def _clean(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)
        shutil.rmtree(self._folder, ignore_errors=True)


def _how(code: int | None) -> str:
    """Say how a process ended."""
    if code is None or code >= 0:
        return f"ended with exit code {code}"
    with suppress(ValueError):
        return f"was killed by {signal.Signals(-code).name}"
    return f"was killed by signal {-code}"
