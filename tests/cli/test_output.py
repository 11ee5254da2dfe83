"""The program's words end up somewhere, or it says that they could not, and never with a traceback."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rollback.cli import app
from rollback.cli.app import run
from rollback.cli.output import code_of, finish, forgive_encodings, is_unicode, say

PROGRAM = [sys.executable, "-c", "from rollback.cli import main; main()"]
FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("arguments", [["check", "pong", "--frames", "20"], ["--help"], ["--version"]])
def test_a_full_disk_is_one_sentence_and_its_own_code(arguments: list[str]) -> None:
    with FULL.open("w") as full:
        done = subprocess.run([*PROGRAM, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 74, done.stderr
    told = [line for line in done.stderr.splitlines() if not line.startswith("checking")]
    assert len(told) == 1 and "could not be written: No space left" in told[0], done.stderr


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
def test_nowhere_to_write_at_all_still_leaves_with_the_code() -> None:
    with FULL.open("w") as full:
        assert subprocess.run([*PROGRAM, "--help"], stdout=full, stderr=full, timeout=60).returncode == 74


def test_words_that_an_encoding_lacks_are_replaced() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*PROGRAM, "demo", "--help"], capture_output=True, env=environment, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Usage: rollback demo" in done.stdout and done.stdout.isascii()


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_both_streams_forgive(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, name, io.TextIOWrapper(raw, encoding="ascii"))
    forgive_encodings()
    print("a█b", file=getattr(sys, name), flush=True)
    assert raw.getvalue().strip() == b"a?b"


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("utf-8", True),
        ("UTF8", True),
        ("utf-16", True),
        ("ascii", False),
        ("latin-1", False),
        ("nonsense", False),
        (None, False),
    ],
)
def test_pictures_need_unicode(encoding: str | None, expected: bool) -> None:
    class Stream:
        pass

    stream: Any = Stream()
    stream.encoding = encoding
    assert is_unicode(stream) is expected
    assert not is_unicode(None)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 141),
        (OSError(errno.ENOSPC, "No space left on device"), 74),
        (OSError(errno.EIO, "Input/output error"), 74),
        (FileNotFoundError(errno.ENOENT, "No such file"), None),
        (ValueError("no"), None),
        (None, None),
    ],
)
def test_only_an_output_that_ended_has_a_code(
    error: BaseException | None, code: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code_of(error) == code
    assert capsys.readouterr().err.count("\n") == (code == 74)


def test_the_file_without_room_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    code_of(OSError(errno.ENOSPC, "No space left on device", "/some/file.json"))
    assert "could not be written to /some/file.json: No space" in capsys.readouterr().err


def test_the_programs_own_leaving_with_one_is_not_taken_for_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(*arguments: object, **options: object) -> None:
        sys.exit(1)

    def cut(*arguments: object, **options: object) -> None:
        try:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")
        except BrokenPipeError:
            sys.exit(1)

    for fail, code in ((leave, 1), (cut, 141)):
        monkeypatch.setattr(app, "build", lambda fail=fail: fail)
        assert run(["demo"]) == code


def test_a_stream_that_is_not_there_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    forgive_encodings()
    say("to nobody")
    assert finish(3) == 3
