"""The matches of a stress run: the same outcomes in the same order wherever they are played, whatever dies or hangs."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from rollback.errors import UsageError
from rollback.sim.link import Link
from rollback.sim.plan import MatchPlan
from rollback.sim.stress import DIED, ENDED
from rollback.sim.stress_run import play_all

ROOT = Path(__file__).resolve().parents[2]
LINE = Link(latency_ms=40, jitter_ms=30, loss=0.1)


def plans_of(game: str, count: int, frames: int = 60, first: int = 0) -> list[MatchPlan]:
    seeds = range(first, first + count)
    return [MatchPlan(game=f"tests.sim.games:{game}", seed=seed, frames=frames, link=LINE) for seed in seeds]


def test_one_process_and_several_come_to_the_same_in_the_same_order():
    plans = plans_of("Mixer", 9, first=20)
    told: list[tuple[int, int | None]] = []
    one = list(play_all(plans))
    two = list(play_all(plans, backend="process", workers=2, on_progress=lambda *each: told.append(each)))
    assert [outcome.plan for outcome in one] == [outcome.plan for outcome in two] == plans
    assert [outcome.report.to_dict() for outcome in one] == [outcome.report.to_dict() for outcome in two]
    assert all(outcome.passed and sum(outcome.report.rollbacks) > 0 for outcome in one)
    assert told == [(done, 9) for done in range(1, 10)]


def test_a_match_that_kills_its_process_and_one_that_hangs_are_named_and_all_others_are_played():
    plans = [*plans_of("Sleepy", 7), *plans_of("Hanging", 3)]
    outcomes = list(play_all(plans, backend="process", workers=2, timeout=3.0, retries=1))
    assert [outcome.plan for outcome in outcomes] == plans
    assert [place for place, outcome in enumerate(outcomes) if outcome.trouble == DIED] == [3, 5]
    assert [place for place, outcome in enumerate(outcomes) if outcome.trouble == ENDED] == [8]
    assert [outcome.passed for outcome in outcomes] == [place not in (3, 5, 8) for place in range(10)]


def test_leaving_early_ends_all_processes():
    before = {child.pid for child in multiprocessing.active_children()}
    with closing(play_all(plans_of("Mixer", 40, 600), backend="process", workers=2)) as outcomes:
        assert next(outcomes).plan.seed == 0
        during = {child.pid for child in multiprocessing.active_children()} - before
    assert len(during) == 2
    assert not any(map(_is_running, during))


def _is_running(process_id):
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_match_that_fails_has_its_report_and_one_that_cannot_be_played_its_reason():
    broken = MatchPlan(game="tests.sim.games:DeepDesync", seed=1, frames=400, link=Link(latency_ms=80, jitter_ms=30, loss=0.1))
    wrong, nowhere = MatchPlan(game="pong", window=99), MatchPlan(game="nowhere:Game")
    failed, *others = list(play_all([broken, wrong, nowhere]))
    assert not failed.passed and failed.trouble == "" and failed.why.startswith("states: frame")
    assert failed.report.to_dict() == broken.run().to_dict()
    assert [outcome.report for outcome in others] == [None, None]
    assert others[0].trouble.startswith("prediction_window") and others[1].trouble.startswith("there is no module 'nowhere'")


def test_a_run_that_was_left_goes_on_from_its_journal(tmp_path):
    plans, path = plans_of("Mixer", 6), tmp_path / "run.jsonl"
    with closing(play_all(plans, journal=path)) as outcomes:
        before = [next(outcomes) for _ in range(4)]
    played: list[int] = []

    class Watched(MatchPlan):
        """Notes that it is played."""

        def play(self, seed, shared):
            played.append(self.seed)
            return super().play(seed, shared)

    again = [Watched(game=plan.game, seed=plan.seed, frames=plan.frames, link=plan.link) for plan in plans]
    after = list(play_all(again, journal=path))
    assert played == [4, 5]
    assert [outcome.report.to_dict() for outcome in after[:4]] == [outcome.report.to_dict() for outcome in before]
    assert all(outcome.passed for outcome in after) and len(after) == 6


def test_a_journal_of_other_matches_is_refused(tmp_path):
    path = tmp_path / "run.jsonl"
    list(play_all(plans_of("Mixer", 2), journal=path))
    with pytest.raises(UsageError, match="belongs to other matches"):
        list(play_all(plans_of("Mixer", 2, first=1), journal=path))


CHILDREN = """
import multiprocessing
from rollback.sim.stress_run import play_all
from tests.sim.test_stress_run import plans_of
if __name__ == "__main__":
    outcomes = play_all(plans_of("Mixer", 400, 600), backend="process", workers=2)
    next(outcomes)
    print(*[child.pid for child in multiprocessing.active_children()], flush=True)
    for outcome in outcomes:
        pass
"""


def test_no_process_is_left_when_the_parent_is_killed(tmp_path):
    program = tmp_path / "many.py"
    program.write_text(CHILDREN)
    parent = subprocess.Popen(
        [sys.executable, str(program)], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert parent.stdout is not None
    with parent.stdout:
        children = [int(word) for word in parent.stdout.readline().split()]
        assert len(children) == 2
        parent.kill()
        assert parent.wait(timeout=60) != 0
    deadline = time.monotonic() + 60
    while any(_runs(child) for child in children):
        assert time.monotonic() < deadline, "a worker outlived its parent"
        os.sched_yield()


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
