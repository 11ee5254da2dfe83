"""The example that stresses a game of the user's own: its tests run under pytest, its table shows every network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from rollback.cli.app import run
from rollback.sim.profiles import PROFILES

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "stress_my_game.py"


def outcome(*arguments: str, cwd: Path, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_its_tests_run_with_the_fixtures_of_the_package(tmp_path):
    path = tmp_path / "stress_my_game.py"
    path.write_text(EXAMPLE.read_text())
    said = outcome("-m", "pytest", "-q", "-p", "no:cacheprovider", str(path), cwd=tmp_path)
    assert "3 passed" in said


def test_its_tests_find_a_load_that_forgets_the_fields(tmp_path):
    whole = 'self.fields, self.hits = state["fields"][:], state["hits"][:]'
    text = EXAMPLE.read_text()
    assert whole in text
    path = tmp_path / "stress_my_game.py"
    path.write_text(text.replace(whole, 'self.hits = state["hits"][:]'))
    said = outcome("-m", "pytest", "-q", "-p", "no:cacheprovider", str(path), cwd=tmp_path, code=1)
    assert "3 failed" in said and "the match came apart" in said and "fields" in said


def test_its_table_has_a_line_for_every_network(tmp_path):
    lines = outcome("-W", "error", str(EXAMPLE), cwd=tmp_path).splitlines()
    assert [line.split()[0] for line in lines[:-1]] == list(PROFILES)
    assert lines[-1] == "all peers agree on every frame"
    assert all(int(line.split()[1]) > 20 for line in lines[:-1]), "the premise: each rolls back"


def test_its_game_can_be_named_to_the_command(capsys):
    arguments = ["--seeds", "2", "--profile", "wifi", "--frames", "90", "--workers", "1"]
    assert run(["stress", "--game", f"{EXAMPLE}:Tag", *arguments]) == 0
    assert "all peers agreed on every frame: 2 matches, 180 frames" in capsys.readouterr().out
