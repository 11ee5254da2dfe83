"""`rollback check` says yes or no, why, and with which code."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from rollback.cli.app import run
from tests.cli.terminal import LookedAtTerminal

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

class Hashing(Sound):
    def step(self, actions):
        super().step([hash("a word") % 100000, actions[1]])

class Box:
    def __init__(self, numbers): self.numbers = numbers

class Opaque(Sound):
    def save(self): return Box(list(self.numbers))
    def load(self, state): self.numbers = list(state.numbers)
    def digest(self): return self.numbers

class Broken(Sound):
    def step(self, actions): raise RuntimeError("there is no frame 0")
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
    said = capsys.readouterr().out
    assert said.count("  yes ") == 9
    assert "another process agrees" in said and "not asked" not in said


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


def test_what_it_costs_is_told_to_people_and_to_programs(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", f"{file}:Sound", "--frames", "50", "--no-other-process"]) == 0
    said = capsys.readouterr().out
    (line,) = [line for line in said.splitlines() if line.strip().startswith("what it costs")]
    assert "step " in line and "a prediction window of " in line and "a quarter of a 60 Hz frame" in line
    assert run(["check", f"{file}:Sound", "--frames", "50", "--no-other-process", "--json"]) == 0
    costs = json.loads(capsys.readouterr().out)["costs"]
    assert set(costs) == {"step_us", "save_us", "load_us", "snapshot_bytes", "window", "saver", "fps", "reach"}
    assert costs["snapshot_bytes"] > 10 and costs["saver"] == "every"


def test_other_processes_are_left_out_on_demand(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", f"{file}:Hashing", "--frames", "50", "--no-other-process"]) == 0
    assert "another process" not in capsys.readouterr().out
    assert run(["check", f"{file}:Hashing", "--frames", "50"]) == 1
    assert "  no  another process agrees" in capsys.readouterr().out


def test_a_question_that_cannot_be_asked_is_marked_and_explained(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", f"{file}:Opaque", "--frames", "50", "--no-other-process"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  -   ")]
    assert len(lines) == 3
    assert all("not asked, because the snapshots are opaque" in line for line in lines)


def test_a_game_that_raises_at_once_has_no_costs(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", f"{file}:Broken", "--frames", "50", "--no-other-process", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["costs"] is None and "there is no frame 0" in report["verdict"]


def test_a_game_that_raises_is_told_with_the_place_in_its_own_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "raising.py").write_text(
        "import json\n"
        "from rollback.games import Pong\n"
        "class Raising(Pong):\n"
        "    def step(self, actions):\n"
        "        super().step(actions)\n"
        "        json.loads('no')\n"
    )
    assert run(["check", f"{tmp_path / 'raising.py'}:Raising", "--frames", "20", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert "(raising.py, line 6)" in told["verdict"]
    places = [check for check in told["checks"] if "(raising.py, line 6)" in check["sentence"]]
    assert len(places) >= 5


def test_on_a_terminal_a_bar_tells_what_is_being_done_and_is_gone_in_the_end(monkeypatch, capsys) -> None:
    screen = LookedAtTerminal(100, 12)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    assert run(["check", "pong", "--frames", "20", "--no-other-process"]) == 0
    written = "".join(screen.written)
    assert "rollbacks of random depth" in written and "measuring what it costs" in written
    assert [line for line in screen.lines if line] == ["checking pong: 20 frames, rollbacks of 8"]
    assert "can be played with rollback" in capsys.readouterr().out
