"""`rollback train`: what it says, keeps, goes on with, and refuses."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rollback.agents.checkpoints import Checkpoint, Runs
from rollback.agents.playing import policy_from
from rollback.agents.training.q_learning import QLearning
from rollback.cli.app import run
from rollback.envs.names import game_factory

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test has a folder of its own, with its ./runs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def trained(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    """Return what `rollback train --json` prints."""
    assert run(["train", *words, "--json"]) == code, capsys.readouterr().err
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_it_trains_keeps_what_it_learned_and_says_how_well_it_plays(here: Path, capsys):
    told = trained(capsys, "gridworld?layout=rooms", "--steps", "60000", "--name", "first")
    assert told["run"] == "first" and told["algorithm"] == "q-learning" and told["steps"] == 60_000
    assert told["evaluation"]["success"] == 1.0 and told["evaluation"]["held_out"] == 1.0
    low, high = told["interval"]
    assert 0.8 < low < 1.0 and high == 1.0, "26 starts do not make it certain"
    assert told["reached"] is None and not told["interrupted"]
    assert Checkpoint.load(here / told["newest"]).step == 60_000
    assert Checkpoint.load(here / told["best"]).metrics["success"] == 1.0
    (listed,) = Runs("runs").listed()
    assert listed.facts["environment"] == "gridworld?layout=rooms" and listed.facts["seed"] == 1


def test_the_same_command_makes_the_same_checkpoint_and_another_seed_another(capsys):
    words = ["gridworld?layout=cliff", "--steps", "5000", "--evaluate", "0"]
    hashes = [Checkpoint.load(trained(capsys, *words, "--seed", seed)["newest"]).arrays["q"].data for seed in "223"]
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize(
    ("environment", "cut", "whole", "values"),
    [
        ("gridworld?layout=rooms", 3_111, 9_000, []),
        ("tetris", 1_200, 3_000, ["--set", "population=8", "--set", "elite=2", "--set", "pieces=60"]),
        ("pong", 2_500, 6_000, ["--set", "population=4", "--set", "elite=2", "--set", "frames=300"]),
        ("duel", 2_500, 6_000, ["--set", "population=4", "--set", "elite=2", "--set", "frames=300"]),
        ("duel", 2_500, 6_000, ["--algo", "self-play-q-learning", "--set", "every=3", "--set", "frames=300"]),
    ],
)
def test_a_run_that_was_stopped_goes_on_as_if_it_never_had_been(environment, cut, whole, values, capsys):
    words = [environment, *values, "--evaluate", "0"]
    straight = trained(capsys, *words, "--steps", str(whole), "--name", "straight")
    first = trained(capsys, *words, "--steps", str(cut), "--name", "cut")
    assert 0 < first["steps"] == cut < straight["steps"]
    second = trained(capsys, "--resume", "cut", "--steps", str(whole), "--evaluate", "0")
    assert (second["steps"], second["episodes"]) == (straight["steps"], straight["episodes"])
    one, other = Checkpoint.load(straight["newest"]), Checkpoint.load(second["newest"])
    assert one.random_state == other.random_state
    assert {name: array.data for name, array in one.arrays.items()} == {
        name: array.data for name, array in other.arrays.items()
    }
    logs = [(Path("runs") / name / "log.jsonl").read_text() for name in ("straight", "cut")]
    assert logs[0] == logs[1] and logs[0].count("\n") == straight["episodes"]


def test_it_stops_at_the_same_step_as_soon_as_it_plays_well_enough(capsys):
    words = ["gridworld?layout=rooms", "--until", "0.95", "--evaluate", "26"]
    first, second = trained(capsys, *words), trained(capsys, *words)
    assert first["reached"] is True and first["evaluation"]["success"] >= 0.8, "of other starts than it was stopped by"
    assert first["steps"] == second["steps"] and first["run"] != second["run"]


@pytest.mark.parametrize(
    ("words", "game"),
    [
        (["gridworld?layout=rooms", "--steps", "5000"], "rollback.agents.races:rooms"),
        (["duel", "--steps", "400", "--set", "population=4", "--set", "elite=2", "--set", "frames=100"], "duel"),
    ],
)
def test_the_commands_it_prints_in_the_end_can_be_run_as_they_are(words, game, capsys):
    assert run(["train", *words, "--runs", "my runs", "--evaluate", "0"]) == 0
    told = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines() if ": rollback " in line)
    simulate, play = (shlex.split(told[name]) for name in ("To compare it", "To let it play in a room of rollback serve"))
    assert run([*simulate[1:], "--matches", "3", "--frames", "200"]) == 0
    said = capsys.readouterr().out
    assert f"{game}: 3 matches between 3 agents" in said and "best.npz" in said
    assert play[:4] == ["rollback", "play", "--game", game] and play[4] == "--bot"
    made = game_factory(play[3])()
    assert made.players == 2 and all(policy_from(play[5], made, player) for player in range(2))
    assert run(["play", *play[2:], "--frames", "60", "--server", "http://127.0.0.1:1"]) == 3, "all of it but the lobby is there"
    assert run([*shlex.split(told["To go on"])[1:], "--evaluate", "0"]) == 0


def test_who_plays_another_map_is_told_which_game_it_is(capsys):
    assert run(["train", "gridworld", "--steps", "500", "--name", "lost", "--evaluate", "0"]) == 0
    capsys.readouterr()
    assert run(["simulate", "--game", "gridworld", "--agents", "runs/lost/best.npz", "random", "--matches", "2"]) == 2
    said = capsys.readouterr().err
    assert (
        "trained on gridworld?layout=halls, and cannot play on the map handover: take --game rollback.agents.races:halls"
        in said
    )
    assert said.count("\n") == 1


def test_until_is_looked_for_where_the_final_figure_is_not(capsys, monkeypatch):
    asked = []
    monkeypatch.setattr(QLearning, "validate", lambda self, count: asked.append((self.steps, count)) or {"success": 0.96})
    told = trained(capsys, "gridworld", "--until", "0.95", "--evaluate", "3")
    assert {(20_000, 200), (25_000, 200), (31_250, 200)} <= set(asked)
    assert told["steps"] == 31_250, "three looks in a row were good enough"
    assert told["reached"] is True and told["evaluation"]["success"] < 0.95 and told["evaluation"]["starts"] == 3.0


def test_what_was_not_reached_is_said_and_leaves_with_1(capsys):
    told = trained(capsys, "gridworld", "--until", "0.99", "--steps", "500", code=1)
    assert told["reached"] is False and told["steps"] == 500
    assert run(["train", "gridworld", "--until", "0.99", "--episodes", "3"]) == 1
    assert "Not reached: 0.99 was to be reached." in capsys.readouterr().out


def test_it_tells_people_the_figure_with_its_interval_and_how_to_go_on(capsys):
    assert run(["train", "gridworld?layout=rooms", "--episodes", "400", "--runs", "my runs"]) == 0
    said = capsys.readouterr()
    assert "Trained after 400 episodes" in said.out and "95 % interval" in said.out and "(26 played" in said.out
    assert "rollback train --resume gridworld-rooms-1 --runs 'my runs' --steps" in said.out
    assert said.err == "", "nobody watches a bar in a pipe"


def test_parameters_are_taken_by_name_and_kept_with_the_run(capsys):
    words = ["--learning-rate", "0.25", "--discount", "0.9", "--epsilon", "0.5", "--set", "epsilon-decay=0.99"]
    told = trained(capsys, "gridworld?layout=rooms", *words, "--steps", "100", "--evaluate", "0")
    assert told["evaluation"] == {} and told["interval"] is None
    kept = Runs("runs").find(told["run"]).facts()["parameters"]
    expected = {"learning_rate": 0.25, "discount": 0.9, "epsilon": 0.5, "epsilon_decay": 0.99}
    assert {name: kept[name] for name in expected} == expected


def test_what_can_be_set_is_shown_with_its_limits(capsys):
    assert run(["train", "tetris", "--parameters"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("Parameters of cross-entropy:") and "population=60  (4 to 1000)" in told
    assert run(["train", "--parameters", "--algo", "self-play", "--json"]) == 0
    assert {each["name"] for each in json.loads(capsys.readouterr().out)["parameters"]} >= {"pool", "workers"}
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "needs an environment, as in rollback train gridworld"),
        (["gridwrld"], "there is nothing to learn 'gridwrld' by, did you mean gridworld? Take one of gridworld?layout=halls"),
        (["zzz"], "there is nothing to learn 'zzz' by: take one of gridworld?layout=halls"),
        (["gridworld?layout=nowhere"], "the layout 'nowhere' cannot be learned by a table: take one of halls"),
        (["gridworld", "--algo", "q-lerning"], "did you mean q-learning? Take one of q-learning"),
        (["tetris", "--algo", "q-learning"], "tables are learned on GridWorld"),
        (["gridworld", "--learning-rate", "2"], "learning_rate must be a number from 0.001 to 1.0, not 2.0"),
        (["tetris", "--learning-rate", "0.1"], "there is no parameter 'learning_rate'"),
        (["gridworld", "--workers", "2"], "there is no parameter 'workers'"),
        (["gridworld", "--set", "discount"], "--set takes NAME=VALUE"),
        (["gridworld", "--set", "discount=much"], "discount must be a number from"),
        (["gridworld", "--name", "../up"], "cannot be the name of a run"),
        (["gridworld", "--steps", "0"], "--steps"),
        (["gridworld", "--until", "nan"], "--until takes a number from 0 to 1 for q-learning, such as 0.95, not nan"),
        (["gridworld", "--until", "inf"], "--until takes a number from 0 to 1 for q-learning, such as 0.95, not inf"),
        (["gridworld", "--until", "-inf"], "not -inf"),
        (["gridworld", "--until", "-0.1"], "not -0.1"),
        (["gridworld", "--until", "1e999"], "not inf"),
        (["gridworld", "--until", "soon"], "--until must be"),
        (["gridworld", "--until", "95"], "not 95"),
        (["duel", "--until", "1.01"], "--until takes a number from 0 to 1 for self-play"),
        (["duel", "--algo", "self-play-q-learning", "--until", "nan"], "for self-play-q-learning, such as 0.95, not nan"),
        (["tetris", "--until", "601"], "--until takes a number from 0 to 600"),
        (["--resume", "nobody"], "there is no run nobody in runs: there is none yet, begin one by rollback train"),
        (["--resume", "../up"], "cannot be the name of a run"),
        (["gridworld", "--resume", "some"], "leave out ENV"),
        (["--resume", "some", "--epsilon", "0.1"], "leave out ENV"),
    ],
)
def test_what_it_cannot_do_is_one_sentence_and_leaves_no_run(words: list[str], says: str, capsys):
    assert run(["train", *words]) == 2
    said = capsys.readouterr()
    assert says in said.err and said.out == "" and said.err.count("\n") == 1
    assert not list(Path(".").glob("runs/*"))


def test_a_name_that_is_taken_and_a_run_without_a_checkpoint_are_refused(capsys):
    words = ["train", "gridworld?layout=rooms", "--steps", "50", "--name", "mine", "--evaluate", "0"]
    assert run(words) == 0 and run(words) == 2
    assert "there is a run 'mine' in runs already" in capsys.readouterr().err
    for file in Path("runs/mine").glob("*.npz"):
        file.unlink()
    assert run(["train", "--resume", "mine"]) == 2
    assert "has no checkpoint to go on from" in capsys.readouterr().err


def test_ctrl_c_saves_and_says_how_to_go_on(here: Path, capsys):
    words = [sys.executable, "-m", "rollback", "train", "gridworld", "--steps", "1000000000", "--name", "long"]
    process = subprocess.Popen(
        words, cwd=here, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        log = here / "runs" / "long" / "log.jsonl"
        while not (log.exists() and log.stat().st_size > 0):  # its first episodes are written
            assert process.poll() is None, process.communicate()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130 and err == ""
    assert out.startswith("Stopped after") and "It plays" not in out
    assert "To go on: rollback train --resume long --steps 1000000000" in out
    newest = Runs(here / "runs").find("long").newest()
    assert newest is not None and newest.checkpoint is not None and newest.checkpoint.step > 0
    told = trained(capsys, "--resume", "long", "--steps", str(newest.checkpoint.step + 10), "--evaluate", "0")
    assert told["steps"] == newest.checkpoint.step + 10


@pytest.mark.parametrize(
    ("ends", "says"),
    [
        (["--steps", "300"], "500 steps are made already: give --steps more than that, not 300"),
        (["--steps", "500"], "500 steps are made already: give --steps more than that, not 500"),
        (["--episodes", "1", "--steps", "900"], "episodes are made already: give --episodes more than that, not 1"),
    ],
)
def test_a_run_that_is_past_its_end_is_not_trained_and_nothing_is_written(ends, says, capsys):
    assert run(["train", "gridworld?layout=rooms", "--steps", "500", "--name", "made", "--evaluate", "0"]) == 0
    before = {file.name: file.stat().st_mtime_ns for file in Path("runs/made").iterdir()}
    capsys.readouterr()
    assert run(["train", "--resume", "made", *ends]) == 2
    said = capsys.readouterr()
    assert says in said.err and said.err.count("\n") == 1 and said.out == ""
    assert {file.name: file.stat().st_mtime_ns for file in Path("runs/made").iterdir()} == before


def test_help_names_all_that_can_be_learned_and_all_that_learns(capsys):
    from rollback.agents.training import ALGORITHMS, algorithm_named

    assert run(["train", "--help"]) == 0
    told = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for name in ALGORITHMS:
        assert f"{name} (" in told, name
        for environment in algorithm_named(name).environments:
            assert re.search(rf"\b{environment.partition('?')[0]}\b", told), environment
    assert "self-play-q-learning (a table, for pong and duel)" in told


def test_each_parameter_is_told_in_a_sentence_that_can_be_read(capsys):
    assert run(["train", "duel", "--algo", "self-play-q-learning", "--parameters"]) == 0
    told = capsys.readouterr().out
    assert "What a reward is worth one choice later: less than 1 makes it hurry." in told


def test_a_parameter_that_is_given_twice_is_refused(capsys):
    for twice, name in (
        (["--learning-rate", "0.5", "--set", "learning_rate=0.6"], "--learning-rate 0.5 and --set learning_rate=0.6"),
        (["--set", "epsilon=0.5", "--set", "epsilon=0.4"], "--set epsilon=0.5 and --set epsilon=0.4"),
    ):
        assert run(["train", "gridworld", *twice]) == 2
        said = capsys.readouterr().err
        assert f"{name} say two things of one parameter: leave one of them out" in said and said.count("\n") == 1
    assert not Path("runs").exists()


def test_who_names_no_run_but_its_folder_is_told_its_name_and_else_which_runs_there_are(capsys):
    for number in range(8):
        Path(f"runs/rooms-{number}").mkdir(parents=True)
    for words, says in (
        (["runs/rooms-3"], "runs/rooms-3 is a folder: say --resume rooms-3"),
        (["runs/rooms-3", "--runs", "others"], "say --resume rooms-3 --runs runs"),
        (["romos-3"], "there is no run romos-3 in runs: take one of rooms-3, "),
        (["romos-3"], ", or one of the 3 others there"),
    ):
        assert run(["train", "--resume", *words]) == 2
        said = capsys.readouterr().err
        assert says in said and said.count("\n") == 1
