"""Every example runs, is short, and says what it is."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
LIMIT = 60.0  # seconds: each takes less than ten on a machine that has nothing else to do


def test_there_are_examples():
    assert {"loopback.py", "two_players.py", "gym_netplay.py"} <= {path.name for path in EXAMPLES}


def ran(path, tmp_path, *arguments):
    """Run an example as its reader would, with a temporary folder of its own."""
    return subprocess.run(
        [sys.executable, "-W", "error", str(path), *arguments],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_to_its_good_end(path, tmp_path):
    done = ran(path, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert done.stdout.strip()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_one_short_file_that_says_how_to_run_it(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 60
    told = ast.get_docstring(ast.parse(text)) or ""
    assert f"python examples/{path.name}" in told and "You will see" in told


@pytest.mark.parametrize(("name", "says"), [("loopback", "both sides end"), ("two_players", "both players end")])
@pytest.mark.nightly
def test_the_matches_of_the_examples_hold_rollbacks_and_agree(name, says, tmp_path):
    done = ran(ROOT / "examples" / f"{name}.py", tmp_path)
    assert f"{says} in the same state" in done.stdout
    counts = [int(line.split(" rollbacks")[0].split()[-1]) for line in done.stdout.splitlines() if "rollbacks" in line]
    assert len(counts) == 2 and min(counts) > 3


@pytest.mark.nightly
def test_the_trained_agent_knows_the_way_and_wins_its_race(tmp_path):
    done = ran(ROOT / "examples" / "train_and_play.py", tmp_path)
    before, after = (int(share) for share in re.findall(r"(\d+)% of the goals", done.stdout))
    assert before < 20 and after >= 95, done.stdout
    counts = re.search(r"(\d+) and (\d+) rollbacks; goals reached: \[(\d+), (\d+)\]", done.stdout)
    assert counts is not None and max(int(counts[1]), int(counts[2])) > 3 and int(counts[4]) > int(counts[3])
    assert "both ended in the same state" in done.stdout


@pytest.mark.nightly
def test_the_data_sets_of_an_environment_are_complete_and_alike_though_frames_were_guessed(tmp_path):
    """MountainCar has a no-op, so it is guessed, and needs no package that CartPole does not."""
    done = ran(ROOT / "examples" / "gym_netplay.py", tmp_path, "MountainCar-v0")
    assert "actions that are late are guessed" in done.stdout and "both files say the same" in done.stdout, done.stderr
    files = sorted(tmp_path.rglob("player_*.npz"))
    assert [file.name for file in files] == ["player_0.npz", "player_1.npz"]
    mine, other = (dict(np.load(file)) for file in files)
    assert mine["frame"].tolist() == list(range(150))
    assert mine["predicted"].max() == other["predicted"].max() == 1, "the premise: something was guessed"
    assert mine["rollback_depth"].max() > 0
    for name in ("frame", "episode", "reward", "observation_0", "observation_1", "action_0", "action_1"):
        assert mine[name].tobytes() == other[name].tobytes(), name
    assert (mine["observation_0"][0] == mine["observation_1"][0]).all(), "a race begins alike"
    assert (mine["action_0"] != mine["action_1"]).any()
