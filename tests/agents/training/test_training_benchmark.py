"""`benchmarks/training.py` measures what it says: the same learning, bare and as it is driven."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks"
PATIENCE = 100  # seconds on a busy machine; alone it takes one


@pytest.fixture(scope="module")
def benchmark():
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import training as module

        yield module
    finally:
        sys.path.remove(str(BENCHMARKS))
        sys.modules.pop("training", None)


def test_a_quick_run_names_all_it_measures_and_the_machine():
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "training.py"), "--quick", "--json"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=BENCHMARKS.parent,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {"bare", "training"} <= set(found["steps_per_second"]) == set(found["of_bare"])
    assert found["of_bare"]["bare"] == 1 and all(rate > 0 for rate in found["steps_per_second"].values())
    assert (found["asked"], found["steps"], found["rounds"]) == (0.95, 20_000, 1)
    assert len(found["load"]) == 2 and found["machine"]["python"]


def test_the_bare_loop_learns_the_very_same(benchmark):
    one, other = benchmark.bare(30_000), benchmark.training(30_000)
    assert one == other
    assert sum(any(row) for row in one) > 100, "the premise: much of the map was met"


def test_contenders_that_do_not_learn_the_same_are_not_compared(benchmark, monkeypatch):
    monkeypatch.setitem(benchmark.CONTENDERS, "training", lambda steps: [[1.0]])
    with pytest.raises(SystemExit, match="did not learn the same"):
        benchmark.measured(["bare", "training"], 500, 1)
