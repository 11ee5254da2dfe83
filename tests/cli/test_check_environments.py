"""`rollback check` of an environment tells how it is saved, what it costs and what to change; what cannot be played too."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from rollback.cli import check as check_command
from rollback.cli.app import run

CARTPOLE = "gym:CartPole-v1"
QUICK = ["--frames", "40", "--no-other-process"]
LISTED = [
    CARTPOLE,
    "gym:Taxi-v4",
    "gym:LunarLander-v3",
    "gym:Ant-v5",
    "gym:InvertedPendulum-v5",
    "pettingzoo:mpe2.simple_tag_v3",
    "pettingzoo:mpe2.simple_spread_v3",
    "pettingzoo:pettingzoo.butterfly.pistonball_v6?n_pistons=4",
    "pettingzoo:pettingzoo.atari.pong_v3",
    "gym:ALE/Pong-v5",
    "gym:Blackjack-v1",
    "gym:FrozenLake-v1",
    "gym:CarRacing-v3",
]
OURS = [
    "pettingzoo:rollback.envs.pong_v0",
    "pettingzoo:rollback.envs.duel_v0",
    "pettingzoo:rollback.envs.gridworld_v0",
    "pettingzoo:rollback.envs.tetris_v0",
    "gym:rollback/Pong-v0",
]


def checked(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert run(["check", *arguments]) == code
    return capsys.readouterr().out


def row(said: str, name: str) -> str:
    """Return the sentence of a row."""
    (line,) = [line for line in said.splitlines() if line[6:].startswith(name)]
    return line[6 + len(name) :].strip()


def test_an_environment_is_told_with_its_saver_its_wrappers_its_players_and_its_costs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = checked(capsys, CARTPOLE, *QUICK)
    assert said.count("  yes ") == 8
    assert row(said, "played by") == "player_0, player_1: 1 byte an input, 50 frames a second"
    assert row(said, "saved by") == "a generated saver: the attributes of the environment and of its wrappers"
    assert all(wrapper in row(said, "wrappers with state") for wrapper in ("TimeLimit", "OrderEnforcing"))
    assert row(said, "doing nothing").startswith("is no action that is known: name it with ?idle=0")
    assert "ended and began again" in row(said, "episodes")
    assert "within a quarter of a 50 Hz frame, 5000 us" in row(said, "what it costs")
    assert said.splitlines()[-1].startswith("gym:CartPole-v1 can be played, in step: nothing gave it away in 40 frames")


def test_the_verdict_is_of_the_name_as_it_was_given(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    text = "from rollback.envs import from_gymnasium\ndef rain():\n    return from_gymnasium('MountainCar-v0', share='race')\n"
    (tmp_path / "rain_games.py").write_text(text)
    said = checked(capsys, "rain_games.py:rain", *QUICK)
    assert said.splitlines()[-1].startswith("rain_games.py:rain can be played with rollback")
    sys.modules.pop("rain_games")


def test_a_program_gets_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    values = json.loads(checked(capsys, CARTPOLE, *QUICK, "--json"))
    assert values["passed"] is True and values["game"] == CARTPOLE and values["frames"] == 40 and values["causes"] == []
    facts = values["environment"]
    assert facts["agents"] == ["player_0", "player_1"] and facts["input_bytes"] == [1, 1] and facts["fps"] == 50
    assert facts["saver"] == "generated" and facts["has_noop"] is False and facts["ended"] >= 1
    assert "gymnasium" in facts["version"].lower() and facts["wrappers"]
    assert set(facts) >= {"refused", "notes", "left_alone", "idle", "longest", "watchers"}
    assert values["costs"]["fps"] == 50 and values["costs"]["reach"] is None


def test_one_that_is_simulated_again_is_told_with_the_reasons_and_how_far_it_is_smooth(
    capsys: pytest.CaptureFixture[str],
) -> None:
    values = json.loads(checked(capsys, "gym:LunarLander-v3", "--frames", "30", "--no-other-process", "--json"))
    assert values["environment"]["saver"] == "simulated again"
    refused = values["environment"]["refused"]
    assert any("Box2D" in why for why in refused) and any(why.startswith("deep copies: ") for why in refused)
    assert isinstance(values["costs"]["reach"], int)


@pytest.mark.parametrize("name", OURS)
def test_the_built_in_games_as_environments_pass(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = checked(capsys, name, *QUICK)
    assert " can be played" in said and "  no  " not in said


def test_what_cannot_be_made_a_game_is_a_verdict_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    said = checked(capsys, "pettingzoo:pettingzoo.classic.tictactoe_v3", code=1)
    assert said.startswith("  no  can be made a game ")
    assert "act one after the other" in said and "Choose an environment with a parallel_env" in said
    assert "Traceback" not in said


def test_actions_that_are_too_wide_are_a_verdict_with_what_to_write(capsys: pytest.CaptureFixture[str]) -> None:
    said = checked(capsys, "gym:Humanoid-v5", code=1)
    assert "takes 68 bytes an input, and at most 64 can travel" in said and "?bits=8" in said


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("gym:CartPoel-v1", "CartPole-v1"),
        ("pettingzoo:mpe2.simple_tga_v3", "simple_tag_v3"),
        ("gym:CartPole-v1?size=3", "there is no setting 'size'"),
        ("gym:CartPole-v1?players=two", "must be a whole number"),
        ("gym:CartPole-v1?idle=7", "the idle action cannot be used"),
        ("gym:CartPole-v1?share=half", "share must be one of"),
        ("gym:CartPole-v1?saver=magic", "there is no saver 'magic'"),
        ("gym:CartPole-v1?bits=99", "bits must be"),
        ("gym:CartPole-v1?episodes=0", "episodes must be"),
        ("gym:CartPole-v1?players=0", "0 players"),
    ],
)
def test_wrong_names_and_settings_are_wrong_use(name: str, word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", name]) == 2
    said = capsys.readouterr()
    assert word in said.err and said.out == ""


def test_frames_that_a_slow_environment_was_spared_are_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rollback.testing.check.affordable", lambda pace, frames, distance: 20)
    said = checked(capsys, CARTPOLE, "--no-other-process")
    assert row(said, "looked at") == "20 frames of each part and not 300, for it is slow; --frames takes more"
    assert "nothing gave it away in 20 frames" in said
    assert "looked at" not in checked(capsys, CARTPOLE, "--no-other-process", "--frames", "30")


def test_what_takes_long_is_told_while_it_does(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_command, "_PATIENCE", -1.0)
    assert run(["check", CARTPOLE, *QUICK]) == 0
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "checking gym:CartPole-v1: 40 frames, rollbacks of 8"
    assert all(line.startswith("  ") and " s  " in line and line.endswith(" ...") for line in told[1:])
    assert [line.split(" s  ")[1] for line in told[1:3]] == ["making it ...", "every input is an action ..."]
    assert run(["check", CARTPOLE, *QUICK, "--json"]) == 0
    assert capsys.readouterr().err == ""


def test_sentences_are_folded_where_a_terminal_ends() -> None:
    sentence = " ".join(["word"] * 60)
    lines = check_command._folded(sentence, 100).split("\n")
    assert len(lines) > 1 and all(len(line) <= 100 - 38 for line in lines[:1])
    assert all(line.startswith(" " * 38) and len(line) <= 100 for line in lines[1:])
    assert " ".join(lines).split() == sentence.split()
    assert check_command._folded(sentence, None) == sentence
    assert max(map(len, check_command._folded(sentence, 10).split("\n"))) <= 38 + 30


def test_on_a_terminal_of_a_hundred_columns_no_line_is_longer(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    said = checked(capsys, CARTPOLE, *QUICK)
    assert said.count("  yes ") == 8
    assert max(map(len, said.splitlines())) <= 100


@pytest.mark.nightly
@pytest.mark.parametrize("name", LISTED)
def test_every_listed_environment_passes_in_full(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    values: dict[str, Any] = json.loads(checked(capsys, name, "--json"))
    assert values["passed"] and all(check["asked"] for check in values["checks"])
    assert values["environment"]["saver"] != "deepcopy", "its snapshots could not travel"
    assert values["costs"]["step_us"] > 0
