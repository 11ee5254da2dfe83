"""Matches on any `concurrent.futures.Executor`, as a factory makes it: Dask's, MPI's, threads. Knows no more of it than that.

A broken executor is answered by a new one of the factory. Workers on another machine play as well, but what a dead one left
stays there: then every match that was under way is tried alone, and one that was ended by its watchdog counts as crashed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from rollback.errors import UsageError
from rollback.sim.pool.backends.foreign import play, search
from rollback.sim.pool.backends.handing import hand_out
from rollback.sim.pool.backends.pieces import Lost, Piece, Refused
from rollback.sim.pool.batches import AHEAD, workers_of
from rollback.sim.pool.blackbox import Found
from rollback.sim.pool.job import Job, Rules
from rollback.sim.pool.left_open import ended_at_exit
from rollback.sim.pool.limits import check_memory_limit
from rollback.sim.pool.patience import starting_of
from rollback.sim.pool.result import MatchResult
from rollback.sim.pool.run_folder import run_folder
from rollback.sim.pool.spawning import check_not_opening, script_of_caller, uninterrupted
from rollback.sim.pool.worker import Orders

__all__ = ["run"]

KILLED: Final = ("KilledWorker",)  # what executors raise for the one future whose worker died: Dask's


def run(jobs: Iterator[Job], rules: Rules, *, factory: Callable[[], Any]) -> Generator[MatchResult, None, None]:
    """Play the jobs on the executors that `factory` makes, and yield results as they come; closing it shuts them down.

    Args:
        jobs: What is played.
        rules: `workers` says for how many batches are kept under way.
        factory: Called at the beginning, and again whenever the executor is broken.

    Raises:
        UsageError: What it makes is no executor, or one of threads with a limit that only processes can hold.
        RollbackError: Workers die before they play anything.
    """
    check_not_opening()
    check_memory_limit(rules.memory_mb)
    crew = ExecutorCrew(factory, rules)
    is_done = False
    with ended_at_exit(lambda: crew.close(is_done=False)):
        try:
            yield from hand_out(jobs, rules, crew)
            is_done = True
        finally:
            with uninterrupted():
                crew.close(is_done=is_done)


class ExecutorCrew:
    """An executor, and the next one when it breaks.

    Args:
        factory: Makes them.
        rules: Of the run.
    """

    is_one_boat = True

    def __init__(self, factory: Callable[[], Any], rules: Rules) -> None:
        self._factory = factory
        self._rules = rules
        self.window = workers_of(rules) * AHEAD
        self._under_way: set[Future[bytes]] = set()
        folder = str(run_folder())
        try:
            self._executor = self._made()
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._orders = Orders(
            os.getpid(), folder, rules.timeout, starting_of(rules.timeout), rules.memory_mb, script_of_caller()
        )

    def _made(self) -> Any:
        executor = self._factory()
        if not callable(getattr(executor, "submit", None)) or not callable(getattr(executor, "shutdown", None)):
            raise UsageError(
                f"the function given as backend returned {executor!r:.80}: it must make a concurrent.futures.Executor,"
                " such as lambda: ProcessPoolExecutor(2)"
            )
        if isinstance(executor, ThreadPoolExecutor):
            for name in ("timeout", "memory_mb"):
                if getattr(self._rules, name) is not None:
                    executor.shutdown(wait=False)
                    raise UsageError(f"{name} ends a whole process, and threads have only this one: use backend='process'")
        return executor

    def submit(self, piece: Piece, packed: bytes) -> Future[bytes]:
        """Let the executor play it."""
        try:
            future: Future[bytes] = self._executor.submit(play, packed, piece.number, self._orders, dict(piece.parcels))
        except (BrokenExecutor, RuntimeError) as error:  # RuntimeError: somebody has shut it down
            raise Lost(_told(error), takes_all=True) from None
        self._under_way.add(future)
        return future

    def wait(self, handles: Collection[Future[bytes]]) -> Collection[Future[bytes]]:
        """Wait for one, and return all that are over."""
        return wait(handles, return_when=FIRST_COMPLETED).done

    def answer(self, handle: Future[bytes]) -> bytes:
        """Return what came of it."""
        self._under_way.discard(handle)
        if not handle.done():
            raise Lost("the executor is broken", takes_all=True)
        if handle.cancelled():
            raise Lost("the executor cancelled it")
        error = handle.exception()  # not raised: it may be a KeyboardInterrupt of the game
        if error is None:
            return handle.result()
        if isinstance(error, BrokenExecutor):
            raise Lost(_told(error), takes_all=True)
        if type(error).__name__ in KILLED:
            raise Lost(_told(error))
        raise Refused(f"the executor could not play it: {_told(error)}")

    def traces(self, numbers: Collection[int]) -> Mapping[int, Sequence[Found]]:
        """Look for what was left on this machine."""
        traces: dict[int, list[Found]] = {}
        for number, told in search(self._orders.folder, numbers):
            traces.setdefault(number, []).append(told)
        return traces

    def hurry(self) -> None:
        """Say so in the orders of what is sent from here on."""
        self._orders = replace(self._orders, starting=starting_of(self._orders.timeout, again=True))

    def renew(self) -> None:
        """Shut the broken executor down, and make another."""
        self._under_way.clear()
        _shut_down(self._executor, is_done=False)
        self._executor = self._made()

    def close(self, *, is_done: bool) -> None:
        """Shut the executor down, and remove what its workers left.

        Args:
            is_done: It has nothing to do, and may take its time; else its processes are ended, if they are known.
        """
        for future in self._under_way:
            future.cancel()
        _shut_down(self._executor, is_done=is_done)
        shutil.rmtree(self._orders.folder, ignore_errors=True)


def _shut_down(executor: Any, *, is_done: bool) -> None:
    if is_done:
        executor.shutdown(wait=True)
        return
    # `ProcessPoolExecutor` ends its workers itself from Python 3.14 on; before, it waits for what they are at.
    processes = list((getattr(executor, "_processes", None) or {}).values())
    executor.shutdown(wait=False)
    for process in processes:
        with suppress(Exception):  # another library's, of another kind
            process.kill()
            process.join()


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".strip().partition("\n")[0][:300]
