"""Long runs: all profiles with two hundred seeds, an hour of drift, a million frames in bounded memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rollback import SessionConfig
from rollback.sim import Link, VirtualMatch
from tests.sim.games import Mixer

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1800)]

SOAK = """
import resource, sys
from rollback import SessionConfig
from rollback.sim import Link, VirtualMatch
from tests.sim.games import Mixer

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

class Watched(Mixer):
    seen = []
    def step(self, actions):
        super().step(actions)
        if self.steps % 10_000 == 0:
            Watched.seen.append((self.steps, resident()))

match = VirtualMatch(Watched, link=Link(latency_ms=40, jitter_ms=20, loss=0.05), config=SessionConfig(input_delay=1), seed=1)
report = match.run(int(sys.argv[1]))
warm = max(bytes for steps, bytes in Watched.seen if steps <= int(sys.argv[1]) // 10)
print(report.passed, report.frames, sum(report.rollbacks), report.lost, warm, Watched.seen[-1][1])
"""


def soak(frames: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SOAK, str(frames)], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=1500, check=False,
    )  # fmt: skip
    passed, settled, rollbacks, lost, warm, last = done.stdout.split() or [done.stderr] * 6
    assert passed == "True" and int(settled) == frames and int(rollbacks) > 100 and int(lost) > 100, done.stderr
    assert int(last) < int(warm) * 1.05, f"{int(warm) / 1e6:.1f} MB when warm, {int(last) / 1e6:.1f} MB in the end"


def test_a_million_frames_take_no_more_memory_than_a_hundred_thousand():
    soak(1_000_000)


def test_an_hour_of_drifting_clocks_keeps_both_sides_together_and_even():
    match = VirtualMatch(
        Mixer, link=Link(latency_ms=25, jitter_ms=10, loss=0.01), config=SessionConfig(input_delay=0),
        skew_ppm=(500, -500), seed=1,
    )  # fmt: skip
    report = match.run(3600 * 60)
    assert report.passed and report.frames == 3600 * 60
    assert report.gap <= 3 and report.stalls == [0, 0]
    low, high = sorted(report.rollbacks)
    assert low > 10_000 and high <= low * 1.2, report.rollbacks


@pytest.mark.parametrize("game", ["pong", "duel"])
def test_two_hundred_seeds_of_every_profile_diverge_nowhere(game):
    arguments = ["stress", "--game", game, "--profile", "all", "--seeds", "200", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", "from rollback.cli import main; main()", *arguments],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=1500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["passed"] and told["failures"] == [] and len(told["profiles"]) == 7
    assert all(each["matches"] == 200 and each["diverged"] == 0 for each in told["profiles"])
