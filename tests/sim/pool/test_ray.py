"""Matches on Ray: the same results, through the death of workers. One Ray for all of these tests: it takes seconds to start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import types
from contextlib import closing
from pathlib import Path

import pytest

from rollback.errors import MissingPackage, NetworkError, UsageError
from rollback.sim import Link, MatchSpec, isimulate, simulate
from rollback.sim.pool.backends import ray as backend
from rollback.sim.pool.backends import ray_cluster, serial
from rollback.sim.pool.backends.ray_cluster import Surroundings, cluster
from rollback.sim.pool.job import Rules
from tests.sim.pool import ray_processes
from tests.sim.pool.tasks import Task, numbered

ROOT = Path(__file__).resolve().parents[3]
LOSSY = Link(latency_ms=40, jitter_ms=30, loss=0.1)
GOOD = "tests.sim.pool.bad_games:Good"


def bad(name):
    return MatchSpec(game=f"tests.sim.pool.bad_games:{name}", frames=6)


def played(specs, **rules):
    jobs = numbered(specs)
    results = list(backend.run(iter(jobs), Rules(matches=len(jobs), **rules)))
    assert sorted(result.index for result in results) == list(range(len(jobs)))  # none twice, none lost
    return sorted(results, key=lambda result: result.index)


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A Ray of two workers, which the backend takes for the user's own; what it leaves is looked at when it has ended."""
    patch = pytest.MonkeyPatch()
    patch.delenv("RAY_ADDRESS", raising=False)
    patch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")
    patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("temporary")))  # too long for the sockets of Ray
    patch.setattr(tempfile, "tempdir", None)
    before = ray_processes.children()
    handler = signal.getsignal(signal.SIGTERM)
    variables = dict(os.environ)
    with cluster(2) as connected:
        assert signal.getsignal(signal.SIGTERM) is handler
        told = {name for name in os.environ if os.environ[name] != variables.get(name)}
        assert told <= {"RAY_CLIENT_MODE", "RAY_AUTH_MODE"}
        assert connected.folder is not None and connected.folder.is_dir()
        yield connected, before
        processes = ray_processes.of_ray(before)
        assert len(processes) > 5
    assert not connected.ray.is_initialized() and not connected.folder.exists()
    assert not [each for each in processes if each.is_running()]
    assert not ray_processes.folders()
    patch.undo()


def test_it_comes_to_the_results_of_the_reference(here):
    specs = [
        MatchSpec(game=game, frames=40, link=link, tags={"game": game})
        for game in ("pong", "duel", "gridworld", "tetris")
        for link in (None, LOSSY)
        for _ in range(3)
    ]
    reference = list(serial.run(iter(numbered(specs)), Rules()))
    assert len({result.digest for result in reference}) == len(specs)
    assert any(result.stats.get("rollbacks") for result in reference)
    assert played(specs, workers=2, batch=5) == reference
    assert played(specs) == reference
    assert simulate(specs, seed=3, backend="ray", workers=1) == simulate(specs, seed=3)


def test_nothing_of_it_is_open_to_another_machine_or_asks_one(here):
    _, before = here
    processes = ray_processes.of_ray(before)
    assert ray_processes.addresses(processes) == {"127.0.0.1"}
    for each in processes:
        name = Path(each.cmdline()[0]).name
        if name in ("raylet", "gcs_server"):
            told = ray_processes.environment(each)
            assert told["RAY_USAGE_STATS_ENABLED"] == "0"
            assert told["http_proxy"] == told["HTTP_PROXY"] == told["https_proxy"] == ray_cluster.NOWHERE


@pytest.mark.nightly  # the same in test_executor.py; here Ray takes a while to tell of each dead worker
def test_each_bad_match_is_blamed_for_what_it_did_and_no_other(here):
    specs = [MatchSpec(game=GOOD, frames=6) for _ in range(60)]
    reference = simulate(specs)
    blamed = {3: bad("Poison"), 20: Task("dozing"), 41: bad("Interrupter"), 50: bad("Terminated")}
    for index, spec in blamed.items():
        specs[index] = spec
    results = simulate(specs, backend="ray", workers=2, batch=10, timeout=2, retries=1)
    told = {index: (results[index].status, results[index].attempts) for index in blamed}
    assert told == {3: ("crashed", 2), 20: ("timeout", 1), 41: ("error", 1), 50: ("crashed", 2)}
    assert "worker died" in results[3].error and "2 times" in results[3].error
    assert "in dozing" in results[20].error and "timeout=2 s" in results[20].error  # it ran in another process
    assert "KeyboardInterrupt" in results[41].error
    assert [each for each in results if each.index not in blamed] == [each for each in reference if each.index not in blamed]


def test_workers_that_are_killed_cost_no_match(here, capfd):
    _, before = here
    specs = [MatchSpec(game=GOOD, frames=200) for _ in range(120)]
    killed, done = [], []

    def kill(result):
        done.append(result.index)
        there = ray_processes.workers(before)
        if len(done) in (20, 70) and there:
            killed.append(there[-1])
            os.kill(there[-1], signal.SIGKILL)

    results = simulate(specs, seed=5, backend="ray", workers=2, batch=4, on_result=kill)
    assert len(killed) == 2 and sorted(done) == list(range(120))
    assert [each.digest for each in results] == [each.digest for each in simulate(specs, seed=5)]
    assert {each.status for each in results} == {"truncated"} or {each.status for each in results} == {"ok"}
    assert capfd.readouterr() == ("", "")  # Ray's own words about it go to stdout


@pytest.mark.nightly  # the same in test_executor.py
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited on Linux only")
def test_what_matches_leave_in_memory_makes_no_error_of_an_innocent_one(here):
    results = simulate([bad("Leak")] * 5 + [bad("Hog")], backend="ray", workers=1, memory_mb=200, batch=6)
    assert [(each.status, each.attempts) for each in results] == [("ok", 1)] * 5 + [("error", 1)]
    assert "MemoryError" in results[5].error


def test_what_travels_with_a_match_reaches_every_worker(here, tmp_path):
    file = tmp_path / "checkpoint"
    file.write_text("weights")
    specs = [Task("parcel", given={"a": file, "b": b"x" * 200_000})] * 12
    assert {str(each.stats) for each in played(specs, workers=2, batch=2)} == {str({"a": "weights", "b": "x" * 200_000})}
    (result,) = played([Task("parcel", given={"a": tmp_path / "absent"})])
    assert result.status == "error" and "absent cannot be read" in result.error


def test_what_cannot_travel_is_an_error_of_its_own_match(here):
    results = played(
        [Task("nothing"), Task("nothing", value=lambda: 0), Task("unread"), Task("untold"), Task("nothing")], batch=5
    )
    assert [each.status for each in results] == ["ok", "error", "error", "error", "ok"]
    assert "cannot travel" in results[1].error and "nobody reads this" in results[2].error


def test_closing_it_ends_what_is_under_way_and_leaves_the_users_ray(here):
    connected, _ = here
    specs = [MatchSpec(game=GOOD, frames=6)] * 3 + [bad("Hanger")] * 5
    with closing(isimulate(specs, backend="ray", workers=2, batch=1)) as results:
        assert next(results).status == "ok"
    assert connected.ray.is_initialized()
    assert not ray_processes.folders()
    assert len(played([Task("process")] * 4, workers=2)) == 4  # the workers that hung are free again


def test_an_error_of_the_specs_ends_the_run(here):
    def specs():
        yield from [MatchSpec(game=GOOD, frames=6)] * 5
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        simulate(specs(), backend="ray", workers=2)


def test_a_worker_takes_over_what_its_caller_is_surrounded_by(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("http_proxy", "nowhere")
    monkeypatch.setenv("https_proxy", "nowhere")
    Surroundings(
        (("http_proxy", None), ("https_proxy", "http://proxy.invalid")),
        str(tmp_path),
        (str(tmp_path), str(tmp_path / "absent")),
    ).take_over()
    assert "http_proxy" not in os.environ and os.environ["https_proxy"] == "http://proxy.invalid"
    assert Path.cwd() == tmp_path and sys.path[0] == str(tmp_path) and str(tmp_path / "absent") not in sys.path
    Surroundings(folder=str(tmp_path / "absent")).take_over()
    assert Path.cwd() == tmp_path


def test_without_ray_the_line_that_installs_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingPackage, match=r'^playing on Ray needs the package ray: pip install "rollback\[ray\]"$'):
        simulate([MatchSpec(game=GOOD)], backend="ray")


def test_nothing_is_imported_before_it_is_asked_for():
    code = "import sys, rollback.sim, rollback.sim.pool.backends.ray; sys.exit('ray' in sys.modules or 'psutil' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60).returncode == 0


@pytest.mark.parametrize("address", ["127.0.0.1:9", "ray://127.0.0.1:9"])
def test_a_cluster_that_does_not_answer_is_told_by_its_address(monkeypatch, address):
    class Nothing(Exception):
        pass

    absent = types.SimpleNamespace(is_initialized=lambda: False, exceptions=types.SimpleNamespace(RayError=Nothing))
    monkeypatch.setattr(ray_cluster, "_package", lambda: absent)
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(NetworkError, match=rf"no Ray cluster answers at RAY_ADDRESS={address}: .*refused.*; unset it to play"):
        simulate([MatchSpec(game=GOOD)], backend="ray")


def test_what_it_cannot_hold_is_refused_before_ray_is_imported(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match="cannot be held on darwin"):
        simulate([MatchSpec(game=GOOD)], backend="ray", memory_mb=100)
