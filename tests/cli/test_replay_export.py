"""`rollback replay export` from the command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from rollback.cli.app import run
from rollback.cli.replay_export import Progress
from tests.cli.test_replay_command import FRAMES, recorded


@pytest.mark.parametrize(("ending", "frames"), [("gif", 14), ("png", 1), ("jsonl", FRAMES), ("npz", FRAMES)])
def test_what_is_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str], ending: str, frames: int) -> None:
    file, to = recorded(tmp_path / "a.rbr"), tmp_path / f"a.{ending}"
    assert run(["replay", "export", file, "--to", str(to), "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == {
        "file": file, "to": str(to), "frames": frames, "bytes": to.stat().st_size, "complete": True, "damage": "",
    }  # fmt: skip
    assert said.err.splitlines()[-1] == f"{frames} of {frames} frames"
    assert run(["replay", "export", file, "--to", str(to), "--from", "10", "--size", "64x40"]) == 0
    assert capsys.readouterr().out.startswith(f"{to}: ")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--to", "a.mp4"], "let it end in .gif, .png, .jsonl, .npz"),
        (["--to", "a.gif", "--size", "large"], "--size needs a width and a height in pixels, as in 480x300, not 'large'"),
        (["--to", "a.gif", "--size", "1x1"], "the size of a picture"),
        (["--to", "a.gif", "--from", "99"], "--from must be a frame from 0 to 40, not 99"),
        (["--to", "a.jsonl", "--every", "0"], "--every must be a whole number from 1 on, not 0"),
        (["--to", "a.gif", "--game", "duel"], "give the game that was recorded"),
        ([], "--to"),
    ],
)
def test_wrong_use_is_one_sentence_and_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, more: list[str], words: str
) -> None:
    file = recorded(tmp_path / "a.rbr")
    monkeypatch.chdir(tmp_path)
    assert run(["replay", "export", file, *more]) == 2
    said = capsys.readouterr()
    assert said.out == "" and words in " ".join(said.err.split())
    assert [path.name for path in tmp_path.iterdir()] == ["a.rbr"]


def test_of_a_file_that_was_cut_what_could_be_read_is_written_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = recorded(tmp_path / "a.rbr")
    Path(file).write_bytes(Path(file).read_bytes()[:-10])
    assert run(["replay", "export", file, "--to", str(tmp_path / "a.jsonl")]) == 2
    said = capsys.readouterr()
    assert f"{FRAMES} frames" in said.out and "is not whole: the file ends" in said.err


def test_a_game_that_a_file_names_is_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "evil.py").write_text("raise SystemExit('run')")
    file = recorded(tmp_path / "a.rbr", name=f"{tmp_path}/evil.py:Game")
    assert run(["replay", "export", file, "--to", str(tmp_path / "a.png")]) == 2
    assert "is not run because somebody else names it" in capsys.readouterr().err
    assert run(["replay", "export", file, "--to", str(tmp_path / "a.png"), "--game", "pong"]) == 0


def test_a_terminal_is_told_all_the_time_and_a_log_a_few_times(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> Any:
        progress = Progress()
        for done in range(1, 201):
            progress(done, 200)
        return capsys.readouterr().err

    assert told() == "50 of 200 frames\n100 of 200 frames\n150 of 200 frames\n200 of 200 frames\n"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert told().count("\r") == 100


def test_show_without_a_terminal_is_a_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = recorded(tmp_path / "a.rbr")
    assert run(["replay", "show", file, "--summary"]) == 0
    with_option = capsys.readouterr().out
    assert run(["replay", "show", file]) == 0
    assert capsys.readouterr().out == with_option and f"{FRAMES} frames" in with_option
