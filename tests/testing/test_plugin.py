"""The fixtures as a user's own test run finds them; and a run that does not ask for them does not notice the plugin."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
GAME = """
class Sound:
    players = 2
    def __init__(self): self.numbers, self.hidden = (0, 0), 0
    def reset(self, seed): self.numbers, self.hidden = (seed, 0), 0
    def step(self, actions): self.numbers = tuple(n * 3 % 1009 + a for n, a in zip(self.numbers, actions))
    def save(self): return self.numbers
    def load(self, state): self.numbers = state

class Broken(Sound):
    def step(self, actions):
        self.hidden += 1
        super().step([actions[0] + self.hidden, actions[1]])
"""
WHAT_IS_LOADED = """
import sys
import pytest
before = set(sys.modules)
import rollback.testing.plugin
print(sorted(set(sys.modules) - before))
"""
HOW_LONG = """
import sys, time
import pytest
start = time.process_time()
import rollback.testing.plugin
print(time.process_time() - start)
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest as a user would, in a process of its own, with warnings as errors and no settings of ours."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "-q", *arguments],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\nasyncio_default_fixture_loop_scope = function\n")
    (tmp_path / "my_game.py").write_text(GAME)
    return tmp_path


def test_pytest_finds_the_plugin_where_the_package_is_installed() -> None:
    found = [entry for entry in entry_points(group="pytest11") if entry.name == "rollback"]
    assert [entry.value for entry in found] == ["rollback.testing.plugin"], "install the package anew: pip install -e ."


def test_a_game_is_tested_in_three_lines(project: Path) -> None:
    (project / "test_my_game.py").write_text(
        "from my_game import Sound\n"
        "def test_my_game_over_a_bad_line(virtual_match):\n"
        "    virtual_match(Sound, link='mobile', seed=7, frames=300)\n"
        "def test_both_sides_end_alike(lossy_pair):\n"
        "    pair = lossy_pair(Sound, seed=3).run(200)\n"
        "    assert pair.states[0] == pair.states[1] and pair.rollbacks > 0\n"
        "def test_the_pair_lives_by_the_clock_of_the_test(lossy_pair, virtual_clock):\n"
        "    lossy_pair(Sound).run(60)\n"
        "    assert 1 <= virtual_clock() < 3\n"
        "def test_every_test_has_its_own_clock(virtual_clock):\n"
        "    assert virtual_clock() == 0 and virtual_clock.advance(2) == 2\n"
    )
    done = run(project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout


def test_a_broken_game_fails_its_test_with_frame_and_seed(project: Path) -> None:
    (project / "test_my_game.py").write_text(
        "from my_game import Broken\ndef test_my_game(virtual_match):\n    virtual_match(Broken, seed=11)\n"
    )
    done = run(project)
    assert done.returncode == 1
    assert "Broken: the match came apart (seed=11, frames=300" in done.stdout
    assert "peers 0 and 1 differ at frame" in done.stdout and "1 failed" in done.stdout


def test_the_example_is_run_by_pytest_as_it_says(project: Path) -> None:
    example = project / "stress_my_game.py"
    example.write_text((ROOT / "examples" / "stress_my_game.py").read_text())
    done = run(project, str(example))
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_the_fixtures_explain_themselves(project: Path) -> None:
    said = run(project, "--fixtures").stdout
    for name in ("virtual_match", "virtual_clock", "lossy_pair"):
        assert f"{name} --" in said or f"{name} " in said
    assert "Play a whole match of a game over a virtual network." in said


def test_a_fixture_of_the_users_own_comes_first(project: Path) -> None:
    (project / "conftest.py").write_text("import pytest\n@pytest.fixture\ndef virtual_clock():\n    return 'mine'\n")
    (project / "test_mine.py").write_text("def test_mine(virtual_clock):\n    assert virtual_clock == 'mine'\n")
    assert run(project).returncode == 0


def test_a_run_that_asks_for_nothing_loads_nothing(project: Path) -> None:
    (project / "test_other.py").write_text(
        "import sys\n"
        "def test_nothing_of_the_engine_is_here():\n"
        "    assert 'rollback.testing.plugin' in sys.modules\n"
        "    for name in ('rollback.core', 'rollback.sim', 'rollback.game', 'msgpack', 'numpy'):\n"
        "        assert name not in sys.modules, name\n"
    )
    done = run(project)
    assert done.returncode == 0, done.stdout


def test_the_plugin_can_be_switched_off(project: Path) -> None:
    (project / "test_mine.py").write_text("def test_mine(virtual_clock):\n    pass\n")
    done = run(project, "-p", "no:rollback")
    assert "fixture 'virtual_clock' not found" in done.stdout


def outcome(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()


def test_the_plugin_imports_itself_and_nothing_else() -> None:
    assert outcome(WHAT_IS_LOADED) == "['rollback', 'rollback.testing', 'rollback.testing.plugin']"


def test_the_plugin_is_there_in_an_instant() -> None:
    quickest = min(float(outcome(HOW_LONG)) for _ in range(5))  # of the processor's time: others may be busy
    assert quickest < 0.005
