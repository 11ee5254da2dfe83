"""Matches on several processes: the same outcomes in the same order, whatever dies."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from rollback.errors import GameError
from rollback.sim.link import Link
from rollback.sim.plan import MatchPlan
from rollback.sim.workers import DIED, play, play_all
from tests.sim.games import Mixer

ROOT = Path(__file__).resolve().parents[2]
LINE = Link(latency_ms=40, jitter_ms=30, loss=0.1)


def plans_of(game: str, count: int, frames: int = 60) -> list[MatchPlan]:
    return [MatchPlan(game=f"tests.sim.games:{game}", seed=seed, frames=frames, link=LINE) for seed in range(count)]


def test_one_process_and_several_come_to_the_same_in_the_same_order():
    plans = plans_of("Mixer", 9)
    told: list[int] = []
    one = list(play_all(plans, 1))
    two = list(play_all(plans, 2, lambda outcome: told.append(outcome.plan.seed)))
    assert [outcome.plan.seed for outcome in one] == [outcome.plan.seed for outcome in two] == list(range(9))
    assert [outcome.report.to_dict() for outcome in one] == [outcome.report.to_dict() for outcome in two]
    assert all(outcome.passed and sum(outcome.report.rollbacks) > 0 for outcome in one)
    assert sorted(told) == list(range(9))


def test_a_match_that_kills_its_process_is_named_and_all_others_are_played():
    outcomes = list(play_all(plans_of("Sleepy", 8), 2))
    assert [outcome.plan.seed for outcome in outcomes] == list(range(8))
    assert [outcome.plan.seed for outcome in outcomes if outcome.trouble == DIED] == [3, 5]
    assert all(outcome.passed for outcome in outcomes if outcome.plan.seed not in (3, 5))


def is_running(process_id):
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def test_leaving_early_ends_all_processes():
    before = {child.pid for child in multiprocessing.active_children()}
    with closing(play_all(plans_of("Mixer", 40, 600), 2)) as outcomes:
        assert next(outcomes).plan.seed == 0
        during = {child.pid for child in multiprocessing.active_children()} - before
    assert len(during) == 2
    # The system is asked: `active_children` still names, for a moment, a child whose end another thread was told.
    assert not any(map(is_running, during))


def test_what_keeps_a_match_from_being_played_is_its_outcome():
    assert "prediction_window" in play(MatchPlan(game="pong", window=99)).trouble

    def broken():
        raise RuntimeError("no board")

    assert play(MatchPlan(game="pong"), broken).trouble == "RuntimeError: no board"
    assert play(MatchPlan(game="pong", frames=30), Mixer).passed


def test_a_game_that_is_not_there_is_told_before_anything_is_played():
    with pytest.raises(GameError, match=r"there is no module 'nowhere'"):
        list(play_all([MatchPlan(game="nowhere:Game")], 1))


CHILDREN = """
import multiprocessing, sys
from rollback.sim.workers import play_all
from tests.sim.test_workers import plans_of
if __name__ == "__main__":
    outcomes = play_all(plans_of("Mixer", 400, 600), 2)
    next(outcomes)
    print(*[child.pid for child in multiprocessing.active_children()], flush=True)
    for outcome in outcomes:
        pass
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_no_process_is_left_when_the_parent_is_interrupted_or_killed(how, tmp_path):
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
        parent.send_signal(how)
        assert parent.wait(timeout=30) != 0
    deadline = time.monotonic() + 20
    while any(_runs(child) for child in children):
        assert time.monotonic() < deadline, "a worker outlived its parent"
        os.sched_yield()


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
