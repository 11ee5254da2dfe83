"""`rollback replay verify` tells true recordings from false and unreadable ones, a line each."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from rollback.cli.app import run
from rollback.cli.replay import verify_command
from rollback.config import SessionConfig
from rollback.envs.names import RACES, game_factory
from rollback.games import Pong
from rollback.replays import ReplayHeader, ReplayWriter
from rollback.state import checksum
from rollback.types import Confirmed
from tests.cases import more_at_night

FRAMES = 40


def recorded(path: Path, *, name: str | None = None, spoilt: bool = False) -> str:
    """Write a short match of Pong; a spoilt one claims a checksum that does not come out."""
    game, config = Pong(), SessionConfig(seed=5)
    game.reset(5)
    writer = ReplayWriter(path, ReplayHeader.of(game, config, name=name))
    for frame in range(FRAMES):
        actions = ((frame % 3 == 0, False), (False, frame % 5 == 0))
        inputs = tuple(codec.encode(action) for codec, action in zip(game.codecs, actions, strict=True))
        writer.add(Confirmed(frame, actions, inputs))
        game.step(actions)
        if frame == 20:
            writer.checksum(21, checksum(game.save()) ^ spoilt)
    writer.close(checksum(game.save()), "end_at")
    return str(path)


def test_a_true_recording_is_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = recorded(tmp_path / "true.rbr")
    assert run(["replay", "verify", file]) == 0
    assert capsys.readouterr().out.startswith(f"{file}: same: all {FRAMES} frames agree")


@pytest.mark.parametrize("name", RACES)
def test_a_match_against_an_agent_of_gridworld_is_checked_by_its_file_alone(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The studio and the page record their matches so."""
    game, file = game_factory(name)(), tmp_path / "match.rbr"
    game.reset(5)
    writer = ReplayWriter(file, ReplayHeader.of(game, SessionConfig(seed=5), name=name))
    for frame in range(FRAMES):
        actions = (frame % 5, 4 - frame % 5)
        writer.add(Confirmed(frame, actions, tuple(bytes([action]) for action in actions)))
        game.step(actions)
    writer.close(checksum(game.save()), "end_at")
    assert run(["replay", "verify", str(file)]) == 0, capsys.readouterr().err
    assert f"all {FRAMES} frames agree" in capsys.readouterr().out
    assert verify_command("my.rbr", name) == "rollback replay verify my.rbr"


def test_a_false_one_is_different_and_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = recorded(tmp_path / "good.rbr"), recorded(tmp_path / "bad.rbr", spoilt=True)
    assert run(["replay", "verify", bad, good]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{bad}: DIFFERENT: the state before frame 21 differs")
    assert second.startswith(f"{good}: same")


def test_an_unreadable_one_is_two_and_the_others_are_still_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.rbr").write_text("no replay")
    good, bad = recorded(tmp_path / "good.rbr"), recorded(tmp_path / "bad.rbr", spoilt=True)
    assert run(["replay", "verify", str(tmp_path / "text.rbr"), good, bad]) == 2
    said = capsys.readouterr()
    assert "unreadable: this is no replay" in said.err
    assert "same" in said.out
    assert "DIFFERENT" in said.out


def test_a_recording_that_was_cut_says_how_far_it_goes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "cut.rbr"
    recorded(file)
    file.write_bytes(file.read_bytes()[:-20])
    assert run(["replay", "verify", str(file), "--json"]) == 1
    (told,) = json.loads(capsys.readouterr().out)
    assert told["complete"] is False
    assert ";" in told["message"]


@pytest.mark.parametrize("step", more_at_night([5, 1], 1))
def test_a_recording_that_was_cut_is_no_proof_that_a_match_is_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], step: int
) -> None:
    file, whole = tmp_path / "cut.rbr", recorded(tmp_path / "whole.rbr")
    recorded(file)
    data = file.read_bytes()
    seen = set()
    for cut in range(1, len(data) // 2, step):
        file.write_bytes(data[:-cut])
        code = run(["replay", "verify", str(file), whole])
        seen.add(code)
        for line in capsys.readouterr().out.splitlines():
            if line.startswith(f"{file}: same"):
                assert line.startswith(f"{file}: same, as far as it goes: ") and "frames; the file is cut off" in line
                assert code == 1
    assert 0 not in seen and 1 in seen


def test_a_name_that_would_steer_a_terminal_is_not_repeated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", "verify", recorded(tmp_path / "a.rbr", name="\x1b[2Jx.py:Game")]) == 2
    said = capsys.readouterr().err
    assert "\x1b" not in said and "--game path/file.py:Game" in said


def test_a_program_reads_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = recorded(tmp_path / "good.rbr"), recorded(tmp_path / "bad.rbr", spoilt=True)
    assert run(["replay", "verify", good, bad, str(tmp_path / "none.rbr"), "--json"]) == 2
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert said.err == ""
    assert [each["ok"] for each in told] == [True, False, False]
    assert (told[0]["frames"], told[0]["game"]) == (FRAMES, "rollback.games.pong:Pong")
    assert told[1]["first_bad_frame"] == 21
    assert told[2]["readable"] is False


def test_the_game_may_be_named_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = recorded(tmp_path / "unnamed.rbr", name="")
    assert run(["replay", "verify", file]) == 2
    assert (
        f"not checked: it does not say how its game is named; name it: rollback replay verify {file} --game"
        in capsys.readouterr().err
    )
    assert run(["replay", "verify", file, "--game", "pong"]) == 0


def test_another_game_is_refused_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", "verify", recorded(tmp_path / "pong.rbr"), "--game", "duel"]) == 2
    assert "give the game that was recorded" in capsys.readouterr().err


def test_a_file_that_a_recording_names_is_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trap = tmp_path / "trap.py"
    trap.write_text(f"open({str(tmp_path / 'sprung')!r}, 'w').close()\n")
    file = recorded(tmp_path / "trap.rbr", name=f"{trap}:Game")
    assert run(["replay", "verify", file]) == 2
    said = capsys.readouterr().err
    assert "is not run because somebody else names it" in said and "unreadable" not in said
    assert f"rollback replay verify {file} --game {trap}:Game" in said
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("game", "command"),
    [
        ("pong", "rollback replay verify my.rbr"),
        ("rollback.games:Duel", "rollback replay verify my.rbr"),
        ("", "rollback replay verify my.rbr"),
        ("a b.py:Game", "rollback replay verify my.rbr --game 'a b.py:Game'"),
    ],
)
def test_the_command_names_a_game_that_is_not_built_in(game: str, command: str) -> None:
    assert verify_command("my.rbr", game) == command


@pytest.mark.parametrize("name", ["gym:CartPole-v1", "pettingzoo:mpe2.simple_tag_v3?num_good=2"])
def test_an_environment_that_a_recording_names_is_not_made(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = recorded(tmp_path / "env.rbr", name=name)
    assert run(["replay", "verify", file]) == 2
    said = capsys.readouterr().err
    assert "is not run because somebody else names it" in said
    assert shlex.join(["rollback", "replay", "verify", file, "--game", name]) in said
