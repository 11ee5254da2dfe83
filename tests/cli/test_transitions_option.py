"""`--transitions`: what is refused before anything is played, what is written, and what is said of it."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import minari
import numpy
import pytest

from rollback.cli.app import run
from rollback.cli.demo_match import DemoMatch
from rollback.cli.demo_result import DemoResult
from rollback.cli.match_settings import MatchSettings
from rollback.envs.data.minari import to_minari
from rollback.errors import UsageError
from tests.cli.test_demo_result import DESYNC, peer
from tests.cli.test_replay_command import FRAMES, recorded

SETTINGS = MatchSettings(game="pong", frames=300)


@pytest.mark.parametrize("ending", ["npz", "jsonl", "parquet"])
def test_a_replay_is_written_as_a_data_set(ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, to = recorded(tmp_path / "a.rbr"), tmp_path / f"a.{ending}"
    assert run(["replay", "export", file, "--transitions", str(to)]) == 0
    said = capsys.readouterr()
    assert said.out == f"{to}: {FRAMES} frames, {to.stat().st_size} bytes\n"
    assert said.err.splitlines()[-1] == f"{FRAMES} of {FRAMES} frames"
    assert run(["replay", "export", file, "--transitions", str(to), "--json", "--game", "pong"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "file": file, "to": str(to), "frames": FRAMES, "bytes": to.stat().st_size, "complete": True, "damage": "",
    }  # fmt: skip


def test_the_data_set_of_a_replay_has_what_was_done_and_no_timing(tmp_path: Path) -> None:
    to = tmp_path / "a.npz"
    assert run(["replay", "export", recorded(tmp_path / "a.rbr"), "--transitions", str(to)]) == 0
    with numpy.load(to) as data:
        assert data["action_0"][:, 0].tolist() == [frame % 3 == 0 for frame in range(FRAMES)]
        assert data["observation_1"].shape == (FRAMES, 9)
        assert set(data["predicted"].ravel()) == {-1} and numpy.isnan(data["rtt_ms"]).all()
        assert json.loads(str(data["facts"]))["seed"] == 5


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ([], "name what to write: --to FILE"),
        (["--to", "a.gif", "--transitions", "a.npz"], "name what to write"),
        (["--transitions", "a.gif"], "let it end in .npz, .jsonl, .parquet"),
        (["--transitions", "there/is/none.npz"], "is in no folder"),
        (["--transitions", "a.npz", "--from", "3"], "leave --from, --until and --every out"),
        (["--transitions", "a.npz", "--until", "3"], "writes the whole match"),
        (["--transitions", "a.npz", "--every", "2"], "writes the whole match"),
        (["--transitions", "a.npz", "--game", "duel"], "give the game that was recorded"),
        (["--transitions", "a.npz", "--minari", "a-v0"], "name what to write"),
        (["--minari", "no version"], "needs a name like pong/test-v0"),
        (["--minari", "a-v0", "--from", "3"], "--minari writes the whole match"),
    ],
)
def test_wrong_use_of_the_export_is_one_sentence_and_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, more: list[str], words: str
) -> None:
    file = recorded(tmp_path / "a.rbr")
    monkeypatch.chdir(tmp_path)
    assert run(["replay", "export", file, *more]) == 2
    said = capsys.readouterr()
    assert said.out == "" and words in " ".join(said.err.split())
    assert os.listdir(tmp_path) == ["a.rbr"]


def test_a_replay_becomes_a_minari_data_set_of_each_player(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "sets"))
    file = recorded(tmp_path / "a.rbr")
    assert run(["replay", "export", file, "--minari", "pong/a-v0"]) == 0
    assert capsys.readouterr().out == f"pong/a-player0-v0, pong/a-player1-v0: {FRAMES} frames\n"
    (episode,) = minari.load_dataset("pong/a-player1-v0")
    assert len(episode.actions) == FRAMES and len(episode.observations) == FRAMES + 1
    assert run(["replay", "export", file, "--minari", "pong/b-v0", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "file": file, "minari": ["pong/b-player0-v0", "pong/b-player1-v0"], "frames": FRAMES, "complete": True, "damage": "",
    }  # fmt: skip
    assert run(["replay", "export", file, "--minari", "pong/a-v0"]) == 2
    assert "choose another name" in capsys.readouterr().err


def test_a_file_of_transitions_is_no_way_to_minari_and_that_is_said() -> None:
    with pytest.raises(UsageError, match="a file of transitions cannot be read back, and the replay can"):
        to_minari("p1.npz", "pong/a-v0", None)  # type: ignore[arg-type]


@pytest.mark.parametrize("command", [["demo"], ["play", "K7QW-3MZP", "--bot", "best"]], ids=["demo", "play"])
@pytest.mark.parametrize(("target", "words"), [("a.csv", "let it end in"), ("no/folder/a.npz", "is in no folder")])
def test_a_target_that_cannot_be_written_is_refused_before_anybody_plays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str], target: str, words: str
) -> None:
    assert run([*command, "--transitions", str(tmp_path / target)]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert words in said and "--transitions" in said


@pytest.mark.parametrize("command", [["demo"], ["play", "K7QW-3MZP", "--bot", "best"]], ids=["demo", "play"])
def test_a_folder_that_only_says_it_can_be_written_is_found_out_before_anybody_plays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    def refuse(*given: Any, **more: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    assert run([*command, "--transitions", str(tmp_path / "a.npz")]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "cannot be written to" in said and os.strerror(errno.ENOSPC) in said


def test_each_peer_of_a_demo_has_a_file_of_its_own() -> None:
    made = DemoMatch(
        SETTINGS, Path("/tmp/match.rbr"), transitions=Path("/tmp/data/match.npz"), by_hand=False, wants_pictures=False
    )
    told = [made._first(seat, each, "http://127.0.0.1:1", "ROOM")["transitions"] for seat, each in enumerate(made.peers)]
    assert told == ["/tmp/data/match.peer-1.npz", "/tmp/data/match.peer-2.npz"]
    none = DemoMatch(SETTINGS, Path("/tmp/match.rbr"), by_hand=False, wants_pictures=False)
    assert none._first(0, none.peers[0], "http://127.0.0.1:1", "ROOM")["transitions"] is None


def test_the_result_of_a_demo_names_the_data_sets_and_what_they_lack() -> None:
    told: list[dict[str, Any]] = [{"transitions": "/tmp/one.npz"}, {"transitions": None, "problem": "the disk is full"}]
    result = DemoResult.of([peer(1, **told[0]), peer(2, **told[1])], SETTINGS)
    assert result.transitions == ["/tmp/one.npz"] == result.as_values()["transitions"]
    assert result.problems == ["the disk is full"]
    assert result.code == 74 and result.as_values()["problems"] == ["the disk is full"]
    assert DemoResult.of([peer(1), peer(2)], SETTINGS).code == 0 == len(DemoResult.of([peer(1), peer(2)], SETTINGS).problems)
    assert DemoResult.of([peer(1, problem="lost", desync=True, desyncs=[DESYNC]), peer(2)], SETTINGS).code == 1  # worse
