"""`rollback stress`: what it says, writes and leaves with."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rollback.cli.app import run

ROOT = Path(__file__).resolve().parents[2]
BROKEN = """
from tests.sim.games import Mixer

class Deep(Mixer):
    def load(self, state):
        deep = self.steps - state[1] >= 3 and state[1] > 40
        super().load(state)
        self.value ^= deep
"""
QUICK = ["--frames", "60", "--workers", "1"]


@pytest.fixture
def broken(tmp_path: Path) -> str:
    (tmp_path / "deep_games.py").write_text(BROKEN)
    return f"{tmp_path / 'deep_games.py'}:Deep"


def values(capsys: pytest.CaptureFixture[str]):
    return json.loads(capsys.readouterr().out)


def test_a_sound_game_passes_on_every_profile(capsys):
    assert run(["stress", "--game", "tests.sim.games:Mixer", "--seeds", "1", "--profile", "mobile", *QUICK]) == 0
    said = capsys.readouterr()
    assert "all peers agreed on every frame: 1 matches, 60 frames" in said.out
    row = next(line for line in said.out.splitlines() if line.startswith("mobile"))
    assert " yes " in row and "…" not in said.out and row.endswith("%")
    assert said.err == ""


def test_the_json_tells_what_the_table_tells_and_more(capsys):
    arguments = ["--game", "duel", "--seeds", "2", "--profile", "wifi", "--json", *QUICK]
    assert run(["stress", *arguments]) == 0
    told = values(capsys)
    (profile,) = told["profiles"]
    assert told["passed"] and told["game"] == "duel" and told["failures"] == []
    assert profile["profile"] == "wifi" and profile["matches"] == 2 and profile["parity"] and profile["proves"]
    assert profile["rollbacks"] > 0 and profile["lost"] > 0 and profile["kib_per_second"] > 0


def test_one_worker_and_two_print_the_same(capsys):
    arguments = ["stress", "--game", "tests.sim.games:Mixer", "--players", "3", "--seeds", "3", "--frames", "60"]
    assert run([*arguments, "--profile", "poor", "--workers", "1"]) == 0
    one = capsys.readouterr().out
    assert run([*arguments, "--profile", "poor", "--workers", "2"]) == 0
    assert capsys.readouterr().out == one


def test_flags_make_a_link_of_ones_own_or_change_that_of_a_profile(capsys):
    assert run(["stress", "--seeds", "1", "--latency-ms", "60", "--loss", "0.3", "--json", *QUICK]) == 0
    (custom,) = values(capsys)["profiles"]
    assert custom["profile"] == "custom" and custom["lost"] == pytest.approx(0.3, abs=0.1)
    assert run(["stress", "--seeds", "1", "--profile", "lan", "--loss", "0.3", "--json", *QUICK]) == 0
    (changed,) = values(capsys)["profiles"]
    assert changed["profile"] == "lan" and changed["lost"] > 0.2


def test_a_profile_can_be_a_file(tmp_path, capsys):
    path = tmp_path / "home.json"
    path.write_text('{"latency_ms": 80, "loss": 0.2}')
    assert run(["stress", "--seeds", "1", "--profile", str(path), "--json", *QUICK]) == 0
    (profile,) = values(capsys)["profiles"]
    assert profile["profile"] == "home" and profile["lag"] > 3


def test_matches_that_prove_nothing_are_no_success(capsys):
    assert run(["stress", "--seeds", "1", "--latency-ms", "1", "--input-delay", "5", *QUICK]) == 1
    said = capsys.readouterr().out
    assert "no proof" in said and "custom proves nothing, for nothing was rolled back" in said
    assert run(["stress", "--seeds", "1", "--latency-ms", "1", "--input-delay", "5", "--json", *QUICK]) == 1
    assert values(capsys)["profiles"][0]["premises"] == ["nothing was rolled back"]


def test_a_broken_game_fails_with_the_command_that_shows_it_again(broken, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["stress", "--game", broken, "--profile", "mobile", "--seeds", "2", "--frames", "120", "--workers", "1"]) == 1
    said = capsys.readouterr().out
    assert "2 of 2 matches failed" in said and "2 fail" in said and "states: frame 4" in said
    command = next(line.strip() for line in said.splitlines() if line.strip().startswith("rollback stress"))
    assert "--seed 0" in command and "--seeds 1" in command and "--shrink failing-0.json" in command
    assert run(shlex.split(command)[1:]) == 1
    told = capsys.readouterr()
    assert "1 of 1 matches failed" in told.out and "rollback stress --replay failing-0.json" in told.err
    small = json.loads((tmp_path / "failing-0.json").read_text())
    assert small["frames"] < 60 and "loss" not in small.get("link", {}) and small["failing"] == "states"


def test_a_written_match_is_replayed_until_it_passes(broken, capsys, tmp_path):
    path = str(tmp_path / "small.json")
    arguments = ["--game", broken, "--profile", "mobile", "--seeds", "1", "--frames", "120", "--workers", "1"]
    assert run(["stress", *arguments, "--shrink", path]) == 1
    capsys.readouterr()
    assert run(["stress", "--replay", path, "--game", broken]) == 1
    said = capsys.readouterr().out
    assert said.startswith("states: frame 4") and "failed:" in said
    assert run(["stress", "--replay", path, "--game", "tests.sim.games:Mixer"]) == 0
    assert "all peers agreed" in capsys.readouterr().out
    assert run(["stress", "--replay", path, "--game", broken, "--json"]) == 1
    assert values(capsys)["failures"][0]["oracle"] == "states"


def test_a_file_of_somebody_else_does_not_run_another_file(broken, capsys, tmp_path):
    path = tmp_path / "theirs.json"
    path.write_text(json.dumps({"format": 1, "game": broken, "frames": 5}))
    assert run(["stress", "--replay", str(path)]) == 2
    assert "give it yourself as --game" in capsys.readouterr().err


def test_fail_fast_leaves_at_the_first_failure(broken, capsys):
    arguments = ["--game", broken, "--profile", "mobile", "--seeds", "9", "--frames", "120", "--fail-fast", "--json"]
    for workers in ("1", "2"):
        assert run(["stress", *arguments, "--workers", workers]) == 1
        told = values(capsys)
        assert told["profiles"][0]["matches"] == 1 and [each["seed"] for each in told["failures"]] == [0]


def test_without_a_failure_nothing_is_shrunk(capsys, tmp_path):
    path = tmp_path / "small.json"
    assert run(["stress", "--seeds", "1", "--profile", "wifi", "--shrink", str(path), *QUICK]) == 0
    assert f"no match failed: nothing is written to {path}" in capsys.readouterr().err and not path.exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--profile", "mobil"], "there is no profile 'mobil', did you mean mobile?"),
        (["--profile", "nowhere.json"], "nowhere.json cannot be read: No such file or directory"),
        (["--game", "ponk"], "there is no game called 'ponk', did you mean pong?"),
        (["--players", "3"], "pong is a game for 2 players, not for 3"),
        (["--replay", "nowhere.json"], "nowhere.json cannot be read"),
        (["--replay", '{"format": 1'], "--replay takes a file, or a JSON object, and this is none"),
        (["--replay", '{"game": "pong"}'], "this is no match to replay"),
        (["--game", "tests.sim.pool.games:Alone"], "Alone is a game for one player, and stress plays it over a network"),
        (["--loss", "2"], "--loss must be"),
        (["--seeds", "0"], "--seeds must be"),
    ],
)
def test_wrong_use_is_one_sentence(arguments, says, capsys):
    assert run(["stress", *arguments]) == 2
    said = capsys.readouterr()
    assert says in said.err and said.out == "" and len(said.err.splitlines()) == 1


def test_a_file_that_is_no_json_is_told(tmp_path, capsys):
    path = tmp_path / "home.json"
    path.write_text("latency: 50")
    assert run(["stress", "--profile", str(path)]) == 2
    assert f"{path} is no JSON" in capsys.readouterr().err


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_ctrl_c_leaves_at_once_and_no_process_stays(workers):
    program = subprocess.Popen(
        [sys.executable, "-c", "from rollback.cli import main; main()", "stress", "--seeds", "2000", "--workers", "3"],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    children: list[int] = []
    deadline = time.monotonic() + 60
    while len(children) < workers:  # as they are started, one after another
        assert time.monotonic() < deadline and program.poll() is None
        children = [int(word) for word in Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text().split()]
        os.sched_yield()
    program.send_signal(signal.SIGINT)
    out, err = program.communicate(timeout=60)
    assert program.returncode in (130, -signal.SIGINT) and out == ""
    assert "Traceback" not in err
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() < deadline, "a worker outlived the command"
        os.sched_yield()
