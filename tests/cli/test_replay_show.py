"""`rollback replay show` says in lines what is in a file, and in one sentence what is wrong with it."""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path
from typing import Any

import pytest

from rollback.cli.app import run
from rollback.game import UInt
from rollback.netplay.bundle import write_bundle
from rollback.netplay.tape import Tape
from rollback.replays import ReplayHeader, ReplayWriter
from rollback.replays.chunks import MAGIC, Kind, pack_chunk
from rollback.replays.header import pack_header
from rollback.state import Difference
from rollback.types import Confirmed, DesyncFound
from rollback.wire.tree import pack_tree, unpack_tree

HEADER: dict[str, Any] = {
    "codecs": ("uint8", "uint8"),
    "sizes": (1, 1),
    "game": "rollback.games:Pong",
    "game_version": "1.2",
    "seed": 11,
    "names": ("ann", "bob"),
    "controllers": ("human", "bot"),
    "packages": {"rollback": "0.1.0", "python": "3.11.7"},
    "recorded_at": 86400.0,
}


def written(path: Path, frames: int = 90, *events: tuple[int, str, Any], **header: Any) -> str:
    with ReplayWriter(path, ReplayHeader(**(HEADER | header))) as writer:
        for frame in range(frames):
            writer.add(Confirmed(frame, (), (b"\1", bytes([frame % 256]))))
        writer.checksum(60, 7)
        for event in events:
            writer.event(*event)
        writer.close(255, "bob left")
    return str(path)


def bundle(folder: Path, differences: tuple[Difference, ...]) -> str:
    tape = Tape(ReplayHeader(**HEADER))
    for frame in range(90):
        tape.add([(b"\1", bytes([frame]))])
    found = DesyncFound(60, "bob", differences)
    return str(write_bundle(folder, "K7QW-3MZP", found, tape, (UInt(8), UInt(8)), {"ball": 3}))


def shown(capsys: pytest.CaptureFixture[str], file: str, *more: str, code: int = 0) -> tuple[str, str]:
    assert run(["replay", "show", file, *more]) == code
    said = capsys.readouterr()
    return said.out, said.err


def test_a_replay_is_told_in_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path / "a.rbr", 90, (40, "peer lost", {"peer": "bob", "reason": "silence"}))
    out, err = shown(capsys, file)
    assert err == ""
    assert out.splitlines() == [
        file,
        "  game        rollback.games:Pong, version 1.2",
        "  player      1  ann  (human, uint8)",
        "  player      2  bob  (bot, uint8)",
        "  settings    60 frames a second, input delay 2, seed 11, checksums every 60 frames",
        "  packages    python 3.11.7, rollback 0.1.0",
        "  recorded    1970-01-02 00:00:00+00:00",
        "  length      90 frames, 1.5 s, ended: bob left",
        "  checked by  1 checksum and that of the last state",
        "",
        "What happened",
        "  frame 40  peer lost  peer bob, reason silence",
    ]


def test_what_a_file_does_not_tell_is_said_to_be_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare = {"game": "", "game_version": "", "names": (), "controllers": (), "packages": {}, "recorded_at": None}
    out, _ = shown(capsys, written(tmp_path / "a.rbr", 1, desync_interval=0, extra={"map": "x"}, **bare))
    assert "game        unknown\n" in out
    assert "player      1  (uint8)\n" in out
    assert "no checksums, map x\n" in out
    assert "packages    not told\n" in out and "recorded    at a time that is not told\n" in out
    assert "length      1 frame, 0.017 s" in out and "What happened" not in out


def test_a_bundle_tells_what_differs_and_the_inputs_around_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = (Difference("ball.velocity[1]", 3, 4), Difference("", [1], None))
    out, _ = shown(capsys, bundle(tmp_path, places))
    lines = out.splitlines()
    start = lines.index("Desync with bob in the state before frame 60")
    assert lines[start + 1 : start + 4] == [
        "  where             here  at bob",
        "  ball.velocity[1]  3     4",
        "  the whole state   [1]   None",
    ]
    assert lines[start + 4] == ("  The state that this peer held is in the file: rollback replay verify compares it.")
    table = lines.index("Inputs around it")
    assert lines[table + 1 : table + 3] == ["  frame  1 ann  2 bob", "  44     01  1  2c  44"]
    assert lines[-1] == "  63     01  1  3f  63"
    assert "; the states of 1 frame" in out and "frame 60  desync  with bob: ball.velocity[1]" in out


def test_a_bundle_that_knows_no_place_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = shown(capsys, bundle(tmp_path, ()))
    assert "where is not known: the checksums differ, and the peers could not compare their states" in out


def test_a_program_reads_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = bundle(tmp_path, (Difference("ball", 3, 4),))
    out, err = shown(capsys, file, "--json")
    told = json.loads(out)
    assert err == "" and told["file"] == file and told["complete"] is True
    assert told["desyncs"][0]["differences"] == [{"path": "ball", "ours": "3", "theirs": "4"}]
    assert told["keyframes"] == [60] and len(told["desyncs"][0]["inputs"]) == 20


def test_many_events_are_told_in_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = [(frame, "peer left", None) for frame in range(1000)]
    out, _ = shown(capsys, written(tmp_path / "a.rbr", 5, *events))
    assert out.count("peer left") == 200
    assert out.endswith("  and 800 more: --json tells all\n")


def test_whatever_a_file_holds_does_not_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\r\n\u202e\ud800[bold]"
    differences = (Difference(evil, evil, evil * 500),)
    header = {
        "game": evil,
        "game_version": evil,
        "names": (evil, evil),
        "packages": {evil: evil},
        "extra": {evil: evil},
    }
    out, _ = shown(capsys, written(tmp_path / "a.rbr", 5, (1, evil, {evil: evil}), (2, "desync", evil), **header))
    assert "\x1b" not in out and "\u202e" not in out and "\\x1b]0;owned\\x07" in out and "[bold]" in out
    out, _ = shown(capsys, bundle(tmp_path, differences))
    assert all(line.isprintable() and len(line) < 300 for line in out.splitlines())


@pytest.mark.parametrize("cut", [5, 30, 120])
def test_a_file_that_was_cut_is_told_as_far_as_it_goes_and_is_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], cut: int
) -> None:
    file = written(tmp_path / "a.rbr", 300)
    Path(file).write_bytes(Path(file).read_bytes()[:-cut])
    out, err = shown(capsys, file, code=2)
    assert "  damage      the file ends" in out and "game        rollback.games:Pong" in out
    assert err.startswith(f"rollback: {file} is not whole: the file ends") and err.count("\n") == 1
    out, _ = shown(capsys, file, "--json", code=2)
    assert json.loads(out)["complete"] is False


def test_a_byte_that_was_changed_is_damage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = Path(written(tmp_path / "a.rbr", 300))
    data = bytearray(file.read_bytes())
    data[-60] ^= 1
    file.write_bytes(data)
    out, err = shown(capsys, str(file), code=2)
    assert "damage      the chunk at byte" in out and "is not whole" in err


def with_format(number: int) -> bytes:
    """Return a file whose header says that it has another format."""
    tree = unpack_tree(pack_header(ReplayHeader(**HEADER)))
    chunk, _ = pack_chunk(Kind.HEADER, pack_tree(tree | {"format": number}), zlib.crc32(MAGIC))
    return MAGIC + chunk


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "this is no replay: the file does not begin like one"),
        (b"no replay at all", "this is no replay: the file does not begin like one"),
        (MAGIC, "the replay has no header: the file ends before it"),
        (
            MAGIC + b"\x93\0\xc6\xff\xff\xff\xff",
            "the replay has no header: the chunk at byte 16 claims 4294967295 bytes",
        ),
        (with_format(3), "the replay has format 3, this version reads up to 2: pip install -U rollback"),
        (with_format(0), "the header of the replay does not say which format it has"),
    ],
    ids=["empty", "foreign", "no header", "bomb", "newer", "no format"],
)
def test_what_is_no_replay_is_one_sentence_and_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], data: bytes, told: str
) -> None:
    (tmp_path / "a.rbr").write_bytes(data)
    out, err = shown(capsys, str(tmp_path / "a.rbr"), code=2)
    assert out == "" and told in err and err.count("\n") == 1 and err.startswith("rollback: ")


def test_a_file_that_is_not_there_is_one_sentence_and_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe.rbr")
    for place in (tmp_path / "none.rbr", tmp_path, tmp_path / "pipe.rbr"):
        out, err = shown(capsys, str(place), code=2)
        assert out == "" and "cannot be read" in err and err.count("\n") == 1
