"""What is no file is told at once, and never waited for."""

import os
import socket
from pathlib import Path

import pytest

from rollback.agents.checkpoints.only_files import only_files, only_files_here

STRANGE = {
    "pipe": os.mkfifo,
    "folder": os.mkdir,
    "device": lambda path: os.symlink("/dev/zero", path),
}


@pytest.mark.parametrize("mode", ["rb", "ab", "a+b"])
@pytest.mark.parametrize("kind", STRANGE)
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, kind: str, mode: str) -> None:
    path = tmp_path / "strange"
    STRANGE[kind](path)
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    with pytest.raises(OSError) as caught:
        open(path, mode, buffering=0, opener=only_files)
    assert caught.value.strerror in ("it is no file", "Is a directory")
    assert not before or len(os.listdir("/proc/self/fd")) == before


def test_a_pipe_that_somebody_reads_takes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reads = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(OSError, match="it is no file"):
            open(path, "ab", opener=only_files)
    finally:
        os.close(reads)


def test_a_socket_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # its name may only be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        with pytest.raises(OSError, match="it is no file"):
            open("socket", "rb", opener=only_files)


def test_a_file_is_made_read_and_added_to_as_ever(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for opener in (only_files, only_files_here):
        with open(path, "ab", opener=opener) as file:
            file.write(b"1")
    with open(path, "rb", opener=only_files) as file:
        assert file.read() == b"11"
    with pytest.raises(FileNotFoundError):
        open(tmp_path / "none", "rb", opener=only_files)


def test_a_link_is_followed_but_where_a_file_may_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    with open(tmp_path / "link", "rb", opener=only_files) as file:
        assert file.read() == b"x"
    (tmp_path / "nowhere").symlink_to("unmade")
    with pytest.raises(OSError):
        open(tmp_path / "nowhere", "ab", opener=only_files_here)
    assert not (tmp_path / "unmade").exists()
