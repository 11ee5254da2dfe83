"""What only the end of a match shows: an end, the same for all, with all of it settled."""

from __future__ import annotations

import pytest

from rollback import SessionConfig
from rollback.sim import Link, VirtualMatch
from rollback.sim.verdict import judge, report_of
from rollback.types import Ended
from tests.sim.games import Mixer, Opaque

LINE = Link(latency_ms=30, jitter_ms=30, loss=0.1)


@pytest.fixture
def match() -> VirtualMatch:
    match = VirtualMatch(Mixer, link=LINE, config=SessionConfig(input_delay=0), seed=1)
    assert match.run(50).passed
    return match


def failed(match: VirtualMatch) -> list[tuple[str, int]]:
    judge(match.peers, match.referee)
    return [(failure.oracle, failure.peer) for failure in match.referee.failures]


def test_a_match_that_ended_well_is_judged_so_again(match):
    assert failed(match) == []


def test_a_peer_without_an_end_has_not_completed(match):
    match.peers[1].ended = None
    assert failed(match) == [("complete", 1)]
    assert "expected an end by frame 50, found none" in str(match.referee.failures[0])


def test_a_peer_whose_frames_did_not_all_settle_has_not_completed(match):
    match.referee.settled[0] = 49
    assert failed(match) == [("complete", 0)]
    assert "expected 50 settled frames, found 49" in str(match.referee.failures[0])


def test_peers_that_end_at_different_frames_are_told(match):
    match.peers[1].ended = Ended("over", 48)
    assert ("same end", 1) in failed(match)


def test_an_end_that_is_no_end_is_told_unless_something_else_explains_it(match):
    match.peers[1].ended = Ended("left", 48)
    assert failed(match) == [("complete", 1)]
    excused = VirtualMatch(Mixer, link=LINE, seed=1)
    excused.run(50)
    excused.referee.fail("states", 40, 0, "this", "that")
    excused.peers[1].ended = Ended("desync", 48)
    assert failed(excused) == [("states", 0)]


def test_a_survivor_may_end_as_its_settings_say(match):
    match.peers[0].alive = False
    match.peers[1].ended = Ended("p0 was lost", 48)
    assert failed(match) == []


def test_opaque_states_are_compared_in_the_end():
    match = VirtualMatch(Opaque, link=LINE, config=SessionConfig(desync_interval=0), seed=1)
    assert match.run(50).passed
    match.peers[1].session.game.value += 1
    assert failed(match) == [("states", 1)]


def test_the_report_holds_what_the_peers_and_lines_counted(match):
    report = report_of(match.peers, match.referee, 2.0, 3)
    stats = [peer.session.stats() for peer in match.peers]
    assert report.rollbacks == [each.rollbacks for each in stats] and sum(report.rollbacks) > 0
    assert report.resimulated == [each.resimulated for each in stats]
    assert report.bytes_per_second == [peer.bytes_sent / 2.0 for peer in match.peers]
    assert report.sent > report.lost > 0 and report.gap == 3 and report.frames == 50
    assert report.ended == ["end_at", "end_at"]


def test_the_frames_of_a_report_are_those_of_the_peers_that_are_left(match):
    match.referee.settled[0] = 20
    assert report_of(match.peers, match.referee, 2.0, 0).frames == 20
    match.peers[0].alive = False
    assert report_of(match.peers, match.referee, 2.0, 0).frames == 50
