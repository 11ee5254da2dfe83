"""Matches in which peers are lost, cut off, come back and are watched: nobody diverges, nobody is stuck, who must end ends."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from rollback.errors import UsageError
from rollback.sim.match import VirtualMatch
from rollback.sim.ordeals import TROUBLES, ordeal
from rollback.sim.plan import MatchPlan
from rollback.types import Cut, PeerJoined, TookOver
from tests.cases import more_at_night
from tests.sim.games import Mixer

GAME = "tests.sim.games:Mixer"


def play(plan: MatchPlan) -> tuple[VirtualMatch, Counter]:
    """Play a match, hold every oracle, and count what it showed."""
    match = plan.match(lambda: Mixer(plan.players))
    report = match.run(plan.frames)
    assert report.passed, (plan.seed, [str(failure) for failure in report.failures][:3])
    seen: Counter = Counter(incident["kind"] for incident in plan.incidents)
    events = [event for told in report.events for _, event in told]
    cuts = {(event.players, event.epoch) for event in events if isinstance(event, Cut)}
    seen["cuts"] = len(cuts)
    seen["agreed together"] = len(cuts) - len({epoch for _, epoch in cuts})
    seen["agreed twice"] = max([event.epoch for event in events if isinstance(event, Cut)], default=0) > 1
    seen["came in"] = sum(isinstance(event, PeerJoined) and not event.peer for event in events)
    seen["took over"] = any(isinstance(event, TookOver) for event in events)
    seen["ended apart"] = report.ended.count("partitioned")
    seen["went on"] = report.ended.count("end_at")
    seen["votes taken"] = match.stage.lobby.votes
    seen["shown to the end"] = sum(watcher.ended is not None for watcher in match.stage.watchers)
    seen["asked another host"] = sum(watcher.hosts > 1 for watcher in match.stage.watchers)
    seen["rollbacks"], seen["lost"] = sum(report.rollbacks), report.lost
    seen["alive"] = sum(process.alive for process in match.stage.processes)
    seen["certain"] = match.certain
    seen["killed while coming"] = sum(p.comes and not p.playing and not p.alive for p in match.stage.processes)
    return match, seen


def play_all(seeds: range) -> Counter:
    total: Counter = Counter()
    for seed in seeds:
        total += play(ordeal(seed, game=GAME))[1]
    return total


NIGHTLY = pytest.mark.nightly


@pytest.mark.parametrize("batch", [pytest.param(batch, marks=NIGHTLY) for batch in range(4)])
def test_of_two_hundred_schedules_none_diverges_and_nobody_is_stuck(batch):
    seen = play_all(range(batch * 50, batch * 50 + 50))
    # The premises, or it proves nothing: all that can befall a match did, and most fates were certain.
    for premise in ("kill", "partition", "heal", "cuts", "came in", "took over", "ended apart", "watch", "rejoin", "sever",
                    "agreed together", "agreed twice"):  # fmt: skip
        assert seen[premise] > 0, f"no {premise} in 50 schedules: {dict(seen)}"
    assert seen["rollbacks"] > 1000 and seen["lost"] > 1000 and seen["went on"] > 50
    assert seen["certain"] > seen["alive"] * 0.4


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("batch", range(8))
def test_of_two_thousand_schedules_none_diverges_and_nobody_is_stuck(batch):
    seen = play_all(range(1000 + batch * 250, 1000 + batch * 250 + 250))
    for premise in ("agreed together", "agreed twice", "votes taken", "join", "leave", "shown to the end", "asked another host",
                    "killed while coming"):  # fmt: skip
        assert seen[premise] > 0, f"no {premise} in 250 schedules: {dict(seen)}"


def test_a_schedule_is_a_function_of_its_seed_and_survives_json():
    plans = [ordeal(seed, game=GAME) for seed in range(40)]
    assert plans == [ordeal(seed, game=GAME) for seed in range(40)]
    assert len({repr(plan.incidents) for plan in plans}) > 30
    for plan in plans:
        assert MatchPlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan
    assert {plan.players for plan in plans} == {3, 4, 6} and {plan.profile for plan in plans} == {"mobile", "poor"}
    assert {plan.on_disconnect for plan in plans} == {"idle", "takeover", "end", "pause"}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_every_trouble_is_drawn_into_plans_that_can_be_played(trouble):
    kinds: set[str] = set()
    for seed in range(12):
        plan = ordeal(seed, game=GAME, troubles=(trouble,))
        kinds |= {incident["kind"] for incident in plan.incidents}
        plan.match(lambda plan=plan: Mixer(plan.players))  # what cannot be planned is refused
    wanted = {"partition": "partition", "dead line": "sever", "stopped": "pause", "leaves": "leave", "comes back": "rejoin",
              "comes late": "join", "watched": "watch", "killed in a partition": "heal"}.get(trouble, "kill")  # fmt: skip
    assert wanted in kinds


@pytest.mark.parametrize("seed", more_at_night([0, 3, 8, 38], 2))
def test_a_schedule_played_twice_makes_the_same_report(seed):
    plan = ordeal(seed, game=GAME)
    assert plan.run(lambda: Mixer(plan.players), twice=True).passed


def test_of_three_with_two_killed_at_once_the_survivor_ends_and_of_six_they_go_on():
    for peers, ends in ((3, True), (6, False)):
        plan = MatchPlan(
            game=GAME, players=peers, seed=1, frames=240, fps=30, on_disconnect="idle", disconnect_after=1.0,
            incidents=({"frame": 60, "kind": "kill", "peer": 0}, {"frame": 60, "kind": "kill", "peer": 2, "after_ms": 0}),
        )  # fmt: skip
        match, _ = play(plan)
        left = [peer.ended.reason for peer in match.peers if peer.alive]
        assert left == (["partitioned"] if ends else ["end_at"] * 4)
        assert match.certain == len(left)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("on_disconnect", "vanish", r"on_disconnect of a match to replay must be pause, idle, end or takeover"),
        ("votes", 1, r"votes of a match to replay must be true or false, not 1"),
        ("absent", 2, r"absent of a match to replay must be a list"),
    ],
)
def test_a_plan_that_names_what_is_not_is_refused(name, value, says):
    with pytest.raises(UsageError, match=says):
        MatchPlan.from_dict({"format": 1, "game": GAME, name: value})


@pytest.mark.parametrize("absent", [(0, 1), (3,), (0, 1, 2)])
def test_two_peers_at_least_are_there_in_the_beginning(absent):
    with pytest.raises(UsageError, match=r"absent must be some of the peers 0..2, and leave two at least"):
        VirtualMatch(lambda: Mixer(3), absent=absent)
