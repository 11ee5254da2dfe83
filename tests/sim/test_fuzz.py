"""Matches drawn at random, from the link to the incidents: none fails, and each of some planted faults is found."""

from __future__ import annotations

import dataclasses
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollback.core.checksums import ChecksumExchange
from rollback.core.queues import LocalInputs
from rollback.core.settled import SettledReader
from rollback.core.simulation import NEVER, Simulation
from rollback.sim.link import Link
from rollback.sim.plan import MatchPlan
from tests.sim.games import Mixer, Race

SEATS = {2: [((0,), (1,))], 3: [(), ((0, 2), (1,))], 4: [(), ((3, 1), (0,), (2,)), ((0, 1), (2, 3))]}

links = st.builds(
    Link,
    latency_ms=st.integers(0, 150),
    jitter_ms=st.integers(0, 100),
    loss=st.sampled_from([0, 0.05, 0.3]),
    duplicate=st.sampled_from([0, 0.2]),
    reorder=st.sampled_from([0, 0.2]),
    burst=st.none() | st.tuples(st.sampled_from([0.01, 0.05]), st.integers(2, 12)),
    bandwidth_kbps=st.none() | st.integers(30, 100),
    gilbert_elliott=st.none() | st.just((0.02, 0.1, 0.8)),
    blackouts=st.just(()) | st.tuples(st.tuples(st.floats(0, 3), st.floats(0, 1))),
)


@st.composite
def plans(draw):
    players = draw(st.integers(2, 4))
    seats = draw(st.sampled_from(SEATS[players]))
    peers = len(seats) or players
    frame = st.integers(0, 80)
    incident = st.one_of(
        st.builds(lambda f, p, d: {"frame": f, "kind": "set_delay", "player": p, "frames": d}, frame,
                  st.integers(0, players - 1), st.integers(0, 12)),
        st.builds(lambda f, p, s: {"frame": f, "kind": "pause", "peer": p, "seconds": s}, frame,
                  st.integers(0, peers - 1), st.floats(0, 2)),
    )  # fmt: skip
    return MatchPlan(
        game="given",
        players=players,
        seed=draw(st.integers(0, 2**32)),
        frames=draw(st.integers(1, 120)),
        link=draw(links),
        window=draw(st.sampled_from([0, 1, 3, 8, 12])),
        delays=tuple(draw(st.lists(st.integers(0, 6), min_size=peers, max_size=peers))),
        interval=draw(st.sampled_from([0, 1, 7, 60])),
        seats=seats,
        skew_ppm=tuple(draw(st.lists(st.integers(-2000, 2000), max_size=peers))),
        phases=tuple(draw(st.lists(st.floats(0, 1), max_size=peers))),
        incidents=tuple(draw(st.lists(incident, max_size=4))),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(plans(), st.booleans())
def test_no_match_fails_whatever_the_line_the_seats_and_the_incidents(plan, ends_early):
    kind = Race if ends_early else Mixer
    report = plan.run(lambda: kind(plan.players))
    assert report.passed, (str(report.failures[0]), plan.to_dict())


def drawn(seed: int) -> MatchPlan:
    """Return a match on a line bad enough for most faults to show."""
    dice = random.Random(seed)
    players = dice.choice((2, 3))
    return MatchPlan(
        game="given", players=players, seed=seed, frames=150, window=dice.choice((2, 8)), interval=dice.choice((1, 10)),
        link=Link(latency_ms=dice.choice((30, 70)), jitter_ms=50, loss=0.15, burst=(0.02, 5), duplicate=0.1),
        delays=(dice.randrange(3),), phases=tuple(dice.random() for _ in range(players)),
        incidents=({"frame": 40, "kind": "set_delay", "player": 1, "frames": 7},
                   {"frame": 90, "kind": "pause", "peer": 0, "seconds": 0.4}),
    )  # fmt: skip


def forgets_the_rollback_while_stalled(rollback):
    def planted(self):
        if self.frame - min(queue.known for queue in self.queues) > self.config.prediction_window:
            self.wrong = NEVER
            return 0
        return rollback(self)

    return planted


def clears_the_marker_early(rollback):
    def planted(self):
        if self.wrong < NEVER and self.frame % 5 == 0:
            self.wrong = min(self.wrong + 1, self.frame)  # as if a later correction had overwritten it
        return rollback(self)

    return planted


def drops_the_filler(capture):
    def planted(self, frame, row):
        self.captured = frame
        base = self.queue.known + 1
        for player, (start, stop) in self.queue.spans.items():
            if base + len(self.waiting[player]) <= frame + self.delays[player]:
                self.waiting[player].append(row[start:stop])
        self._complete()

    return planted


def sums_what_is_not_confirmed(offer):
    def planted(self, frame, value):
        return offer(self, frame, value ^ (frame % 40 == 0))

    return planted


def hands_frames_out_twice(take):
    def planted(self):
        taken = take(self)
        return taken + taken[-1:] if taken and taken[-1].frame % 50 == 49 else taken

    return planted


def saves_too_late(advance):
    def planted(self):
        before = self.snapshots.states[:]
        done = advance(self)
        if self.frame % 20 == 0:
            self.snapshots.states[:] = before  # the frame just begun has no snapshot
        return done

    return planted


FAULTS = [
    (forgets_the_rollback_while_stalled, Simulation, "rollback", {"states", "no exception"}),
    (clears_the_marker_early, Simulation, "rollback", {"states", "no exception"}),
    (drops_the_filler, LocalInputs, "capture", {"given", "progress"}),
    (sums_what_is_not_confirmed, ChecksumExchange, "offer", {"false alarm"}),
    (hands_frames_out_twice, SettledReader, "take", {"order"}),
    (saves_too_late, Simulation, "advance", {"states", "no exception"}),
]


@pytest.mark.parametrize(("plant", "owner", "method", "expected"), FAULTS, ids=lambda fault: getattr(fault, "__name__", ""))
def test_a_planted_fault_is_found(plant, owner, method, expected, monkeypatch):
    planted = plant(getattr(owner, method))
    if method == "offer":  # on one side only: two that are wrong alike agree
        planted = _at_times(planted, getattr(owner, method))
    monkeypatch.setattr(owner, method, planted)
    found = set()
    for seed in range(12):
        plan = drawn(seed)
        report = plan.run(lambda plan=plan: Mixer(plan.players))
        found |= {failure.oracle for failure in report.failures}
        if found & expected:
            return
    raise AssertionError(f"not found in 12 matches; what was: {found or 'nothing'}")


def _at_times(planted, sound):
    count = iter(range(10**9))
    return lambda self, *arguments: (planted if next(count) % 2 else sound)(self, *arguments)


def test_without_a_planted_fault_the_same_matches_pass():
    rollbacks = 0
    for seed in range(12):
        plan = drawn(seed)
        report = plan.run(lambda plan=plan: Mixer(plan.players))
        assert report.passed, report.failures
        rollbacks += sum(report.rollbacks)
    assert rollbacks > 300
    assert dataclasses.replace(drawn(1), seed=2) != drawn(2)
