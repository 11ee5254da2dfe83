"""The built-in games come to the same states on every Python; tests/browser holds the same for Pyodide."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rollback.games import Pong
from tests.cases import more_at_night
from tests.golden.traces import FRAMES, GAMES, PART, recorded, trace

ROOT = Path(__file__).resolve().parents[2]
PYENV = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
ELSEWHERE = """
import json
from tests.golden.traces import trace
print(json.dumps({name: trace(name) for name in %r}))
"""


def other_pythons() -> list[str]:
    """Return one interpreter of each other version that is on this machine and runs."""
    found = []
    for minor in range(11, 21):
        name = f"python3.{minor}"
        for path in (shutil.which(name), *map(str, PYENV.glob(f"3.{minor}.*/bin/{name}"))):
            if minor == sys.version_info.minor or path is None:
                continue
            if subprocess.run([path, "-c", ""], capture_output=True, timeout=60).returncode == 0:  # a shim may lead nowhere
                found.append(path)
                break
    return found


@pytest.mark.parametrize("name", GAMES)
def test_a_game_comes_to_the_recorded_states(name: str) -> None:
    assert trace(name) == recorded()[name], "if the game was changed on purpose: python -m tests.golden.traces"


def test_what_is_recorded_is_long_enough_to_mean_something() -> None:
    for name, told in recorded().items():
        assert told["frames"] == FRAMES == 10_000 and len(set(told["parts"])) == FRAMES // PART, name
        assert told["matches"] > 1, f"{name}: no match came to its end"
    assert set(recorded()) == set(GAMES)


def test_a_game_that_differs_for_ten_frames_is_found_in_its_part(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slipping(Pong):
        """Players who hold each other's paddle, for ten frames of ten thousand."""

        frames = 0

        def step(self, actions: Any) -> None:
            self.frames += 1
            super().step(actions[::-1] if 1_500 <= self.frames < 1_510 else actions)

    monkeypatch.setitem(GAMES, "pong", Slipping)
    parts = trace("pong", 2_000)["parts"]
    assert parts[0] == recorded()["pong"]["parts"][0]
    assert parts[1] != recorded()["pong"]["parts"][1]


# The newest of them in each run.
@pytest.mark.parametrize("which", more_at_night([slice(-1, None), slice(None, -1)], 1), ids=str)
def test_other_pythons_of_this_machine_come_to_the_same(which: slice) -> None:
    for name in other_pythons()[which]:
        done = subprocess.run(
            [name, "-c", ELSEWHERE % (list(GAMES),)],
            capture_output=True,
            text=True,
            timeout=100,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert done.returncode == 0, f"{name}: {done.stderr}"
        assert json.loads(done.stdout) == recorded(), name


def test_another_process_with_another_seed_for_hashes_comes_to_the_same() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE % (["pong", "gridworld"],)],
        capture_output=True,
        text=True,
        timeout=100,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "1234"},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {name: recorded()[name] for name in ("pong", "gridworld")}
