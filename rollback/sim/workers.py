"""Matches on several processes, results in the order of the plans. Knows processes; knows no profile and no table.

A worker that dies (a game that calls into broken C code, or runs out of memory) takes the whole pool with it, and nobody
says which match it was: those that were under way are then played once more, each in a process of its own.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Final

from rollback.errors import RollbackError
from rollback.game import Game
from rollback.sim.plan import MatchPlan, factory_for
from rollback.sim.stress import Outcome

__all__ = ["play", "play_all"]

DIED: Final = "the process that played it died"
AHEAD: Final = 3  # matches handed out for each worker: enough that none waits, few to play again when one dies


def play(plan: MatchPlan, make: Callable[[], Game] | None = None) -> Outcome:
    """Play one match; what keeps it from being played is part of the outcome."""
    try:
        return Outcome(plan, plan.run(make))
    except RollbackError as error:
        return Outcome(plan, None, str(error))
    except Exception as error:  # a game may raise anything when it is made or saved
        return Outcome(plan, None, f"{type(error).__name__}: {error}")


def play_all(
    plans: Sequence[MatchPlan], workers: int, on_result: Callable[[Outcome], None] = lambda outcome: None
) -> Generator[Outcome, None, None]:
    """Play all matches, and yield what came of them in the order of the plans.

    Closing the iterator, or an exception such as Ctrl-C, ends all processes.

    Args:
        plans: What to play.
        workers: How many processes; 1 plays here, in this one.
        on_result: Told of each outcome as it comes, in any order.
    """
    if workers == 1:
        makers: dict[tuple[str, int | None], Callable[[], Game]] = {}
        for plan in plans:
            key = plan.game, plan.players
            if key not in makers:
                makers[key] = factory_for(*key)
            outcome = play(plan, makers[key])
            on_result(outcome)
            yield outcome
        return
    done: dict[int, Outcome] = {}
    waiting = list(range(len(plans)))[::-1]
    suspects: list[int] = []
    following = 0
    while following < len(plans):
        for place, outcome in _round(plans, waiting, suspects, workers):
            done[place] = outcome
            on_result(outcome)
            while following in done:
                yield done.pop(following)
                following += 1


def _round(plans: Sequence[MatchPlan], waiting: list[int], suspects: list[int], workers: int) -> Iterator[tuple[int, Outcome]]:
    """Yield outcomes by place until all is played or the pool breaks; what was under way then goes to `suspects`."""
    alone = bool(suspects)
    source = suspects if alone else waiting
    before = {process.pid for process in multiprocessing.active_children()}
    # Spawned, not forked: a copy of a process with threads may hang, and all platforms do the same this way.
    pool = ProcessPoolExecutor(1 if alone else workers, mp_context=multiprocessing.get_context("spawn"), initializer=_begin)
    under_way: dict[Future[Outcome], int] = {}
    try:
        while source or under_way:
            while source and len(under_way) < (1 if alone else workers * AHEAD):
                with _undisturbed():
                    future = pool.submit(play, plans[source[-1]])  # it stays in line, should the pool refuse it
                under_way[future] = source.pop()
            finished, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in sorted(finished, key=lambda each: under_way[each]):
                outcome = _outcome(future, plans[under_way[future]])
                yield under_way.pop(future), outcome
        pool.shutdown()
    except BrokenProcessPool:
        if alone:
            place = next(iter(under_way.values()))
            yield place, Outcome(plans[place], None, DIED)
        else:
            suspects.extend(sorted(under_way.values(), reverse=True))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            if process.pid not in before:
                process.kill()
                process.join()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Put Ctrl-C off while workers are started: half a worker would complain, and a whole one is not to notice it.

    A started process inherits that the signal is blocked, and so never sees it, also before `_begin`.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "pthread_sigmask"):
        yield
        return
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, before)
        if pressed:
            raise KeyboardInterrupt


def _outcome(future: Future[Outcome], plan: MatchPlan) -> Outcome:
    try:
        return future.result()
    except BrokenProcessPool:
        raise
    except Exception as error:  # what a report holds of a user's game may not be able to travel
        return Outcome(plan, None, f"the report cannot travel: {type(error).__name__}: {error}")


def _begin() -> None:
    """Prepare a worker: Ctrl-C is its parent's to handle, and without a parent there is nobody to work for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)
