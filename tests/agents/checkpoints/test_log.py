"""The log of a run: what is added stays, a torn line is none, and reading goes on where it stopped."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.agents.checkpoints import log
from rollback.agents.checkpoints.log import AT_ONCE, LONGEST, LogWriter, cut_log, read_log
from rollback.errors import CheckpointError, UsageError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.jsonl"


def points(*numbers: int) -> list[dict[str, Any]]:
    return [{"episode": number, "reward": number / 3} for number in numbers]


def written(path: Path, *numbers: int) -> None:
    with LogWriter(path) as writer:
        writer.add(points(*numbers))


def test_lines_are_added_and_come_back_in_their_order(path: Path) -> None:
    assert read_log(path) == ([], 0)
    with LogWriter(path) as writer:
        writer.add(points(1, 2))
        writer.add([])
        assert read_log(path)[0] == points(1, 2), "what was added can be read while the writer goes on"
        writer.add(points(3))
        writer.close()
    written(path, 4)
    found, end = read_log(path)
    assert found == points(1, 2, 3, 4) and end == path.stat().st_size
    assert path.read_text().splitlines()[0] == '{"episode":1,"reward":0.3333333333333333}'


def test_reading_goes_on_where_it_stopped(path: Path) -> None:
    written(path, 1, 2)
    _, offset = read_log(path)
    assert read_log(path, offset) == ([], offset)
    written(path, 3)
    assert read_log(path, offset)[0] == points(3)


@pytest.mark.parametrize("torn", [b"{", b'{"episode":9,"rew', b'{"episode":9}', b"\xff\xfe", b"x" * 1000])
def test_a_torn_last_line_counts_as_not_written_and_the_next_writer_takes_it_away(path: Path, torn: bytes) -> None:
    written(path, 1, 2)
    whole = path.read_bytes()
    with open(path, "ab") as file:
        file.write(torn)
    assert read_log(path) == (points(1, 2), len(whole))
    written(path, 3)
    assert read_log(path)[0] == points(1, 2, 3) and path.read_bytes().startswith(whole + b'{"episode":3')


@settings(max_examples=30)
@given(st.integers(0, 200), st.booleans())
def test_a_log_cut_at_any_byte_keeps_what_was_finished(tmp_path_factory: pytest.TempPathFactory, end: int, again: bool) -> None:
    path = tmp_path_factory.mktemp("log") / "log.jsonl"
    written(path, 1, 2, 3)
    path.write_bytes(path.read_bytes()[:end])
    found, offset = read_log(path)
    assert found == points(1, 2, 3)[: len(found)] and path.read_bytes()[:offset].count(b"\n") == len(found)
    if again:
        written(path, 7)
        assert read_log(path)[0] == [*found, *points(7)]


def test_a_torn_line_longer_than_what_is_looked_at_at_once_is_taken_away(path: Path) -> None:
    written(path, 1)
    with open(path, "ab") as file:
        file.write(b"x" * 200_000)
    written(path, 2)
    assert read_log(path)[0] == points(1, 2)
    path.write_bytes(b"x" * 200_000)
    written(path, 1)
    assert read_log(path)[0] == points(1)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"\n", "is no JSON"),
        (b"{]\n", "is no JSON"),
        (b"[1]\n", "is no object"),
        (b"[" * 1000 + b"\n", "is nested deeper than 16 levels"),
        (b"x" * LONGEST + b"\n", "is no JSON"),
        (b"x" * (LONGEST + 9), "is no JSON"),
        (b'{"a":1,"a":2}\n', "twice"),
    ],
)
def test_a_finished_line_that_is_none_is_told_with_its_place(path: Path, line: bytes, told: str) -> None:
    written(path, 1)
    with open(path, "ab") as file:
        file.write(line)
    with pytest.raises(CheckpointError) as caught:
        read_log(path)
    assert "log.jsonl is damaged: the line at byte 42 " in str(caught.value) and told in str(caught.value)


def test_a_log_that_became_shorter_is_read_from_its_start(path: Path) -> None:
    written(path, 1, 2, 3)
    _, offset = read_log(path)
    cut_log(path, 1)
    assert read_log(path, offset)[0] == points(1)
    written(path, *range(20, 30))
    assert path.stat().st_size > offset
    assert read_log(path, offset) == read_log(path, 0), "no line ended there: it was cut and has grown again"


def test_what_was_told_after_an_episode_is_forgotten_and_other_lines_stay(path: Path) -> None:
    with LogWriter(path) as writer:
        writer.add([{"started": True}, *points(1, 2), {"saved": "last-1"}, *points(3, 4)])
    cut_log(path, 2)
    assert read_log(path)[0] == [{"started": True}, *points(1, 2), {"saved": "last-1"}]
    before = path.stat().st_ino
    cut_log(path, 2)
    assert path.stat().st_ino == before, "where nothing is to be forgotten nothing is written"
    cut_log(path.with_name("none"), 2)
    assert not path.with_name("none").exists()


def test_much_is_read_in_parts_and_nothing_is_lost(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert AT_ONCE >= 10_000
    monkeypatch.setattr(log, "AT_ONCE", 7)
    written(path, *range(20))
    found, offset, reads = [], 0, 0
    while True:
        lines, offset = read_log(path, offset)
        if not lines:
            break
        found += lines
        reads += 1
        assert len(lines) <= 7
    assert found == points(*range(20)) and reads == 3
    cut_log(path, 17)
    assert len(path.read_bytes().splitlines()) == 18


def test_what_is_no_plain_value_is_told_and_nothing_of_it_is_written(path: Path) -> None:
    with LogWriter(path) as writer:
        with pytest.raises(UsageError, match=r"a line of the log holds a builtins\.set"):
            writer.add([*points(1), {"a": {1}}])
        with pytest.raises(UsageError, match="a line of the log has 70009 bytes, at most 65536 are written"):
            writer.add([{"a": "x" * 70_000}])
    assert path.read_bytes() == b""


class FullDisk(io.BytesIO):
    """A file that takes ten bytes and then no more."""

    def write(self, content: Any) -> int:
        if len(self.getvalue()) >= 10:
            raise OSError(28, "No space left on device")
        return super().write(bytes(content)[:10])


def test_a_full_disk_takes_all_or_nothing(path: Path) -> None:
    writer = LogWriter(path)
    real, writer._file = writer._file, FullDisk()
    with pytest.raises(CheckpointError, match=r"log\.jsonl cannot be written \(No space left on device\)"):
        writer.add(points(1))
    assert writer._file.getvalue() == b""
    writer._file = real
    writer.add(points(1))
    writer.close()
    assert read_log(path)[0] == points(1)


def test_a_log_that_cannot_be_had_is_told(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"nowhere/log cannot be written \(No such file or directory\)"):
        LogWriter(tmp_path / "nowhere" / "log")
    with pytest.raises(CheckpointError, match=r"cannot be read \(it is no file\)"):
        read_log(tmp_path)


@pytest.mark.parametrize(
    "made", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/zero")], ids=["pipe", "folder", "device"]
)
def test_a_log_that_is_no_file_is_not_waited_for(path: Path, made: Callable[[Path], None]) -> None:
    made(path)
    with pytest.raises(CheckpointError, match=r"log\.jsonl cannot be read \(it is no file\)"):
        read_log(path)
    with pytest.raises(CheckpointError, match=r"log\.jsonl cannot be read \(it is no file\)"):
        cut_log(path, 1)
    with pytest.raises(CheckpointError, match=r"log\.jsonl cannot be written"):
        LogWriter(path)
