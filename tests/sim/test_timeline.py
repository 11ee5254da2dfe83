"""Incidents in whole matches: kills, pauses, partitions, blackouts, changed delays."""

from __future__ import annotations

import pytest

from rollback import PeerInterrupted, PeerLost, PeerResumed, SessionConfig
from rollback.sim import Link, VirtualMatch
from tests.sim.games import Mixer

LINE = Link(latency_ms=30, jitter_ms=20, loss=0.05)


def names(report, peer: int) -> list[str]:
    return [type(event).__name__ for _, event in report.events[peer]]


@pytest.mark.parametrize("seed", range(5))
def test_of_two_peers_one_is_killed_and_the_other_plays_on_against_an_idle_one(seed):
    config = SessionConfig(on_disconnect="idle", disconnect_after=1.0, input_delay=2)
    match = VirtualMatch(Mixer, link=LINE, config=config, seed=seed)
    match.at(100).kill(1)
    report = match.run(300)
    assert report.passed, report.failures
    assert report.ended == ["end_at", ""] and report.frames == 300
    assert report.confirmed[1] < 110
    assert {"PeerLost", "Cut"} <= set(names(report, 0))
    lost = next(event for _, event in report.events[0] if isinstance(event, PeerLost))
    assert lost.players == (1,)


def test_of_two_peers_one_is_killed_and_the_match_ends():
    match = VirtualMatch(Mixer, link=LINE, config=SessionConfig(on_disconnect="end", disconnect_after=1.0), seed=1)
    match.at(100).kill(0)
    report = match.run(300)
    assert report.passed, report.failures
    assert "p0 was lost" in report.ended[1] and report.ended[0] == ""
    assert 90 < report.frames < 110


def test_of_three_peers_one_is_killed_and_all_end():
    match = VirtualMatch(lambda: Mixer(3), link=LINE, config=SessionConfig(on_disconnect="end", disconnect_after=1.0))
    match.at(50).kill(2)
    report = match.run(300)
    assert report.passed, report.failures
    assert all("lost" in report.ended[peer] or "left" in report.ended[peer] for peer in (0, 1))


@pytest.mark.parametrize("seed", range(5))
def test_a_stopped_process_is_waited_for_and_goes_on(seed):
    match = VirtualMatch(Mixer, link=LINE, seed=seed)
    match.at(60).pause(1, seconds=3)
    report = match.run(200)
    assert report.passed, report.failures
    assert report.stalls[0] > 100, "three seconds of frames less the window"
    assert {"PeerInterrupted", "PeerResumed"} <= set(names(report, 0))
    assert report.seconds > 6


@pytest.mark.parametrize("seed", range(5))
def test_a_partition_stops_the_match_and_its_healing_lets_it_go_on(seed):
    match = VirtualMatch(lambda: Mixer(3), link=LINE, config=SessionConfig(disconnect_after=60.0), seed=seed)
    match.at(60).partition({0}, {1, 2})
    match.at(60).pause(0, seconds=2)  # the one alone stands still meanwhile; the others reach their windows
    match.at(66).heal()
    report = match.run(200)
    assert report.passed, report.failures
    assert report.frames == 200 and report.lost > 20


def test_a_partition_that_never_heals_is_waited_out_and_no_peer_diverges():
    config = SessionConfig(disconnect_after=1.0, rejoin_grace=2.0)
    match = VirtualMatch(Mixer, link=LINE, config=config, seed=1)
    match.at(60).partition({0}, {1})
    report = match.run(200)
    assert report.passed, report.failures
    assert all("did not come back within 2 s" in reason for reason in report.ended)
    assert match.certain == 2, "that both must end is known from the settings"


@pytest.mark.parametrize("apart", [0, 150, 700])
def test_incidents_lie_so_many_milliseconds_apart(apart):
    match = VirtualMatch(lambda: Mixer(4), link=LINE, config=SessionConfig(on_disconnect="idle", disconnect_after=1.0), seed=1)
    match.at(60).kill(0).later(apart).kill(1)
    match.run(120)
    first, second = [fact.at for fact in match.stage.facts]
    assert apart / 1000 <= second - first <= apart / 1000 + 0.017


def test_a_peer_that_leaves_is_told_from_one_that_is_lost():
    match = VirtualMatch(lambda: Mixer(3), link=LINE, config=SessionConfig(on_disconnect="idle", disconnect_after=1.0), seed=2)
    match.at(60).leave(2)
    report = match.run(150)
    assert report.passed, report.failures
    assert report.ended == ["end_at", "end_at", "left"]
    assert "PeerLeft" in names(report, 0) and "PeerLost" not in names(report, 0)


def test_the_lobby_votes_for_one_of_two_halves():
    config = SessionConfig(on_disconnect="idle", disconnect_after=1.0)
    for side in (0, 1):
        match = VirtualMatch(lambda: Mixer(4), link=LINE, config=config, seed=1, votes=True)
        match.at(60).partition({0, 1}, {2, 3}, lobby=side)
        report = match.run(150)
        assert report.passed, report.failures
        assert report.ended == (["end_at"] * 2 + ["partitioned"] * 2)[:: 1 - 2 * side] and match.stage.lobby.votes == 1


@pytest.mark.parametrize("seed", range(5))
def test_two_seconds_of_silence_pass(seed):
    match = VirtualMatch(Mixer, link=Link(latency_ms=25, blackouts=((2.0, 2.0),)), seed=seed)
    report = match.run(400)
    assert report.passed, report.failures
    assert min(report.stalls) > 80 and report.lost > 100
    for events in report.events:
        assert sum(isinstance(event, PeerInterrupted) for _, event in events) == 1
        assert sum(isinstance(event, PeerResumed) for _, event in events) == 1


@pytest.mark.parametrize("seed", range(8))
def test_delays_changed_in_the_match_are_those_of_the_rules(seed):
    match = VirtualMatch(lambda: Mixer(3), link=LINE, seats=[(0, 2), (1,)], config=SessionConfig(input_delay=1), seed=seed)
    match.at(40).set_delay(0, 8).set_delay(1, 0)
    match.at(90).set_delay(0, 3).set_delay(2, 5)
    match.at(140).set_delay(2, 0).set_delay(1, 12)
    report = match.run(220)
    assert report.passed, report.failures
    assert sum(report.rollbacks) > 10


def test_the_oracle_of_changed_delays_can_fail():
    match = VirtualMatch(Mixer, link=LINE, seed=1)
    peer = match.peers[0]
    peer.set_delay = lambda player, frames: peer.session.set_input_delay(player, frames)  # the referee is not told
    match.at(40).set_delay(0, 8)
    report = match.run(100)
    assert [failure.oracle for failure in report.failures][:1] == ["given"]
    assert report.first_divergence is not None and 40 <= report.first_divergence <= 50


def test_incidents_of_one_frame_happen_in_the_order_of_the_plan():
    match = VirtualMatch(Mixer, seed=1)
    match.at(30).partition({0}, {1}).heal()
    report = match.run(60)
    assert report.passed and report.lost == 0


def test_a_match_that_stands_still_is_a_failure_and_no_endless_loop(monkeypatch):
    match = VirtualMatch(Mixer, config=SessionConfig(disconnect_after=1.0, rejoin_grace=1.0), seed=1)
    match.peers[1].send = lambda now, shown: None  # it never says anything
    report = match.run(60)
    assert [failure.oracle for failure in report.failures][:1] == ["progress"]
    assert "peer 0 at frame 0 (synchronizing)" in report.failures[0].found
    assert report.seconds < 30


def test_the_last_peer_cannot_be_killed():
    match = VirtualMatch(Mixer, config=SessionConfig(on_disconnect="idle", disconnect_after=0.5), seed=1)
    match.at(20).kill(0).kill(1)
    report = match.run(60)
    assert report.ended == ["", "end_at"] and report.passed
