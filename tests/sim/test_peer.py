"""A peer of a virtual match does what the driver does: ask once, tick, send, and show everything."""

from __future__ import annotations

import pytest

from rollback import SessionConfig
from rollback.core.timesync import stretch
from rollback.netplay.pacing import Pacer
from rollback.sim import Link, VirtualMatch
from rollback.wire.limits import MAX_INPUTS_DATAGRAM
from tests.sim.games import Mixer

LINE = Link(latency_ms=30, jitter_ms=30, loss=0.1)


def test_the_period_is_that_of_the_driver():
    match = VirtualMatch(Mixer, config=SessionConfig(fps=50))
    pacer = Pacer(50, clock=lambda: 0.0)
    cadence = match.peers[0].cadence
    for now, lead in ((0.0, 0.0), (0.021, 1.5), (0.2, -2.0), (5.0, 0.0), (5.0, 80.0)):
        assert cadence.schedule(now, lead) == pacer.schedule(now, lead)
    assert cadence.period == pacer.period == 0.02 and stretch(100) == 1.03


def test_clocks_show_different_times_and_the_match_does_not_mind():
    match = VirtualMatch(Mixer, link=LINE, seed=3)
    shown = [peer.clock.shows(0.0) for peer in match.peers]
    assert shown[0] != shown[1] and match.run(60).passed


def test_captured_inputs_are_told_to_the_referee_once_a_frame():
    match = VirtualMatch(Mixer, config=SessionConfig(input_delay=3), link=LINE, seed=1)
    taken: list[tuple[int, int]] = []
    for player, given in enumerate(match.referee.given):
        given.take = _noting(given.take, taken, player)
    assert match.run(40).passed
    for player in (0, 1):
        frames = [frame for which, frame in taken if which == player]
        assert frames == list(range(40))


class _noting:
    def __init__(self, take, taken, player) -> None:
        self.take, self.taken, self.player = take, taken, player

    def __call__(self, frame: int, data: bytes) -> None:
        self.taken.append((self.player, frame))
        self.take(frame, data)


@pytest.fixture(autouse=True)
def givens_can_be_watched(monkeypatch):
    from rollback.sim import given

    class Given(given.Given):  # without slots, so that a test can look into it
        pass

    monkeypatch.setattr(given, "Given", Given)


def test_a_datagram_over_the_limit_is_a_failure(monkeypatch):
    match = VirtualMatch(Mixer, link=LINE, seed=1)
    session = match.peers[0].session
    outgoing = session.outgoing
    big = bytes(MAX_INPUTS_DATAGRAM + 1)
    monkeypatch.setattr(session, "outgoing", lambda now: [*outgoing(now=now), ("p1", big)])
    report = match.run(20)
    assert [(failure.oracle, failure.peer) for failure in report.failures] == [("bounded", 0)]
    assert "bytes a datagram, found" in str(report.failures[0])


def test_what_waits_for_a_peer_that_says_nothing_stays_bounded():
    match = VirtualMatch(Mixer, config=SessionConfig(disconnect_after=30.0, input_delay=2), seed=1)
    match.at(50).pause(1, seconds=20)
    report = match.run(120)
    assert report.passed, report.failures
    assert report.stalls[0] > 1000


def test_stalls_and_lag_before_the_peer_is_warm_are_not_counted():
    def stalls(warm_up):
        match = VirtualMatch(Mixer, link=LINE, seed=1, warm_up=warm_up)
        match.at(20).pause(1, seconds=1)
        return match.run(200).stalls[0]

    assert stalls(0) > 30 and stalls(100) < stalls(0) - 30


def test_the_instants_of_the_first_frame_and_of_the_end_are_kept():
    match = VirtualMatch(Mixer, link=LINE, seed=1)
    match.run(60)
    for peer in match.peers:
        assert 0.1 < peer.began_at < peer.ended_at
        assert peer.ended_at - peer.began_at == pytest.approx(1.0, abs=0.3)


def test_a_delay_that_is_chosen_by_the_session_is_held_all_the_same():
    for seed in range(4):
        match = VirtualMatch(
            Mixer,
            config=SessionConfig(input_delay="auto"),
            link=Link(latency_ms=120, jitter_ms=60, loss=0.05),
            seed=seed,
        )
        report = match.run(600)
        assert report.passed, report.failures
        assert max(given.delay for given in match.referee.given) > 0, "the premise: it chose one"
