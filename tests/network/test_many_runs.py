"""`benchmarks/many_runs.py` measures what it says: a studio with many runs in its folder, and a log that grows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rollback.agents.checkpoints import Runs
from rollback.studio.history import BEGINNING, read_rows

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
PATIENCE = 100  # seconds on a busy machine; alone it takes two


@pytest.fixture
def many_runs(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import many_runs as module

    yield module
    sys.modules.pop("many_runs", None)


def test_a_quick_run_names_all_it_measures_and_the_machine():
    words = [sys.executable, str(BENCHMARKS / "many_runs.py"), "--quick", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, cwd=BENCHMARKS.parent)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["runs"] == found["listed"] == 20, "a page was told of every run"
    assert found["snapshot_kb"] > 2 and found["start_ms"] > 0 and found["look_ms"] > 0
    assert 0 < found["lines"] < found["episodes"] and 0 < found["log_mb"] <= found["log_most_mb"]
    assert found["machine"]["python"] and found["load"] >= 0


def test_the_runs_it_makes_have_a_log_and_a_checkpoint_as_trained_ones_have(many_runs, tmp_path):
    runs = many_runs.filled(tmp_path, 2)
    found = [runs.find(f"run-{number}") for number in range(2)]
    assert [run.facts()["seed"] for run in found] == [0, 1]
    for run in found:
        newest = run.newest()
        assert newest is not None and newest.checkpoint.step == 5000
        assert [row[0] for row in read_rows(run, BEGINNING, 10**6)[0]] == list(range(1, many_runs.EPISODES + 1))


def test_all_episodes_are_still_counted_in_the_log_it_thins(many_runs, tmp_path, monkeypatch):
    from rollback.studio import thinning

    for name, value in (("GROUPS", 8), ("NEWEST", 16), ("TURN", 64)):
        monkeypatch.setattr(thinning, name, value)
    monkeypatch.setattr(many_runs, "TURN", 64)
    found = many_runs.thinned(tmp_path, 3)
    rows = read_rows(Runs(tmp_path).find("long"), BEGINNING, 10**6)[0]
    assert found["episodes"] == 192 == sum(row[5].get("of", 1) if len(row) > 5 else 1 for row in rows)
    assert found["lines"] == len(rows) < 100 and found["log_most_mb"] >= found["log_mb"]
