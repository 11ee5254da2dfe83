"""Matches on processes: the same results, whatever the number of workers, and nothing left behind."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import pytest

from rollback.errors import RollbackError, UsageError
from rollback.sim import Link, MatchSpec, simulate
from rollback.sim.pool import crew, limits, parcels
from rollback.sim.pool.backends import process, serial
from rollback.sim.pool.job import Job, Rules
from tests.sim.pool.tasks import Task, dies_at_once, numbered

ROOT = Path(__file__).resolve().parents[3]
LOSSY = Link(latency_ms=40, jitter_ms=30, loss=0.1)
GOOD = "tests.sim.pool.bad_games:Good"


def played(specs, **rules):
    jobs = numbered(specs)
    results = list(process.run(iter(jobs), Rules(matches=len(jobs), **rules)))
    assert sorted(result.index for result in results) == list(range(len(jobs)))  # none twice, none lost
    return sorted(results, key=lambda result: result.index)


def specs_of_all_games():
    return [
        MatchSpec(game=game, frames=40, link=link, tags={"game": game})
        for game in ("pong", "duel", "gridworld", "tetris")
        for link in (None, LOSSY)
        for _ in range(3)
    ]


@pytest.fixture(scope="module")
def reference():
    results = list(serial.run(iter(numbered(specs_of_all_games())), Rules()))
    assert len({result.digest for result in results}) == len(results)
    assert any(result.stats.get("rollbacks") for result in results)
    return results


def test_ctrl_c_pressed_again_while_processes_are_ended_leaves_none_of_them(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = {child.pid for child in multiprocessing.active_children()}
    pressed, end = [], crew.Crew._end

    def pressed_again(self, patience):
        pressed.append(signal.raise_signal(signal.SIGINT))
        return end(self, patience)

    monkeypatch.setattr(crew.Crew, "_end", pressed_again)
    results = process.run(iter(numbered([Task("process")] * 100)), Rules(workers=2))
    next(results)
    with pytest.raises(KeyboardInterrupt):
        results.close()
    assert pressed and {child.pid for child in multiprocessing.active_children()} == before and not list(tmp_path.iterdir())


@pytest.mark.parametrize(("workers", "batch"), [(1, "auto"), (2, 5), (7, "auto")])
def test_any_number_of_workers_comes_to_the_results_of_none(reference, workers, batch):
    assert played(specs_of_all_games(), workers=workers, batch=batch) == reference


def test_a_worker_begins_with_little_and_knows_no_script():
    (found,) = (result.stats for result in played([Task("surroundings")], workers=1))
    assert found == {
        "threads": ["1", "1", "1"], "numpy": False, "engine": False, "script": None, "ignores": True, "blocked": [],
    }  # fmt: skip


def test_no_more_workers_are_started_than_there_are_matches():
    results = played([Task("process")] * 2, workers=5, batch=1)
    assert len({result.stats["process"] for result in results} - {os.getpid()}) in (1, 2)


def test_long_words_and_parcels_travel_whole(tmp_path, monkeypatch):
    file = tmp_path / "checkpoint"
    file.write_text("weights")
    reads = []
    read = parcels._read
    monkeypatch.setattr(parcels, "_read", lambda path: reads.append(path) or read(path))
    specs = [Task("long", 100_000), *[Task("parcel", given={"a": file, "b": b"x" * 100_000})] * 20]
    first, *others = played(specs, workers=2, batch=2)
    assert len(first.stats["words"]) == 500_000
    assert all(each.stats == {"a": "weights", "b": "x" * 100_000} for each in others)
    assert reads == [file]


def test_what_cannot_travel_is_an_error_of_its_own_match_only(tmp_path):
    awkward = [
        Task("untold"), Task("unread"), Task("nothing", lambda: 1), Task("parcel", given={"gone": tmp_path / "gone"}),
    ]  # fmt: skip
    bad, good = played([*awkward, *[Task("nothing")] * 6], workers=1, batch=5)[:4], played([Task("nothing")], workers=1)
    assert [result.status for result in bad] == ["error"] * 4
    assert "cannot travel to another process" in bad[0].error
    assert "cannot be read here: ValueError: nobody reads this" in bad[1].error
    assert "cannot travel to another process" in bad[2].error
    assert "gone cannot be read: No such file" in bad[3].error
    assert good[0].status == "ok" and good[0].digest == "nothing 0"


def test_specs_are_taken_as_they_are_needed_and_closing_ends_all(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = {child.pid for child in multiprocessing.active_children()}
    taken = []
    endless = (taken.append(job.index) or job for job in map(lambda at: numbered([Task("process")])[0], itertools.count()))
    with closing(process.run(endless, Rules(workers=2, batch=3))) as results:
        workers = {next(results).stats["process"] for _ in range(10)}
        assert list(tmp_path.iterdir())
        during = {child.pid for child in multiprocessing.active_children()} - before
    assert workers <= during and len(during) == 2
    assert len(taken) <= (10 + 2 * 4 * 3) + 2 * 3  # what came, what was under way, and a batch begun
    assert not any(map(_runs, during))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("batch", [1, 50])
def test_specs_without_end_that_cannot_travel_are_not_all_taken(batch):
    taken = []
    specs = (taken.append(at) or Task("nothing", lambda: 1) for at in itertools.count())
    jobs = (Job(at, at, spec) for at, spec in enumerate(specs))
    with closing(process.run(jobs, Rules(workers=1, batch=batch))) as results:
        assert {result.status for result in itertools.islice(results, 3000)} == {"error"}
    assert len(taken) < 3000 + 2 * process.MOST_WAITING + 2 * batch


def test_a_run_that_is_over_leaves_no_process_and_no_file(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    workers = {result.stats["process"] for result in played([Task("process")] * 8, workers=2, batch=1)}
    assert workers and not any(map(_runs, workers)) and not list(tmp_path.iterdir())


def test_specs_that_raise_end_the_run():
    def specs():
        yield from numbered([Task("process")] * 3)
        raise LookupError("no more specs")

    before = {child.pid for child in multiprocessing.active_children()}
    with pytest.raises(LookupError, match="no more specs"):
        list(process.run(specs(), Rules(workers=1, batch=1)))
    assert not {child.pid for child in multiprocessing.active_children() if child.is_alive()} - before


def test_workers_that_die_before_they_begin_end_the_run(monkeypatch):
    monkeypatch.setattr(crew, "begin", dies_at_once)
    monkeypatch.setattr(process, "MOST_VAIN", 1)
    with pytest.raises(
        RollbackError, match=r"2 times in a row, and last the first one ended with exit code 9.*backend=\"serial\""
    ):
        list(process.run(iter(numbered([Task("nothing")])), Rules(workers=1)))


def test_a_limit_of_memory_is_refused_where_it_cannot_be_held(monkeypatch):
    monkeypatch.setattr(limits.sys, "platform", "darwin")
    with pytest.raises(UsageError, match=r"memory_mb=100 cannot be held on darwin: it needs Linux"):
        list(process.run(iter(()), Rules(memory_mb=100)))


def test_progress_is_told_once_a_match_also_in_batches():
    told: list[tuple[int, int | None]] = []
    specs = [MatchSpec(game=GOOD, frames=5)] * 50
    results = simulate(specs, backend="process", workers=1, batch=7, on_progress=lambda *each: told.append(each))
    assert told == [(done, 50) for done in range(1, 51)]
    assert results == simulate(specs)


SCRIPT = """
from rollback.sim import MatchSpec, simulate
from tests.sim.pool.bad_games import Good
class Mine(Good):
    pass
def main():
    results = simulate([MatchSpec(game={game!r}, frames=9)] * 6, backend="process", workers=1, batch=2)
    print([result.status for result in results], results[0].error)
{guard}main()
"""
MINE = "__main__:Mine"


@pytest.mark.parametrize(
    ("game", "guard", "told"),
    [
        (MINE, "if __name__ == '__main__': ", "['ok', 'ok', 'ok', 'ok', 'ok', 'ok'] \n"),
        (MINE, "", "starts a simulation whenever it is imported, and a worker has to import it: put that under"),
        (GOOD, "", "['ok', 'ok', 'ok', 'ok', 'ok', 'ok'] \n"),
    ],
)
def test_a_script_is_imported_by_a_worker_only_if_its_game_is_in_it(game, guard, told, tmp_path):
    script = tmp_path / "many.py"
    script.write_text(SCRIPT.format(game=game, guard=guard))
    assert told in run([str(script)])


def test_a_game_of_a_console_cannot_be_played_elsewhere_and_others_can():
    assert "write it into a file" in run(["-c", SCRIPT.format(game=MINE, guard="")])
    assert run(["-c", SCRIPT.format(game=GOOD, guard="")]).startswith("['ok', 'ok'")


def run(arguments):
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        timeout=120, check=True,
    )  # fmt: skip
    return done.stdout


LEFT = """
import sys
from concurrent.futures import ProcessPoolExecutor
from rollback.sim.pool.backends import executor, process
from rollback.sim.pool.job import Job, Rules
from tests.sim.pool.tasks import Task, numbered
if __name__ == "__main__":
    jobs, rules = iter(numbered([Task("process"), Task("dozing"), Task("dozing")])), Rules(workers=2, batch=1)
    if sys.argv[1] == "process":
        results = process.run(jobs, rules)
    else:
        results = executor.run(jobs, rules, factory=lambda: ProcessPoolExecutor(2))
    for result in results:
        raise KeyboardInterrupt  # it comes when the loop's own lines are run
"""


@pytest.mark.parametrize("backend", ["process", "executor"])
def test_a_program_that_leaves_a_run_open_ends_and_leaves_nothing_of_it(backend, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", LEFT, backend], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode != 0 and done.stderr.strip().splitlines()[-1] == "KeyboardInterrupt"
    assert not list(tmp_path.glob("rollback-pool-*"))


CHILDREN = """
from rollback.sim.pool.backends import process
from rollback.sim.pool.job import Job, Rules
from tests.sim.pool.tasks import Task, numbered
tasks = [Task("process"), Task("process"), Task("dozing"), Task("dozing")]
results = process.run(iter(numbered(tasks)), Rules(workers=2, batch=1))
print(next(results).stats["process"], flush=True)
for result in results:
    pass
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_and_no_file_is_left_when_the_parent_is_interrupted_or_killed(how, tmp_path):
    parent = subprocess.Popen(
        [sys.executable, "-c", CHILDREN], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert parent.stdout is not None
    with parent.stdout:
        worker = int(parent.stdout.readline())
        assert _runs(worker) and list(tmp_path.glob("rollback-pool-*"))
        parent.send_signal(how)
        assert parent.wait(timeout=60) != 0
    deadline = time.monotonic() + 60
    while _runs(worker) or list(tmp_path.glob("rollback-pool-*")):
        assert time.monotonic() < deadline, "something outlived the parent"
        os.sched_yield()


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
