"""Every example runs, is short, and says what it is."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
LIMIT = 60.0  # seconds: each takes less than ten on a machine that has nothing else to do


def test_there_are_examples():
    assert {"loopback.py", "two_players.py"} <= {path.name for path in EXAMPLES}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_to_its_good_end(path, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", str(path)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
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
def test_the_matches_of_the_examples_hold_rollbacks_and_agree(name, says, tmp_path):
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / f"{name}.py")],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert f"{says} in the same state" in done.stdout
    counts = [int(line.split(" rollbacks")[0].split()[-1]) for line in done.stdout.splitlines() if "rollbacks" in line]
    assert len(counts) == 2 and min(counts) > 3
