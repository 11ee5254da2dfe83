"""What `rollback.sim` loads: nothing of others, and no processes, until they are asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import rollback.sim

ROOT = Path(__file__).resolve().parents[2]
WITHOUT = """
import sys
for name in ("numpy", "gymnasium", "aiortc", "multiprocessing", "_multiprocessing", "subprocess", "_posixsubprocess", "rich"):
    sys.modules[name] = None
from rollback.sim import Link, MatchSpec, simulate, summarize
specs = [MatchSpec(game="pong", frames=40), MatchSpec(game="duel", frames=40, link=Link(latency_ms=50, loss=0.1))]
results = simulate(specs, seed=3)
print(summarize(results).digest, [result.status for result in results])
"""
LOADED = """
import sys
import rollback.sim
print(sorted(name for name in sys.modules if name.startswith("rollback.")))
from rollback.sim import MatchSpec, simulate
simulate([MatchSpec(game="pong", frames=3)])
print([name for name in ("rollback.core", "rollback.wire", "numpy", "gymnasium", "multiprocessing") if name in sys.modules])
"""


def run(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()


def test_matches_are_simulated_without_numpy_and_without_processes_as_in_a_browser() -> None:
    from rollback.sim import Link, MatchSpec, simulate, summarize

    specs = [MatchSpec(game="pong", frames=40), MatchSpec(game="duel", frames=40, link=Link(latency_ms=50, loss=0.1))]
    assert run(WITHOUT) == [f"{summarize(simulate(specs, seed=3)).digest} ['truncated', 'truncated']"]


def test_importing_it_loads_nothing_and_a_plain_match_no_engine_and_nothing_of_others() -> None:
    assert run(LOADED) == ["['rollback.sim']", "[]"]


def test_its_names_are_these() -> None:
    names = [
        "Failure", "Link", "MatchReport", "MatchResult", "MatchSpec", "VirtualMatch", "isimulate", "read_results", "simulate",
        "summarize", "write_results",
    ]  # fmt: skip
    assert rollback.sim.__all__ == names == dir(rollback.sim)
    with pytest.raises(AttributeError, match=r"module 'rollback.sim' has no attribute 'nothing'"):
        rollback.sim.nothing  # noqa: B018
