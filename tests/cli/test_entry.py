"""Ctrl-C while the program still loads: at one import after another, by the program's own hand."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rollback.cli import entry

ROOT = Path(__file__).resolve().parents[2]
# Sends itself a SIGINT as soon as a module is looked for.
AT_AN_IMPORT = """
import os, signal, sys
awaited = sys.argv.pop(1)
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == awaited:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
sys.path.insert(0, ROOT)
from rollback.cli import main
main()
""".replace("ROOT", repr(str(ROOT)))


@pytest.mark.parametrize(
    ("module", "command"),
    [
        ("rollback.cli.app", ["train", "gridworld"]),
        ("typer", ["serve", "--port", "0"]),
        ("rollback.cli.studio", ["studio", "--port", "0"]),
        ("rollback.cli.train_run", ["train", "gridworld"]),
        ("rollback.studio.trainer", ["train", "gridworld"]),
        ("socketio", ["serve", "--port", "0"]),
    ],
)
def test_ctrl_c_at_an_import_leaves_as_anywhere_else(module: str, command: list[str], tmp_path: Path) -> None:
    words = [sys.executable, "-c", AT_AN_IMPORT, module, *command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_what_hears_of_ctrl_c_loads_next_to_nothing() -> None:
    told = "import sys; before = set(sys.modules); import rollback.cli; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-S", "-c", told], capture_output=True, text=True, timeout=60, cwd=ROOT)
    loaded = done.stdout.split()
    assert "rollback.cli.entry" in loaded and not {"typing", "re", "typer", "rollback.cli.app"} & set(loaded)


def test_a_program_that_is_deaf_to_ctrl_c_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from rollback.cli import app

    found: list[object] = []
    monkeypatch.setattr(app, "main", lambda: found.append(signal.getsignal(signal.SIGINT)))
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        entry.main()
        entry.loaded()
        assert found == [signal.SIG_IGN] and signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        signal.signal(signal.SIGINT, signal.default_int_handler)
        entry.main()
        assert found[1] is entry._leave
        entry.loaded()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
