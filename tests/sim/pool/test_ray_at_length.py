"""Ray at full length: every built-in game, fifty killed workers, a node that dies, Ctrl-C. For the night."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import psutil
import pytest

from rollback.sim import Link, MatchSpec, simulate
from rollback.sim.pool.backends import ray_cluster
from rollback.sim.pool.backends.ray_cluster import cluster
from tests.sim.pool import ray_processes

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[3]
LOSSY = Link(latency_ms=40, jitter_ms=30, loss=0.1)
GOOD = "tests.sim.pool.bad_games:Good"
MATCHES = 2000
KILLS = 50


@pytest.fixture(scope="module")
def here():
    before = ray_processes.children()
    with cluster(2) as connected:
        yield connected, before


@pytest.mark.parametrize("link", [None, LOSSY], ids=["alone", "lossy"])
@pytest.mark.parametrize("game", ["pong", "duel", "gridworld", "tetris"])
def test_two_thousand_matches_of_each_game_come_out_as_one_after_the_other(here, game, link):
    specs = [MatchSpec(game=game, frames=24, link=link)] * MATCHES
    reference = simulate(specs, seed=11)
    assert len({each.digest for each in reference}) == MATCHES
    assert link is None or sum(each.stats["rollbacks"] for each in reference) > MATCHES
    assert simulate(specs, seed=11, backend="ray", workers=2) == reference


def test_fifty_killed_workers_cost_no_match(here):
    _, before = here
    specs = [MatchSpec(game=GOOD, frames=400)] * MATCHES
    killed, done = [], []

    def kill(result):
        done.append(result.index)
        there = [pid for pid in ray_processes.workers(before) if pid not in killed] if len(done) > 30 * len(killed) else []
        if there and len(killed) < KILLS:
            killed.append(there[len(killed) % len(there)])
            os.kill(killed[-1], signal.SIGKILL)

    results = simulate(specs, seed=5, backend="ray", workers=2, batch=8, on_result=kill)
    assert len(set(killed)) == KILLS
    assert sorted(done) == list(range(MATCHES))
    assert [(each.status, each.digest) for each in results] == [(each.status, each.digest) for each in simulate(specs, seed=5)]


def test_one_poison_match_among_two_thousand_is_the_only_one_that_crashes(here):
    specs = [MatchSpec(game=GOOD, frames=6) for _ in range(MATCHES)]
    reference = simulate(specs)
    specs[777] = MatchSpec(game="tests.sim.pool.bad_games:Poison", frames=6)
    results = simulate(specs, backend="ray", workers=2)
    assert (results[777].status, results[777].attempts, results[777].seed) == ("crashed", 3, reference[777].seed)
    assert results[:777] + results[778:] == reference[:777] + reference[778:]


NODES = """
    import os, signal, sys
    from ray.cluster_utils import Cluster
    from rollback.sim import MatchSpec, simulate
    from tests.sim.pool.tasks import Task

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    other = made.add_node(num_cpus=1)
    os.environ["RAY_ADDRESS"] = made.address
    specs = [MatchSpec(game="tests.sim.pool.bad_games:Good", frames=400)] * 1000
    ended, done = [], []

    def end(result):
        done.append(result.index)
        if len(done) == 300:
            made.remove_node(other, allow_graceful=False)
            ended.append(other)

    results = simulate(specs, seed=5, backend="ray", batch=4, on_result=end)
    assert ended and sorted(done) == list(range(1000))
    assert results == simulate(specs, seed=5), [each for each in results if each.status != "ok" or each.attempts != 1]

    # What a watchdog writes reaches the caller from another node, too.
    made.add_node(num_cpus=1)
    hung = simulate([Task("dozing")] * 4, backend="ray", batch=1, timeout=3)
    assert {(each.status, "in dozing" in each.error) for each in hung} == {("timeout", True)}, hung

    import ray
    assert not ray.is_initialized()  # let go of, and still there:
    assert simulate(specs[:20], seed=5, backend="ray") == results[:20]
    made.shutdown()
    print("nothing is lost")
"""


def run(code, tmp_path, **more):
    file = tmp_path / "script.py"
    file.write_text(textwrap.dedent(code))
    variables = {**os.environ, **ray_cluster.QUIET, **ray_cluster.PROXIES, **ray_cluster.NEAR, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-W", "ignore::ResourceWarning", str(file)],
        cwd=ROOT, env=variables, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more,
    )  # fmt: skip


def test_a_node_that_dies_in_the_middle_costs_no_match(tmp_path):
    with run(NODES, tmp_path) as process:
        try:
            out, err = process.communicate(timeout=300)
        finally:
            process.kill()
    assert process.returncode == 0 and "nothing is lost" in out, err


PRESSED = """
    from rollback.sim import MatchSpec, isimulate
    from tests.sim.pool.tasks import Task

    if __name__ == "__main__":
        specs = [MatchSpec(game="tests.sim.pool.bad_games:Good", frames=6)] * 2
        specs += [Task("dozing"), MatchSpec(game="tests.sim.pool.bad_games:Hanger", frames=6)] * 9
        for result in isimulate(specs, backend="ray", workers=2, batch=1):
            print(result.index, flush=True)
"""


def test_ctrl_c_leaves_no_process_and_no_file(tmp_path):
    temporary = tempfile.mkdtemp(prefix="r")  # short: the sockets of Ray lie in it
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", temporary)
        with run(PRESSED, tmp_path, start_new_session=True) as process:
            try:
                assert process.stdout.readline() and process.stdout.readline()
                there = psutil.Process(process.pid).children(recursive=True)
                assert len(there) > 5
                os.killpg(process.pid, signal.SIGINT)  # as a terminal does
                _, err = process.communicate(timeout=60)
            finally:
                process.kill()
    assert "KeyboardInterrupt" in err and process.returncode != 0
    assert not [each for each in there if each.is_running() and each.status() != "zombie"]
    assert os.listdir(temporary) == []
    os.rmdir(temporary)


BY_ITSELF = """
    import os
    import sys
    from dataclasses import dataclass

    from rollback.sim import MatchSpec, simulate
    from rollback.sim.pool.played import Played
    from tests.sim.pool.tasks import Task

    @dataclass(frozen=True)
    class Own(Task):
        def play(self, seed, shared):
            return Played(str(seed), stats={"proxy": os.environ.get("http_proxy"), "folder": os.getcwd()})

    if __name__ == "__main__":
        os.chdir(sys.argv[0].rpartition("/")[0])
        specs = [MatchSpec(game="own.py:Mine", frames=6)] * 10 + [Own("own")] * 10
        results = simulate(specs, backend="ray", workers=2)
        assert results == simulate(specs), results
        print({each.status for each in results}, results[-1].stats["proxy"])
"""


def test_a_run_by_itself_starts_ray_and_ends_it_and_its_workers_see_what_the_caller_sees(tmp_path, monkeypatch):
    (tmp_path / "own.py").write_text("from tests.sim.pool.bad_games import Good\nclass Mine(Good): pass\n")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(ray_cluster, "PROXIES", {"http_proxy": "http://proxy.invalid:3128"})
    with run(BY_ITSELF, tmp_path) as process:
        try:
            out, err = process.communicate(timeout=120)
        finally:
            process.kill()
    assert (out, err) == ("{'ok'} http://proxy.invalid:3128\n", "")
