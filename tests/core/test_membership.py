"""Two peers, one of which falls silent, comes back, is lost or leaves."""

from __future__ import annotations

from typing import Any

import pytest

from rollback import Cut, Ended, PeerInterrupted, PeerLeft, PeerLost, PeerResumed, SessionConfig
from rollback.wire import Bye
from tests.core.games import Sums
from tests.core.network import Link, Match, message_in

FPS = 60


class Resting(Sums):
    """Idles with an action that is not zero, so that idling and zeros cannot be taken for each other."""

    codecs = None

    def idle(self, player: int) -> int:
        return 7 + player


def playing(link: Link = Link(2), seed: int = 0, end: int | None = None, **settings: Any) -> Match:  # noqa: B008
    """Return a match of two that has been going on for a second."""
    match = Match(Resting, config=SessionConfig(**settings), link=link, seed=seed, end=end).started()
    match.rounds(FPS)
    return match


def seconds(match: Match, since: int) -> float:
    return (match.round_number - since) / FPS


def test_a_silent_peer_is_interrupted_and_resumes_when_it_is_heard() -> None:
    match = playing(end=400)
    first, second = match.peers
    match.blocked = {(1, 0)}
    since = match.round_number
    match.until(lambda: bool(first.happened(PeerInterrupted)), 100)
    assert 0.5 <= seconds(match, since) <= 0.7
    assert first.session.stats().peers["p1"].quality == "poor"
    match.rounds(60)
    assert not first.happened(PeerResumed)
    match.blocked = set()
    match.until(lambda: bool(first.happened(PeerResumed)), 20)
    assert first.happened(PeerInterrupted) == [PeerInterrupted("p1")]
    assert first.happened(PeerResumed) == [PeerResumed("p1")]
    assert not second.happened(PeerInterrupted), "it heard everything"
    match.finish().check(400)


def test_a_peer_that_stays_silent_is_lost_after_disconnect_after() -> None:
    match = playing(interrupt_after=0.3, disconnect_after=2.0, on_disconnect="end")
    first, second = match.peers
    second.stopped = True
    since = match.round_number
    match.until(lambda: bool(first.happened(PeerLost)), 300)
    assert 2.0 <= seconds(match, since) <= 2.2
    assert first.happened(PeerLost) == [PeerLost("p1", (1,), "nothing was heard for 2 s")]
    assert first.happened(PeerInterrupted) == [PeerInterrupted("p1")]


def test_the_line_to_a_lost_peer_that_is_waited_for_is_called_poor() -> None:
    match = playing(on_disconnect="pause", disconnect_after=1.0)
    first, second = match.peers
    assert first.session.stats().peers["p1"].quality == "good"
    second.stopped = True
    match.until(lambda: bool(first.happened(PeerLost)), 300)
    match.rounds(10)
    line = first.session.stats().peers["p1"]
    assert (line.quality, line.why) == ("poor", "nothing was heard for a while")


def test_with_end_the_loss_of_a_peer_ends_the_match() -> None:
    match = playing(on_disconnect="end")
    first, second = match.peers
    second.stopped = True
    match.until(lambda: first.session.finished, 400)
    assert first.happened(Ended) == [Ended("p1 was lost: nothing was heard for 5 s", first.session.frame)]
    frame = first.session.frame
    match.rounds(60)
    assert first.session.frame == frame and first.session.reason == "ended"


@pytest.mark.parametrize("seed", range(10))
def test_with_idle_the_survivor_plays_on_with_idle_inputs(seed: int) -> None:
    match = playing(Link(3, 2, 0.1), seed, end=600, on_disconnect="idle", prediction_window=8)
    first, second = match.peers
    second.stopped = True
    last = second.session.frame
    match.finish()
    cut = first.happened(Cut)
    assert len(cut) == 1 and cut[0].players == (1,)
    assert cut[0].frame <= last + 2
    assert first.session.stats().rollbacks > 0
    match.check(600)
    for done in first.frames:
        if done.frame > cut[0].frame:
            assert done.inputs[1] == bytes([8]), f"frame {done.frame} after the cut is not idle"
        else:
            assert done.inputs[1] == second.oracles[1].line[done.frame]
    assert first.happened(Ended) == [Ended("end_at", 600)]


def test_with_pause_an_outage_longer_than_disconnect_after_is_survived() -> None:
    match = playing(end=300)
    match.blocked = {(0, 1), (1, 0)}
    match.rounds(7 * FPS)
    for peer in match.peers:
        assert len(peer.happened(PeerLost)) == 1
        assert peer.session.reason == "paused"
        assert not peer.happened(Ended)
    frames = [peer.session.frame for peer in match.peers]
    match.rounds(FPS)
    assert [peer.session.frame for peer in match.peers] == frames
    match.blocked = set()
    match.finish().check(300)
    for peer in match.peers:
        assert len(peer.happened(PeerResumed)) == 1
        assert peer.happened(Ended) == [Ended("end_at", 300)]


def test_with_pause_the_match_ends_after_rejoin_grace() -> None:
    match = playing(rejoin_grace=3.0, disconnect_after=1.0)
    first, second = match.peers
    second.stopped = True
    since = match.round_number
    match.until(lambda: bool(first.happened(Ended)), 600)
    assert 4.0 <= seconds(match, since) <= 4.3
    assert first.happened(Ended)[0].reason == "p1 did not come back within 3 s"
    assert first.session.finished


@pytest.mark.parametrize("on_disconnect", ["pause", "end", "idle"])
def test_who_leaves_is_gone_at_once_with_its_reason(on_disconnect: Any) -> None:
    match = playing(on_disconnect=on_disconnect, end=200)
    first, second = match.peers
    first.session.leave(now=first.now, reason="dinner is ready")
    since = match.round_number
    match.until(lambda: bool(second.happened(PeerLeft)), 20)
    assert seconds(match, since) < 0.15
    assert second.happened(PeerLeft) == [PeerLeft("p0", (0,), "dinner is ready")]
    assert not second.happened(PeerInterrupted) and not second.happened(PeerLost)
    match.finish()
    assert seconds(match, since) < 4, "nobody waits for who left"
    assert first.happened(Ended)[0].reason == "dinner is ready"
    if on_disconnect == "idle":
        assert second.happened(Ended) == [Ended("end_at", 200)]
        assert len(second.frames) == 200
    else:
        assert second.happened(Ended)[0].reason == "p0 left"
        assert seconds(match, since) < 0.5


def test_a_goodbye_is_repeated_until_it_is_heard_and_no_longer() -> None:
    match = playing()
    byes = [0]

    def count(sender: int, to: int, datagram: bytes) -> bytes:
        message = message_in(datagram)
        byes[0] += isinstance(message, Bye) and not message.answer
        return datagram

    match.tap = count
    match.peers[0].session.leave(now=match.peers[0].now)
    match.rounds(200)
    assert 1 <= byes[0] <= 4
    assert match.peers[0].session.finished and match.peers[1].session.finished


def test_a_goodbye_passes_a_line_that_loses_four_of_five() -> None:
    heard = 0
    for seed in range(40):
        match = Match(Sums, link=Link(2), seed=seed, config=SessionConfig(interrupt_after=3)).started()
        match.link = Link(2, 0, 0.8)
        match.rounds(10)
        match.peers[0].session.leave(now=match.peers[0].now)
        match.rounds(90)
        heard += bool(match.peers[1].happened(PeerLeft))
    assert heard >= 37  # twenty goodbyes: 99 in 100 pass; none of them repeated: one in five


def test_a_goodbye_goes_over_the_reliable_channel_too() -> None:
    match = playing()
    first, second = match.peers
    match.blocked = {(0, 1)}
    first.session.leave(now=first.now, reason="bye")
    match.round()
    blobs = first.session.outgoing_reliable()
    assert [to for to, _ in blobs] == ["p1"]
    second.session.receive_reliable("p0", blobs[0][1])
    match.round()
    assert second.happened(PeerLeft) == [PeerLeft("p0", (0,), "bye")]


def test_a_stopped_process_blames_nobody_when_it_wakes() -> None:
    """While we stood still we heard nobody: our own gap is no silence of theirs."""
    match = playing(Link(2), end=400, disconnect_after=20.0)
    first, _ = match.peers
    first.stopped = True
    match.blocked = {(1, 0)}  # what was sent to a stopped process is gone
    match.rounds(10 * FPS)
    first.stopped = False
    match.rounds(20)
    match.blocked = set()
    match.finish().check(400)
    assert first.happened(PeerInterrupted) == [] and first.happened(PeerLost) == []
    assert match.peers[1].happened(PeerInterrupted) == [PeerInterrupted("p0")]


def test_a_stopped_process_that_was_given_up_comes_back_under_pause() -> None:
    match = playing(Link(2, 1, 0.1), end=300)
    first, second = match.peers
    second.stopped = True
    match.rounds(8 * FPS)
    assert len(first.happened(PeerLost)) == 1
    second.stopped = False
    match.finish().check(300)
    assert second.happened(PeerLost) == [] and second.happened(PeerInterrupted) == []
    assert len(first.happened(PeerResumed)) == 1


def test_leaving_twice_is_leaving_once() -> None:
    match = playing()
    first, second = match.peers
    first.session.leave(now=first.now, reason="once")
    first.session.leave(now=first.now, reason="twice")
    match.finish()
    assert first.happened(Ended) == [Ended("once", first.session.frame)]
    assert len(second.happened(PeerLeft)) == 1


def test_leaving_before_the_match_begins_is_heard_too() -> None:
    match = Match(Sums, link=Link(2))
    match.rounds(12)
    first, second = match.peers
    assert first.session.frame == 0
    first.session.leave(now=first.now, reason="changed my mind")
    match.rounds(60)
    assert second.happened(PeerLeft) == [PeerLeft("p0", (0,), "changed my mind")]
    assert second.session.reason == "ended" and second.session.frame == 0
