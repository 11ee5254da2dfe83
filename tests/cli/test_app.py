"""The program as a whole: help everywhere, one sentence for every wrong use, and the exit codes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import rollback
from rollback.cli import app
from rollback.cli.app import COMMANDS, run
from rollback.errors import DesyncError, GameError, MissingPackage, NetworkError, ReplayError

PROGRAM = [sys.executable, "-c", "from rollback.cli import main; main()"]


def started(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        [*PROGRAM, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, **options
    )


@pytest.mark.parametrize("command", [[name] for name in COMMANDS] + [["replay", "verify"], []])
def test_every_command_explains_itself(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command, "--help"]) == 0
    told = capsys.readouterr().out
    assert "Usage: rollback" in told
    assert "--help" in told
    assert re.search(r"Example: rollback|Start with: rollback demo", told)


def test_without_arguments_there_is_the_help(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run([]) == 0
    told = capsys.readouterr().out
    for name in COMMANDS:
        assert name in told


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"rollback {rollback.__version__}\n"


WRONG = [
    (["nosuch"], "No such command 'nosuch'"),
    (["--nosuch"], "No such option: --nosuch"),
    (["demo", "--frames", "0"], "--frames must be"),
    (["demo", "--frames", "many"], "--frames must be"),
    (["demo", "--loss", "3"], "--loss must be"),
    (["demo", "--loss", "1"], "no match can begin"),
    (["demo", "--latency-ms", "-1"], "--latency-ms must be"),
    (["demo", "--transport", "pigeon"], "--transport must be"),
    (["demo", "--on-disconnect", "cry"], "--on-disconnect must be"),
    (["demo", "--game", "ponk"], "did you mean pong?"),
    (["demo", "--game", "no/such.py:Game"], "there is no file"),
    (["demo", "--keyboard"], "needs a terminal"),
    (["demo", "--replay", "/no/such/folder/x.rbr"], "there is no folder"),
    (["demo", "extra"], "unexpected extra argument"),
    (["serve", "--port", "70000"], "--port must be"),
    (["serve", "--game", "pong", "--players", "9"], "pong is a game for 2 players, not for 9"),
    (["serve", "--game", "ponk"], "did you mean pong?"),
    (["serve", "--game", "gym:CartPole-v1?players=1"], "a match needs at least two players"),
    (["play", "K7QW-3MZP"], "needs a terminal"),
    (["play", "K7QW-3MZP", "--bot", "bset"], "did you mean best?"),
    (["play", "K7QW-3MZP", "--bot", "best", "--window"], "exclude each other"),
    (["play", "--bot", "best", "--ice-server", "foo"], "--ice-server cannot be used: the URL of an ICE server must start with"),
    (["play", "--bot", "best", "--ice-address", "999.1"], "--ice-address cannot be used: it must be an IP address"),
    (["play", "a", "b"], "unexpected extra argument"),
    (["play", "--bot", "best", "--game", "ponk"], "did you mean pong?"),
    (["check"], "Missing argument 'NAME'"),
    (["check", "ponk"], "did you mean pong?"),
    (["check", "pong", "--frames", "0"], "--frames must be"),
    (["check", "pong", "--distance", "61"], "--distance must be"),
    (["replay"], "Missing command"),
    (["replay", "verify"], "Missing argument"),
    (["replay", "verify", "/no/such/file.rbr"], "No such file"),
]


@pytest.mark.parametrize(("arguments", "told"), WRONG)
def test_wrong_use_is_one_sentence_and_two(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with open(os.devnull) as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        assert run(arguments) == 2
    said = capsys.readouterr()
    assert told in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (GameError("no game"), 2),
        (ReplayError("no replay"), 2),
        (MissingPackage("a window", "pygame-ce", "window"), 2),
        (NetworkError("no lobby"), 3),
        (DesyncError("not the same", frame=3), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_kind_of_error_has_its_code(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(app, "build", lambda: fail)
    assert run(["demo"]) == code
    said = capsys.readouterr().err
    assert said == (f"rollback: {error}\n" if not isinstance(error, KeyboardInterrupt) else "")


def test_a_fault_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(app, "build", lambda: fail)
    with pytest.raises(ZeroDivisionError):
        run(["demo"])


def test_the_installed_program_is_this_one() -> None:
    done = started("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"rollback {rollback.__version__}\n", "")


def test_help_is_quick_because_no_engine_is_loaded_for_it() -> None:
    code = (
        "import sys; from rollback.cli.app import run; run(['--help']);"
        " print([name for name in ('numpy', 'aiortc', 'socketio', 'uvicorn', 'pygame', 'gymnasium', 'rollback.core',"
        " 'rollback.net', 'signaling') if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stderr == "[]\n"


def test_a_reader_that_has_enough_leaves_no_traceback(tmp_path: Path) -> None:
    for arguments in (["check", "pong", "--frames", "20"], ["check", "pong", "--json", "--frames", "20"], ["--help"]):
        reading, writing = os.pipe()
        os.close(reading)
        with open(tmp_path / "errors", "w") as errors:
            done = subprocess.run([*PROGRAM, *arguments], stdout=writing, stderr=errors, timeout=60)
        os.close(writing)
        told = (tmp_path / "errors").read_text()
        assert "Traceback" not in told, told
        assert "Exception ignored" not in told, told
        assert done.returncode == 141
