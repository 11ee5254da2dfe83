"""`python -m rollback` is the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rollback import __version__


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rollback", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).resolve().parents[2],
    )


def test_it_runs_the_commands() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"rollback {__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["replay", "show", "no-such-file.rbr"], 2, "rollback: the replay 'no-such-file.rbr' cannot be read"),
        (["no-such-command"], 2, "rollback --help shows what there is"),
    ],
)
def test_it_leaves_with_the_code_of_the_command(arguments: list[str], code: int, told: str) -> None:
    done = run(*arguments)
    assert done.returncode == code
    assert told in done.stderr and "Traceback" not in done.stderr


def test_importing_it_starts_nothing() -> None:
    import rollback.__main__  # noqa: F401
