"""Matches that do to their worker what no match should: they are named, and all others are played."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import threading
from collections import Counter
from contextlib import suppress

import pytest

from rollback.sim import MatchSpec
from rollback.sim.pool import crew, patience
from rollback.sim.pool.backends import process, serial
from rollback.sim.pool.crew import Wreck
from rollback.sim.pool.job import Batch, Rules
from rollback.sim.pool.result import MatchResult
from rollback.sim.pool.worker import Reply
from tests.sim.pool.processes import runs
from tests.sim.pool.tasks import Task, numbered

GOOD = MatchSpec(game="tests.sim.pool.bad_games:Good", frames=20)
ROUND = 50


def bad(name):
    return MatchSpec(game=f"tests.sim.pool.{name if ':' in name else f'bad_games:{name}'}", frames=20, tags={"bad": name})


def among_good(names, every=7, count=ROUND):
    """Return jobs with a bad match here and there."""
    specs = [GOOD] * count
    for at, name in enumerate(names):
        specs[3 + at * every] = bad(name)
    return numbered(specs)


def played(jobs, **rules):
    """Return the results in order, and hold that each match has one, and each good one that of serial."""
    results = sorted(process.run(iter(jobs), Rules(**rules)), key=lambda result: result.index)
    assert [result.index for result in results] == [job.index for job in jobs]
    assert all(result.seed == job.seed for result, job in zip(results, jobs, strict=True))
    good = [job for job in jobs if job.spec == GOOD]
    expected = {result.index: result.digest for result in serial.run(iter(good), Rules())}
    assert {result.index: result.digest for result in results if not result.tags} == expected
    assert all(result.status == "ok" for result in results if not result.tags)
    return {result.tags["bad"]: result for result in results if result.tags}


def test_a_match_that_kills_its_worker_is_named_and_all_others_are_played():
    found = played(among_good(["Poison", "Exiter", "killing_import:Never"]), workers=2, retries=1)
    assert {name: (result.status, result.attempts) for name, result in found.items()} == dict.fromkeys(found, ("crashed", 2))
    assert len(found) == 3
    assert "was killed by SIGKILL, 2 times" in found["Poison"].error
    assert "ended with exit code 0" in found["Exiter"].error
    assert "ended with exit code 7" in found["killing_import:Never"].error


@pytest.mark.parametrize("name", ["Terminated", "Closer"])
def test_a_match_that_hides_how_it_kills_its_worker_is_found_alone(name):
    (found,) = played(among_good([name]), workers=2, retries=0).values()
    assert (found.status, found.attempts) == ("crashed", 1)


def test_what_a_game_raises_or_prints_is_its_own_matter(capfd):
    names = ["Leaver", "Interrupter", "Raiser", "Hog", "Loud"]
    found = played(among_good(names), workers=1, memory_mb=64)
    assert Counter(result.status for result in found.values()) == {"error": 4, "ok": 1}
    assert "SystemExit: I have had enough" in found["Leaver"].error
    assert "KeyboardInterrupt" in found["Interrupter"].error
    assert "TwoWords: no board" in found["Raiser"].error and "in misbehave" in found["Raiser"].error
    assert "MemoryError" in found["Hog"].error
    assert {result.attempts for result in found.values()} == {1}
    out, err = capfd.readouterr()
    assert "a word of the game" in err and "a word" not in out


def test_a_match_that_hangs_is_ended_by_its_watchdog_also_when_it_lets_nothing_else_run():
    found = played(among_good(["Holder"]), workers=2, timeout=2.0)["Holder"]
    assert (found.status, found.attempts) == ("timeout", 1)
    assert found.error.startswith("it took longer than timeout=2 s, and was ended:\n")
    assert "bad_games.py" in found.error and "in misbehave" in found.error


def test_the_import_of_a_game_is_not_the_time_of_a_match(monkeypatch):
    monkeypatch.setenv("SLOW_IMPORT", "1.5")
    jobs = numbered([MatchSpec(game="tests.sim.pool.slow_import:Late", frames=20)] * 3)
    results = list(process.run(iter(jobs), Rules(workers=1, timeout=0.5)))
    assert [(result.status, result.attempts) for result in results] == [("ok", 1)] * 3


def test_an_import_that_never_ends_is_ended_too_and_is_told_from_a_match_that_hangs(monkeypatch):
    monkeypatch.setenv("SLOW_IMPORT", "600")
    monkeypatch.setattr(patience, "STARTING", 1.5)
    monkeypatch.setattr(patience, "AGAIN", 0.7)
    names = ["slow_import:Late", "slow_import:Late", "killing_import:Never"]
    jobs = among_good(names)
    results = sorted(process.run(iter(jobs), Rules(workers=1, timeout=0.5, retries=0)), key=lambda result: result.index)
    assert Counter(result.status for result in results) == {"ok": ROUND - 3, "timeout": 2, "crashed": 1}
    first, second = sorted((result for result in results if result.status == "timeout"), key=lambda result: result.error)
    assert first.error.startswith("to import what it needs took longer than 0.7 s, and was ended (timeout=0.5 s counts")
    assert second.error.startswith("to import what it needs took longer than 1.5 s") and "slow_import.py" in second.error


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs groups of processes")
def test_what_a_match_has_started_ends_with_its_worker_however_that_ends(tmp_path, monkeypatch):
    started = tmp_path / "started"
    monkeypatch.setenv("STARTED", str(started))
    jobs = numbered([bad("Starts")] * 4)
    jobs = [type(job)(job.index, job.index, job.spec) for job in jobs]
    results = list(process.run(iter(jobs), Rules(workers=2, retries=0)))
    assert Counter(result.status for result in results) == {"ok": 2, "crashed": 2}
    numbers = [int(line) for line in started.read_text().split()]
    assert len(numbers) >= 4, "the premise"
    while any(map(runs, numbers)):  # as soon as the system gets to it; pytest's own limit ends it
        os.sched_yield()


@pytest.mark.nightly
def test_a_match_that_hangs_is_ended_in_many_ways(monkeypatch):
    monkeypatch.setattr(crew, "LATE", 1.0)
    found = played(among_good(["Hanger", "Unwatched", "Holder"]), workers=2, timeout=3.0)
    assert {result.status for result in found.values()} == {"timeout"}
    assert "its watchdog had been switched off" in found["Unwatched"].error


def kill_some(jobs, kills, every, **rules):
    """Return the results of a run in which a worker is killed after each so many results."""
    before = {child.pid for child in multiprocessing.active_children()}
    results, left = [], kills
    for result in process.run(iter(jobs), Rules(**rules)):
        results.append(result)
        if left and len(results) % every == 0:
            workers = sorted(child.pid for child in multiprocessing.active_children() if child.pid not in before)
            if workers:
                os.kill(workers[len(results) * 7 % len(workers)], signal.SIGKILL)
                left -= 1
    assert left == 0
    return results


def test_workers_that_are_killed_from_outside_cost_no_match_and_double_none():
    specs = [MatchSpec(game="pong", frames=30)] * 60
    jobs = numbered(specs)
    results = kill_some(jobs, kills=4, every=11, workers=2, batch=2)
    assert Counter(result.index for result in results) == Counter(range(60))
    assert {result.status for result in results} == {"truncated"}
    expected = {result.index: result.digest for result in serial.run(iter(jobs), Rules())}
    assert {result.index: result.digest for result in results} == expected


SIGKILL, EXIT = "was killed by SIGKILL", "ended with exit code 3"


def wreck(jobs=(), how=SIGKILL, strays=0):
    return Wreck([(job, how) for job in jobs], [], [], [], strays, how)


@pytest.fixture
def case():
    """A run that tries each match once, and two of its matches."""
    run = process._Run(iter(()), Rules(retries=0))
    yield run, numbered([Task("nothing")] * 2)
    run.close(is_done=True)


@pytest.mark.parametrize("how", [SIGKILL, EXIT])
def test_a_match_is_blamed_for_what_it_does_alone_and_for_nothing_else(case, how):
    run, (job, _) = case
    run._blame(wreck([job], how), is_trial=False)
    assert list(run._suspects) == [job] and not run._ready
    run._blame(wreck([job], how), is_trial=True)
    assert [(result.status, result.attempts, result.error) for result in run._ready] == [
        ("crashed", 1, f"the process that played it {how}")
    ]


@pytest.mark.parametrize(("how", "crashed"), [(SIGKILL, 0), (EXIT, 1)])
def test_where_somebody_else_kills_too_a_match_hit_by_a_signal_is_tried_once_more(case, how, crashed):
    run, (job, other) = case
    run._blame(wreck(strays=5), is_trial=False)  # before it was tried for the first time: that is no excuse
    run._blame(wreck([job, other], how), is_trial=False)
    run._take(Batch.of([other]), Reply([MatchResult(1, "ok", 1, 7)], 0.1), is_trial=True)  # so that one was innocent
    run._ready.clear()
    run._blame(wreck([job], how), is_trial=True)
    assert len(run._ready) == crashed
    run._blame(wreck([job], how), is_trial=True)
    assert run._ready[0].status == "crashed" and run._ready[0].attempts == 2 - crashed


def test_a_suspect_whose_worker_died_before_it_played_is_a_suspect_still(case):
    run, (job, other) = case
    run._blame(Wreck([], [], [], [job], 1, SIGKILL), is_trial=True)
    run._blame(Wreck([], [], [], [other], 1, SIGKILL), is_trial=False)
    assert list(run._suspects) == [job] and run._batches.take() == [other]


def test_a_match_that_was_tried_again_and_is_fine_says_how_often(case):
    run, (job, other) = case
    run._blame(wreck(strays=1), is_trial=False)
    run._blame(wreck([job]), is_trial=False)
    run._blame(wreck(strays=1), is_trial=False)
    run._blame(wreck([job]), is_trial=True)
    results = [MatchResult(0, "ok", 1, 0), MatchResult(1, "ok", 1, 7)]
    run._take(Batch.of([job, other]), Reply(results, 0.1), is_trial=True)
    assert [result.attempts for result in run._ready] == [2, 1]


@pytest.mark.nightly
def test_fifty_kills_among_two_thousand_matches_change_nothing():
    jobs = numbered([MatchSpec(game=game, frames=60) for game in ("pong", "duel")] * 1000)
    results = kill_some(jobs, kills=50, every=37, workers=2)
    assert Counter(result.index for result in results) == Counter(range(2000))
    expected = {result.index: result.digest for result in serial.run(iter(jobs), Rules())}
    assert {result.index: result.digest for result in results} == expected


@pytest.mark.nightly
@pytest.mark.parametrize("gap", [0.05, 0.15, 0.3])
def test_fifty_kills_at_any_moment_change_nothing_also_while_workers_start(gap):
    before = {child.pid for child in multiprocessing.active_children()}
    long = MatchSpec(game="pong", frames=round(8000 * gap))  # so that a quick machine too has time to be disturbed
    jobs, chance, kills, over = numbered([long] * 2000), random.Random(gap), [], threading.Event()

    def kill():
        while len(kills) < 50 and not over.wait(chance.uniform(0, 2 * gap)):
            workers = sorted({child.pid for child in multiprocessing.active_children()} - before)
            with suppress(IndexError, ProcessLookupError):
                os.kill(chance.choice(workers), signal.SIGKILL)
                kills.append(1)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        results = list(process.run(iter(jobs), Rules(workers=2)))
    finally:
        over.set()
        thread.join()
    assert len(kills) > 20
    assert Counter(result.index for result in results) == Counter(range(2000))
    expected = {result.index: result.digest for result in serial.run(iter(jobs), Rules())}
    assert {result.index: result.digest for result in results} == expected


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["Poison", "Exiter", "Terminated", "Closer", "killing_import:Never"])
def test_one_poison_match_among_two_thousand_is_the_only_one_that_crashes(name):
    jobs = numbered([GOOD] * 2000)
    jobs[1234] = type(jobs[0])(1234, jobs[1234].seed, bad(name))
    (found,) = played(jobs, workers=2).values()
    assert (found.index, found.status, found.attempts) == (1234, "crashed", 3)


def test_a_worker_that_dies_while_idle_is_replaced():
    specs = [Task("process")] * 40
    results = process.run(iter(numbered(specs)), Rules(workers=1, batch=1))
    first = next(results).stats["process"]
    os.kill(first, signal.SIGKILL)  # the window is played by another one, or was played before
    others = [result.stats["process"] for result in results]
    assert len(others) == 39 and set(others) - {first}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited on Linux only")
def test_what_matches_leave_in_memory_makes_no_error_of_an_innocent_one():
    found = played(among_good(["Leak"] * 6, every=5), workers=1, memory_mb=200)
    assert {(result.status, result.attempts) for result in found.values()} == {("ok", 1)}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited on Linux only")
def test_a_limit_that_is_too_low_for_every_match_is_told_of_each_and_ends(monkeypatch):
    monkeypatch.setattr(process, "MOST_RENEWALS", 2)
    jobs = numbered([bad("Leak")] * 12)
    results = sorted(process.run(iter(jobs), Rules(workers=1, memory_mb=40)), key=lambda result: result.index)
    assert [(result.index, result.status) for result in results] == [(index, "error") for index in range(12)]
    assert all("Error" in result.error for result in results)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_the_copy_of_a_worker_that_a_game_forked_answers_nothing_and_ends():
    found = played(among_good(["ForksBack"] * 2), workers=1, timeout=60.0)
    assert {(result.status, result.attempts) for result in found.values()} == {("ok", 1)}


def test_a_worker_from_which_a_game_threw_our_modules_away_is_replaced():
    found = played(among_good(["ForgetsModules"]), workers=1)
    assert [(result.status, result.attempts) for result in found.values()] == [("ok", 1)]
