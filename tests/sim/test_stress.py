from __future__ import annotations

import pytest

from rollback.sim import Failure, Link
from rollback.sim.plan import MatchPlan
from rollback.sim.pool.result import MatchResult
from rollback.sim.profiles import PROFILES, Profile
from rollback.sim.report import MatchReport, quantile
from rollback.sim.stress import DIED, ENDED, Outcome, outcome_of, plan_for, summarize

LOSSY = Profile("lossy", "", Link(loss=0.1))
PLAN = MatchPlan(game="pong")


def report(**changes) -> MatchReport:
    values = {
        "parity": True, "first_divergence": None, "failures": (), "frames": 100, "seconds": 30.0, "lost": 10, "sent": 100,
        "rollbacks": [4, 6], "resimulated": [8, 9], "stalls": [1, 3], "depths": [{1: 3, 2: 1}, {2: 5, 7: 1}],
        "bytes_per_second": [1024.0, 3072.0], "confirmed": [99, 99], "lag": [1.0, 2.0], "frames_ahead": [0.5, -0.5], "gap": 2,
        "ended": ["end_at", "end_at"], "inputs_varied": True,
    }  # fmt: skip
    return MatchReport(**{**values, **changes})  # type: ignore[arg-type]


def test_the_matches_of_a_profile_are_added_up():
    summary = summarize(LOSSY, [Outcome(PLAN, report()), Outcome(PLAN, report(gap=3, lost=30))], window=8)
    assert summary.proves and summary.matches == 2 and summary.failed == summary.diverged == 0
    assert summary.rollbacks == 20 and summary.rollbacks_per_100 == 5.0
    assert (summary.depth_median, summary.depth_p99, summary.depth_max) == (2, 7, 7)
    assert summary.stalls_per_minute == 4.0 and summary.lag == 1.5 and summary.kib_per_second == 2.0
    assert summary.frames_ahead == 0.5 and summary.gap == 3 and summary.lost == 0.2


def test_failures_and_lost_parity_are_counted():
    failure = Failure("states", 3, 1, "a", "b")
    outcomes = [
        Outcome(PLAN, report(parity=False, failures=(failure,))),
        Outcome(PLAN, report(failures=(Failure("bounded", 3, 1, "a", "b"),))),
        Outcome(PLAN, None, "the process that played it died"),
        Outcome(PLAN, report()),
    ]
    summary = summarize(LOSSY, outcomes, window=8)
    assert (summary.matches, summary.failed, summary.diverged) == (4, 3, 1)
    assert [outcome.passed for outcome in outcomes] == [False, False, False, True]
    assert outcomes[0].why == "states: frame 3 at peer 1: expected a, found b"
    assert outcomes[2].why == "the process that played it died" and outcomes[3].why == ""


@pytest.mark.parametrize(
    ("profile", "window", "changes", "premises"),
    [
        (LOSSY, 8, {}, []),
        (LOSSY, 8, {"rollbacks": [0, 0]}, ["nothing was rolled back"]),
        (LOSSY, 0, {"rollbacks": [0, 0]}, []),
        (LOSSY, 8, {"lost": 0}, ["no datagram was lost"]),
        (PROFILES["lan"], 8, {"lost": 0}, []),
        (LOSSY, 8, {"inputs_varied": False}, ["the inputs never varied"]),
        (LOSSY, 8, {"frames": 0}, ["no frame settled"]),
    ],
)
def test_matches_that_cannot_show_a_fault_prove_nothing(profile, window, changes, premises):
    summary = summarize(profile, [Outcome(PLAN, report(**changes))] * 3, window=window)
    assert summary.premises == premises and summary.proves is not premises


def test_no_match_proves_nothing():
    assert summarize(LOSSY, [], window=8).premises == ["no match was played"]
    assert summarize(LOSSY, [Outcome(PLAN, None, "died")], window=8).premises == ["no match was played"]


@pytest.mark.parametrize(
    ("depths", "share", "depth"),
    [
        ({}, 0.5, 0),
        ({3: 1}, 0.5, 3),
        ({1: 50, 2: 49, 9: 1}, 0.5, 1),
        ({1: 50, 2: 49, 9: 1}, 0.99, 2),
        ({1: 1, 9: 1}, 0.99, 9),
    ],
)
def test_quantiles_of_a_histogram(depths, share, depth):
    assert quantile(depths, share) == depth


def test_the_match_of_a_seed_is_always_the_same_and_those_of_two_seeds_begin_differently():
    def plan(seed):
        return plan_for(PROFILES["drift"], game="pong", players=3, seed=seed, frames=100, fps=30, window=5)

    assert plan(1) == plan(1) and plan(1).phases != plan(2).phases
    assert plan(1).frames == 1800 and plan(1).fps == 30 and plan(1).window == 5
    assert len(plan(1).phases) == 3 and all(0 <= phase < 1 for phase in plan(1).phases)
    assert plan(1).skew_ppm == (500.0, -500.0, 500.0) and plan(1).profile == "drift"


@pytest.mark.parametrize(
    ("result", "trouble"),
    [
        (MatchResult(0, "crashed", 3, 0, error="killed by signal 9"), DIED),
        (MatchResult(0, "timeout", 1, 0, error="Timeout (0:00:05)!"), ENDED),
        (MatchResult(0, "error", 1, 0, error="Traceback:\n  x\nrollback.errors.GameError: no 'a': b\n"), "no 'a': b"),
        (MatchResult(0, "error", 1, 0, error="Traceback:\n  x\nRuntimeError: no board\n"), "RuntimeError: no board"),
        (MatchResult(0, "error", 1, 0), "it could not be played"),
    ],
)
def test_a_match_without_a_report_says_why_in_a_sentence(result, trouble):
    outcome = outcome_of(PLAN, result)
    assert outcome == Outcome(PLAN, None, trouble) and not outcome.passed and outcome.why == trouble


@pytest.mark.parametrize("failures", [(), (Failure("states", 3, 1, "a", "b"),)])
def test_a_report_that_came_as_numbers_is_the_outcome_whether_it_passed_or_not(failures):
    status = "error" if failures else "ok"
    outcome = outcome_of(PLAN, MatchResult(0, status, 1, 0, stats=report(failures=failures).to_dict(), error="states"))
    assert outcome == Outcome(PLAN, report(failures=failures, first_divergence=None)) and outcome.passed is not bool(failures)
