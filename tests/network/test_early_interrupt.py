"""Ctrl-C soon after a command was typed: no traceback, whichever moment it is."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

from tests.network.program import PATIENCE, PROGRAM

COMMANDS = (["train", "gridworld", "--steps", "100000000"], ["serve", "--port", "0"], ["studio", "--port", "0"])
MOMENTS = [0.1 * number for number in range(7)]  # seconds


def test_ctrl_c_in_the_first_moments_leaves_without_a_traceback(tmp_path: Path) -> None:
    quiet = 0
    for number, moment in enumerate(MOMENTS):
        words = [*PROGRAM, *COMMANDS[number % len(COMMANDS)]]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
        try:
            time.sleep(moment)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
            process.wait()
        if process.returncode == -signal.SIGINT:  # it came before the first line of ours: that is the interpreter's own way
            assert "rollback/cli/app.py" not in said, said
            continue
        assert process.returncode == 130 and "Traceback" not in said and "KeyboardInterrupt" not in said, said
        quiet += 1
    assert quiet > 0
