"""Matches on executors that a function makes: any of them, through the breaking of each."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from functools import partial

import pytest

from rollback.errors import RollbackError, UsageError
from rollback.sim import Link, MatchSpec, isimulate, simulate
from rollback.sim.pool import patience
from rollback.sim.pool.backends import executor, serial
from rollback.sim.pool.job import Rules
from tests.sim.pool import ray_processes
from tests.sim.pool.tasks import Task, dies_at_once, numbered

GOOD = "tests.sim.pool.bad_games:Good"
FORKED = partial(ProcessPoolExecutor, mp_context=multiprocessing.get_context("forkserver"))


@pytest.fixture(scope="module", autouse=True)
def ready_to_fork():
    """Let the workers begin with what a match needs, so that none is slow at first; and end the server of the forks."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(["tests.sim.pool.bad_games", "rollback.sim.pool.linked"])
    yield
    multiprocessing.forkserver._forkserver._stop()


def bad(name):
    return MatchSpec(game=f"tests.sim.pool.bad_games:{name}", frames=6)


def played(specs, factory, **rules):
    jobs = numbered(specs)
    results = list(executor.run(iter(jobs), Rules(matches=len(jobs), **rules), factory=factory))
    assert sorted(result.index for result in results) == list(range(len(jobs)))  # none twice, none lost
    return sorted(results, key=lambda result: result.index)


class Inline(Executor):
    """Plays at once, in the caller's process; remembers what it was asked for."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.ends: list[bool] = []

    def submit(self, function, /, *arguments):
        future: Future = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(function(*arguments))
        except BaseException as error:
            future.set_exception(error)
        return future

    def shutdown(self, wait=True, *, cancel_futures=False):
        self.ends.append(wait)


@pytest.mark.parametrize(
    "factory", [lambda: ThreadPoolExecutor(2), lambda: FORKED(2), Inline], ids=["threads", "processes", "own"]
)
@pytest.mark.parametrize("batch", [5, "auto"])
def test_any_executor_comes_to_the_results_of_the_reference(factory, batch):
    specs = [
        MatchSpec(game=game, frames=30, link=link)
        for game in ("pong", "duel")
        for link in (None, Link(latency_ms=40, jitter_ms=30, loss=0.1))
        for _ in range(3)
    ]
    assert played(specs, factory, workers=2, batch=batch) == list(serial.run(iter(numbered(specs)), Rules()))


def test_it_is_made_once_and_shut_down_at_the_end():
    made = []
    simulate([MatchSpec(game=GOOD, frames=6)] * 20, backend=lambda: made.append(Inline()) or made[-1], batch=3)
    assert [each.ends for each in made] == [[True]]


def test_workers_tell_how_many_batches_are_under_way():
    release, most = threading.Event(), []

    class Slow(ThreadPoolExecutor):
        def submit(self, function, /, *arguments):
            most.append(self._work_queue.qsize() + 1)
            if len(most) >= 12:
                release.set()
            return super().submit(lambda: (release.wait(20), function(*arguments))[1])

    results = played([MatchSpec(game=GOOD, frames=6)] * 40, lambda: Slow(1), workers=3, batch=1)
    assert len(results) == 40 and release.is_set() and max(most) <= 12


def test_each_bad_match_is_blamed_for_what_it_did_and_no_other():
    specs = [MatchSpec(game=GOOD, frames=6) for _ in range(60)]
    reference = simulate(specs)
    blamed = {3: bad("Poison"), 20: Task("dozing"), 21: bad("Unwatched"), 41: bad("Interrupter"), 50: bad("Exiter")}
    for index, spec in blamed.items():
        specs[index] = spec
    results = simulate(specs, backend=lambda: FORKED(2), workers=2, batch=10, timeout=1.5, retries=1)
    told = {index: (results[index].status, results[index].attempts) for index in blamed}
    assert told == {3: ("crashed", 2), 20: ("timeout", 1), 21: ("timeout", 1), 41: ("error", 1), 50: ("crashed", 2)}
    assert "BrokenProcessPool" in results[3].error and "2 times" in results[3].error
    assert "in dozing" in results[20].error and "timeout=1.5 s" in results[20].error
    assert "switched its watchdog off" in results[21].error and "in misbehave" in results[21].error
    assert [each for each in results if each.index not in blamed] == [each for each in reference if each.index not in blamed]


def test_workers_that_are_killed_cost_no_match():
    specs = [MatchSpec(game=GOOD, frames=100) for _ in range(150)]
    made, killed = [], []

    def factory():
        made.append(FORKED(2))
        return made[-1]

    def kill(result):
        there = [each for each in made[-1]._processes or () if each not in killed]  # one that is dead may stand there still
        if len(killed) < 5 and result.index % 20 == 19 and there:
            killed.append(there[0])
            os.kill(there[0], signal.SIGKILL)

    done = []
    results = simulate(
        specs, backend=factory, workers=2, batch=5, retries=4, on_result=lambda each: (done.append(each.index), kill(each))
    )
    assert len(killed) >= 3 and len(made) >= 2 and sorted(done) == list(range(150))
    assert [each.digest for each in results] == [each.digest for each in simulate(specs)]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited on Linux only")
def test_what_matches_leave_in_memory_makes_no_error_of_an_innocent_one():
    made = []
    specs = [bad("Leak")] * 7 + [bad("Hog")]
    results = simulate(specs, backend=lambda: made.append(FORKED(1)) or made[-1], workers=1, memory_mb=200, batch=4)
    assert [(each.status, each.attempts) for each in results] == [("ok", 1)] * 7 + [("error", 1)]
    assert "MemoryError" in results[7].error and len(made) > 1


def test_what_hangs_while_it_is_imported_is_waited_for_so_long_only_once(monkeypatch):
    monkeypatch.setenv("SLOW_IMPORT", "600")
    monkeypatch.setattr(patience, "STARTING", 1.5)
    monkeypatch.setattr(patience, "AGAIN", 0.7)
    specs = [MatchSpec(game="tests.sim.pool.slow_import:Late", frames=20)] * 2
    spawned = partial(ProcessPoolExecutor, mp_context=multiprocessing.get_context("spawn"))  # which see the environment
    results = played(specs, lambda: spawned(1), workers=1, batch=1, timeout=0.5)
    assert [each.status for each in results] == ["timeout", "timeout"]
    told = sorted(each.error for each in results)
    assert told[0].startswith("to import what it needs took longer than 0.7 s")
    assert told[1].startswith("to import what it needs took longer than 1.5 s")


def test_what_travels_with_a_match_and_what_cannot(tmp_path):
    file = tmp_path / "checkpoint"
    file.write_text("weights")
    able = [Task("parcel", given={"a": file, "b": b"x" * 200_000})] * 6
    unable = [Task("nothing", value=lambda: 0), Task("untold"), Task("unread")]
    results = played(able + unable, lambda: FORKED(1), workers=1, batch=9)
    assert all(each.stats == {"a": "weights", "b": "x" * 200_000} for each in results[:6])
    assert [each.status for each in results[6:]] == ["error"] * 3
    assert "cannot travel" in results[6].error and "nobody reads this" in results[8].error


def test_threads_play_here_and_find_what_travels():
    results = played([Task("process"), Task("parcel", given={"a": b"b"})], lambda: ThreadPoolExecutor(2))
    assert results[0].stats == {"process": os.getpid()} and results[1].stats == {"a": "b"}


@pytest.mark.parametrize("limit", [{"timeout": 1.0}, {"memory_mb": 100}])
def test_a_limit_that_only_processes_can_hold_is_refused_for_threads(limit):
    (name,) = limit
    with pytest.raises(
        UsageError, match=f"^{name} ends a whole process, and threads have only this one: use backend='process'$"
    ):
        simulate([MatchSpec(game=GOOD)], backend=lambda: ThreadPoolExecutor(1), **limit)


def test_a_function_that_makes_something_else_is_told_what_it_made():
    with pytest.raises(UsageError, match=r"returned 3: it must make a concurrent\.futures\.Executor"):
        simulate([MatchSpec(game=GOOD)], backend=lambda: 3)


def test_a_keyboard_interrupt_of_a_game_in_a_thread_is_its_error_and_not_the_callers():
    one, other = played([bad("Interrupter"), MatchSpec(game=GOOD, frames=6)], lambda: ThreadPoolExecutor(1), batch=2)
    assert one.status == "error" and "KeyboardInterrupt" in one.error and other.digest


@pytest.mark.parametrize("name", ["KilledWorker", "OutOfReach"])
def test_an_exception_of_the_executor_counts_for_its_batch_alone(name):
    raised = type(name, (Exception,), {})

    class Unlucky(Inline):
        """Dask's way: the future of a batch whose worker died again and again holds an exception, and all others go on."""

        def submit(self, function, packed, *arguments):
            if b"Poison" not in packed:
                return super().submit(function, packed, *arguments)
            future: Future = Future()
            future.set_exception(raised("four workers died"))
            return future

    specs = [*[MatchSpec(game=GOOD, frames=6)] * 4, bad("Poison"), *[MatchSpec(game=GOOD, frames=6)] * 4]
    results = played(specs, Unlucky, batch=9, retries=1)
    assert results[4].status == ("crashed" if name == "KilledWorker" else "error")
    assert f"{name}: four workers died" in results[4].error
    assert {each.attempts for each in results if each.index != 4} == {1} and all(
        each.digest for each in results if each.index != 4
    )


def test_a_cancelled_batch_is_played_again():
    forgotten = []

    class Forgetful(Inline):
        def submit(self, function, packed, number, *arguments):
            if number > 2:
                return super().submit(function, packed, number, *arguments)
            future: Future = Future()
            future.cancel()
            future.set_running_or_notify_cancel()
            forgotten.append(number)
            return future

    results = played([MatchSpec(game=GOOD, frames=6)] * 4, Forgetful, batch=2, workers=1)
    assert forgotten == [1, 2] and all(each.digest for each in results)


def test_workers_that_die_before_they_play_anything_end_the_run():
    made = []

    def factory():
        made.append(FORKED(1, initializer=dies_at_once))
        return made[-1]

    from rollback.sim.pool.backends import handing

    with (
        pytest.MonkeyPatch.context() as patch,
        pytest.raises(RollbackError, match="die before they play anything, 3 times in a row"),
    ):
        patch.setattr(handing, "MOST_VAIN", 3)
        simulate([MatchSpec(game=GOOD, frames=6)] * 8, backend=factory, workers=1)
    assert len(made) <= 4


def test_an_executor_that_is_shut_down_already_is_answered_by_the_next():
    made = []

    def factory():
        made.append(ThreadPoolExecutor(1))
        if len(made) == 1:
            made[0].shutdown()
        return made[-1]

    assert all(each.digest for each in played([MatchSpec(game=GOOD, frames=6)] * 4, factory)) and len(made) == 2


def test_closing_it_leaves_no_process_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = ray_processes.children()
    specs = [MatchSpec(game=GOOD, frames=6), *[Task("dozing")] * 5]
    with closing(isimulate(specs, backend=lambda: ProcessPoolExecutor(2), workers=2, batch=1)) as results:
        assert next(results).status == "ok"
        there = ray_processes.of_ray(before)
        assert there and ray_processes.folders()
    assert not [each for each in there if each.is_running() and each.status() != "zombie"]
    assert not ray_processes.folders()
