"""`rollback check` says yes or no, why, and with which code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rollback.cli.app import run

GAME = """
import itertools

class Sound:
    players = 2
    def __init__(self): self.numbers = [0, 0]
    def reset(self, seed): self.numbers = [seed, 0]
    def step(self, actions): self.numbers = [n + a for n, a in zip(self.numbers, actions)]
    def save(self): return {"numbers": list(self.numbers)}
    def load(self, state): self.numbers = list(state["numbers"])

class Forgetful(Sound):
    count = 0
    def step(self, actions):
        super().step(actions)
        self.count += 1
        self.numbers[1] += self.count
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "games_to_check.py").write_text(GAME)
    return str(tmp_path / "games_to_check.py")


@pytest.mark.parametrize("name", ["pong", "duel"])
def test_the_built_in_games_pass(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", name, "--frames", "60"]) == 0
    said = capsys.readouterr()
    assert "can be played with rollback" in said.out
    assert "no " not in [line.split("  ")[0] for line in said.out.splitlines()]
    assert said.err == f"checking {name}: 60 frames, rollbacks of 8\n"


def test_a_sound_game_of_ones_own_passes(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", f"{file}:Sound", "--frames", "50"]) == 0
    assert capsys.readouterr().out.count("  yes ") == 6


def test_a_forgetful_one_is_told_with_frame_and_paths(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", f"{file}:Forgetful", "--frames", "50"]) == 1
    said = capsys.readouterr().out
    assert "  no  " in said
    assert "numbers[1]: " in said
    assert "frame" in said
    assert "Forgetful would not stay the same on two computers." in said


def test_a_program_reads_json(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", f"{file}:Forgetful", "--frames", "50", "--json"]) == 1
    said = capsys.readouterr()
    report = json.loads(said.out)
    assert said.err == ""
    assert report["passed"] is False
    bad = [check for check in report["checks"] if not check["passed"]]
    assert all(isinstance(check["frame"], int) for check in bad)
    assert {difference["path"] for check in bad for difference in check["differences"]} == {"numbers[1]"}


def test_distance_and_seed_are_heeded(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "pong", "--frames", "30", "--distance", "3", "--seed", "9", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["distance"], report["frames"]) == (3, 30)
    assert any(check["name"] == "rollback of 3 every frame" for check in report["checks"])
