"""`benchmarks/learning.py` prints the tables of the page on training, from what `rollback train` tells."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from rollback.agents.training import make_algorithm

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "benchmarks" / "learning.py"
PATIENCE = 100  # seconds on a busy machine; alone it takes three
GRIDWORLD = {
    "seed": 1,
    "processor_seconds": 0.7,
    "is_reached": True,
    "steps": 186_264,
    "success": 0.96,
    "steps_long": 300_000,
    "success_long": 0.975,
    "interval_long": [0.9428, 0.9893],
    "moves": 26.3026,
}
TETRIS = {"rows": 6, "seed": 1, "processor_seconds": 13.9, "is_reached": False, "pieces": 31_250, "games": 50, "lines": 598.0}
TETRIS |= {"interval": [597.0, 598.0], "tenth": 593.0, "least": 482.0, "newest": "newest.npz"}


@pytest.fixture(scope="module")
def learning():
    sys.path.insert(0, str(SCRIPT.parent))
    try:
        import learning as module

        yield module
    finally:
        sys.path.remove(str(SCRIPT.parent))
        sys.modules.pop("learning", None)


@pytest.fixture(scope="module")
def told(learning):
    match = {"seed": 1, "cut": 0, **{other: [0.5, 0.376, 0.624] for other in learning.OTHERS}}
    told = {"machine": {"python": "CPython", "system": "here"}, "matches": 60, "gridworld": [GRIDWORLD], "tetris": [TETRIS]}
    told |= {"look_seconds": 3.0, "versus": [match], "rows": [TETRIS | {"rows": 20}], "published": 18, "of": 60}
    return told | {"judging_us": {"loop": 42.0, "plain": 74.0}}


def words(*more):
    return [sys.executable, str(SCRIPT), "--quick", "--json", *more]


@pytest.mark.nightly
def test_a_quick_run_trains_by_the_command_and_names_the_machine():
    done = subprocess.run(words("--only", "gridworld"), capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    (row,) = found["gridworld"]
    assert (row["seed"], row["steps"], row["steps_long"]) == (1, 5_000, 10_000) and row["processor_seconds"] > 0
    assert found["machine"]["python"] and len(found["load"]) == 2
    low, high = row["interval_long"]
    assert 0 <= low <= row["success_long"] <= high <= 1


@pytest.mark.nightly
def test_a_quick_run_tells_of_tetris_and_of_its_matches_too():
    done = subprocess.run(words("--only", "tetris", "versus", "rows"), capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    (row,), (match,), (other,) = found["tetris"], found["versus"], found["rows"]
    assert (row["rows"], other["rows"], row["pieces"]) == (6, 10, 300) and row["least"] <= row["tenth"] <= row["lines"]
    for name in ("best", "rollback.games.bots:TetrisBot?skill=1"):
        share, low, high = match[name]
        assert 0 <= low <= share <= high <= 1
    assert found["of"] >= found["published"] and set(found["judging_us"]) == {"loop", "plain"}


def test_the_tables_it_prints_are_those_of_the_page(learning, told, capsys):
    learning.show(told | {"load": [0.2, 0.4]})
    printed = capsys.readouterr().out.splitlines()
    page = (ROOT / "docs" / "training.md").read_text(encoding="utf-8").splitlines()
    heads = [line for line, below in pairwise(printed) if below.startswith("| --- ")]
    assert len(heads) == 4 and set(heads) <= set(page)
    assert "| 1 | 0.7 | 186,264 | 96.0 % | 97.5 % | 94.3 to 98.9 % | 26.3 |" in printed
    assert "| 6, 1 | 13.9 | not in 31,250 | 598 | 597 to 598 | 593 | 482 |" in printed
    assert "| 1 | 50.0 % | 37.6 to 62.4 % | 50.0 % | 37.6 to 62.4 % |" in printed
    assert not any("busy" in line for line in printed)


def test_it_says_that_the_machine_was_busy(learning, told, capsys):
    learning.show(told | {"load": [0.2, 6.0]})
    assert "The machine was busy (load 0.2 to 6.0)" in capsys.readouterr().out


@pytest.mark.parametrize(("code", "is_fine"), [(0, True), (1, True), (2, False), (3, False)])
def test_a_training_that_missed_its_end_is_told_and_one_that_failed_ends_all(learning, monkeypatch, tmp_path, code, is_fine):
    def run(line, **_):
        return subprocess.CompletedProcess(line, code, '{"steps": 7}', "rollback: so it is\n1.26\n")

    monkeypatch.setattr(learning.subprocess, "run", run)
    if is_fine:
        assert learning.commanded(tmp_path, "tetris") == {"steps": 7, "processor_seconds": 1.3}
        return
    with pytest.raises(SystemExit, match="rollback train tetris failed: rollback: so it is"):
        learning.commanded(tmp_path, "tetris")


def test_a_figure_that_does_not_come_out_again_is_found_out(learning, tmp_path):
    training = make_algorithm("cross-entropy", "tetris", {"population": 8, "pieces": 10}, 1)
    training.checkpoint().save(tmp_path / "new.npz")
    found = training.evaluate(2)
    row = TETRIS | {"games": 2, "newest": str(tmp_path / "new.npz")}
    row |= {"lines": found["lines"], "tenth": found["lines_tenth"], "least": found["lines_least"]}
    assert learning.look(row) >= 0
    with pytest.raises(SystemExit, match="the checkpoint of seed 1 plays otherwise than rollback train told"):
        learning.look(row | {"lines": found["lines"] + 1})


def test_ways_that_do_not_choose_the_same_places_are_not_compared(learning, monkeypatch):
    assert set(learning.judging(30)) == {"loop", "plain"}
    monkeypatch.setattr(learning, "plainly", lambda board, piece: 0)
    with pytest.raises(SystemExit, match="do not choose the same places"):
        learning.judging(30)
