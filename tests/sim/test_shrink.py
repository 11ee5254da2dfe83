"""A failing match is made small, and fails the same way all the while."""

from __future__ import annotations

import dataclasses
import json

import pytest

from rollback.sim.link import Link
from rollback.sim.plan import MatchPlan
from rollback.sim.shrink import MOST, Shrunk, failure_of, shrink
from tests.sim.games import DeepDesync, Mixer

MESSY = MatchPlan(
    game="tests.sim.games:DeepDesync",
    seed=3,
    frames=900,
    link=Link(
        latency_ms=83,
        jitter_ms=47,
        loss=0.07,
        duplicate=0.1,
        reorder=0.1,
        burst=(0.01, 3),
        blackouts=((5.0, 0.3), (7.0, 0.2)),
    ),
    delays=(0, 1),
    skew_ppm=(150.0, -80.0),
    phases=(0.25, 0.75),
    incidents=(
        {"frame": 50, "kind": "set_delay", "player": 0, "frames": 2},
        {"frame": 90, "kind": "pause", "peer": 1, "seconds": 0.4},
        {"frame": 120, "kind": "set_delay", "player": 0, "frames": 0},
        {"frame": 150, "kind": "partition", "groups": [[0], [1]]},
        {"frame": 152, "kind": "heal"},
    ),
)


@pytest.fixture(scope="module")
def small() -> Shrunk:
    return shrink(MESSY)


@pytest.mark.nightly
def test_a_game_that_desyncs_after_frame_200_is_shrunk_to_just_past_it(small):
    before, _ = failure_of(MESSY)
    plan = small.plan
    assert before == plan.failing == "states" and failure_of(plan)[0] == "states"
    assert 201 <= plan.frames <= 215, "the fewest frames in which it can happen"
    assert plan.incidents == () and plan.skew_ppm == () and plan.delays == (0,)
    told = plan.link.to_dict()
    assert not {"duplicate", "reorder", "burst", "blackouts"} & set(told), "what the failure does not need is gone"
    assert plan.link.latency_ms + plan.link.jitter_ms >= 20, "rollbacks of three frames need late inputs"
    assert small.tried <= MOST


@pytest.mark.nightly
def test_one_step_simpler_it_would_not_fail(small):
    plan = small.plan
    assert failure_of(dataclasses.replace(plan, frames=200))[0] != "states"
    assert failure_of(dataclasses.replace(plan, link=Link()))[0] != "states"
    assert failure_of(plan, lambda plan: plan.run(Mixer)) == ("", -1), "and the sound game passes it"


def test_a_match_that_passes_is_left_as_it_is():
    plan = dataclasses.replace(MESSY, game="tests.sim.games:Mixer")
    small = shrink(plan)
    assert small.plan == plan and small.tried == 1


def test_what_needs_its_incident_keeps_it():
    def fails_with_heal(plan):
        return _report(bool([each for each in plan.incidents if each["kind"] == "heal"]) and plan.link.loss > 0.02)

    plan = shrink(MESSY, fails_with_heal).plan
    assert [each["kind"] for each in plan.incidents] == ["heal"]
    assert plan.link == Link(loss=plan.link.loss) and 0.02 < plan.link.loss <= 0.07
    assert plan.frames <= 11


def test_only_the_same_failure_counts():
    def fails_differently(plan):
        return _report(True, "given" if plan.link.loss > 0.01 else "bounded")

    assert shrink(MESSY, fails_differently).plan.link.loss > 0.01


def test_the_search_is_bounded_and_tells_where_it_stands():
    told: list[int] = []
    count = iter(range(10**6))

    def fails_at_times(plan):
        return _report(next(count) % 3 != 1)

    small = shrink(MESSY, fails_at_times, lambda tried, plan: told.append(tried))
    assert small.tried <= MOST and told == list(range(2, small.tried + 1))


@pytest.mark.nightly
def test_a_shrunk_match_survives_being_written_down(small, tmp_path):
    plan = small.plan
    plan.save(tmp_path / "small.json")
    assert len(json.dumps(plan.to_dict())) < 400
    again = MatchPlan.load(tmp_path / "small.json")
    assert again == plan and failure_of(again, lambda plan: plan.run(DeepDesync))[0] == "states"


def test_a_plan_that_cannot_be_played_fails_by_its_error():
    assert failure_of(MatchPlan(game="pong", window=99)) == ("ConfigError", 0)


class _report:
    def __init__(self, fails: bool, oracle: str = "states") -> None:
        from rollback.sim import Failure

        self.failures = (Failure(oracle, 5, 0, "", ""),) if fails else ()
