"""Files appear whole or not at all, also when the disk is full or the process is killed in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rollback.agents.checkpoints import atomic
from rollback.agents.checkpoints.atomic import UNFINISHED, write_whole

KILLED = """
import os, signal, sys
from pathlib import Path
from rollback.agents.checkpoints import atomic
atomic.os.fsync = lambda number: os.kill(os.getpid(), signal.SIGKILL)
atomic.write_whole(Path(sys.argv[1]), b"new" * 1000)
"""


def test_a_file_is_written_and_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    for content in (b"old", b"", b"new" * 100_000):
        write_whole(tmp_path / "file", content)
        assert [path.name for path in tmp_path.iterdir()] == ["file"]
        assert (tmp_path / "file").read_bytes() == content


@pytest.mark.parametrize("what", ["fsync", "replace"])
def test_what_was_there_stays_when_the_disk_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    write_whole(tmp_path / "file", b"old")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, what, refuse)
    with pytest.raises(OSError, match="No space left"):
        write_whole(tmp_path / "file", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


def test_the_file_is_on_the_disk_before_it_has_its_name_and_the_name_before_it_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, os.replace

    def synced(number: int) -> None:
        done.append("folder" if os.path.samestat(os.fstat(number), tmp_path.stat()) else "file")
        fsync(number)

    def replaced(one: Path, other: Path) -> None:
        done.append("name")
        replace(one, other)

    monkeypatch.setattr(atomic.os, "fsync", synced)
    monkeypatch.setattr(atomic.os, "replace", replaced)
    write_whole(tmp_path / "file", b"content")
    assert done == ["file", "name", "folder"]


def test_a_killed_process_leaves_the_old_file_and_one_that_is_known_as_unfinished(tmp_path: Path) -> None:
    write_whole(tmp_path / "file", b"old")
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "file")], cwd=Path.cwd(), timeout=60)
    assert done.returncode == -signal.SIGKILL
    left = sorted(path.name for path in tmp_path.iterdir())
    assert len(left) == 2 and left[1] == "file" and left[0].startswith(".file.") and left[0].endswith(UNFINISHED)
    assert (tmp_path / "file").read_bytes() == b"old"


def test_a_file_that_is_closed_early_replaces_nothing(tmp_path: Path) -> None:
    write_whole(tmp_path / "file", b"old")
    with atomic.replacing(tmp_path / "file") as file:
        file.write(b"new")
        file.close()
    assert [path.name for path in tmp_path.iterdir()] == ["file"] and (tmp_path / "file").read_bytes() == b"old"
