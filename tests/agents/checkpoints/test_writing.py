import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rollback.agents.checkpoints import RunFolder, Runs, writing
from rollback.errors import CheckpointError

HOLDS = """
import sys
from collections.abc import Callable
from pathlib import Path
from rollback.agents.checkpoints.writing import Writing
writing = Writing(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return Runs(tmp_path).create({"seed": 3}, "rooms")


def test_two_trainings_of_one_run_do_not_write_into_each_other_s_log(folder: RunFolder) -> None:
    with folder.writing(), pytest.raises(CheckpointError, match="rooms is being trained by another process"):
        folder.writing()
    folder.writing().close()


def test_a_process_that_is_killed_leaves_nothing_locked(folder: RunFolder) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDS, str(folder.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline().strip() == b"held"
        with pytest.raises(CheckpointError, match="another process"):
            folder.writing()
    finally:
        holder.kill()
        holder.communicate()
    folder.writing().close()


def test_whether_somebody_writes_can_be_asked_without_a_right_to(folder: RunFolder) -> None:
    assert not folder.is_taken()
    with folder.writing():
        assert folder.is_taken() and folder.is_taken()
    assert not folder.is_taken()
    folder.path.rename(folder.path.with_name("away"))
    assert not folder.is_taken()


def test_who_only_looks_keeps_nobody_from_training(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.writing().close()
    looks = open(folder.path / ".lock", "rb")
    writing._lock(looks, is_shared=True)
    monkeypatch.setattr(writing.time, "sleep", lambda seconds: looks.close())  # it is gone at the next try
    folder.writing().close()
    assert looks.closed


def test_a_run_that_another_process_trains_is_not_deleted(folder: RunFolder) -> None:
    runs = Runs(folder.path.parent)
    with folder.writing():
        with pytest.raises(CheckpointError, match="being trained by another process"):
            runs.delete("rooms")
        assert [listed.folder.name for listed in runs.listed()] == ["rooms"]
    runs.delete("rooms")
    assert runs.listed() == []


def test_a_folder_that_is_gone_is_told_in_a_sentence(folder: RunFolder) -> None:
    os.remove(folder.path / "run.json")
    folder.path.rmdir()
    with pytest.raises(CheckpointError, match="cannot be written"):
        folder.writing()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EIO])
def test_a_disk_that_knows_no_locks_is_named_and_nobody_else_is_blamed(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    folder.writing().close()

    def without_locks(file: object, *, is_shared: bool = False) -> None:
        raise OSError(number, "No locks available")

    monkeypatch.setattr(writing, "_lock", without_locks)
    monkeypatch.setattr(writing.time, "sleep", lambda seconds: pytest.fail("it will not be otherwise in a moment"))
    with pytest.raises(CheckpointError, match=r"cannot be locked \(No locks available\): keep the runs on another disk"):
        folder.writing()
    assert not folder.is_taken(), "nobody is known to train it"


@pytest.mark.parametrize("taken", [BlockingIOError(errno.EAGAIN, "again"), PermissionError(errno.EACCES, "denied")])
def test_on_every_system_a_lock_that_is_held_means_another_process(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch, taken: OSError
) -> None:
    folder.writing().close()

    def held(file: object, *, is_shared: bool = False) -> None:
        raise taken

    monkeypatch.setattr(writing, "_lock", held)
    monkeypatch.setattr(writing, "_PAUSE", 0.0)
    with pytest.raises(CheckpointError, match="is being trained by another process"):
        folder.writing()
    assert folder.is_taken()


@pytest.mark.parametrize(
    "made", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/zero")], ids=["pipe", "folder", "link"]
)
def test_a_lock_that_is_no_file_is_not_waited_for_and_taken_by_nobody(folder: RunFolder, made: Callable[[Path], None]) -> None:
    made(folder.path / ".lock")
    assert not folder.is_taken()
    with pytest.raises(CheckpointError, match=r"\.lock cannot be written \("):
        folder.writing()
