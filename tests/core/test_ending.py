"""The end of a match: agreed beforehand or found in the game, settled before anybody calls it the end."""

from __future__ import annotations

from typing import Any

import pytest

from rollback import Ended, Mismatch, SessionConfig, UsageError
from tests.core.games import Race, Spy, Sums
from tests.core.network import Link, Match


@pytest.mark.parametrize("window", [0, 1, 8])
def test_no_frame_at_or_past_the_end_is_simulated(window: int) -> None:
    for seed in range(8):
        config = SessionConfig(input_delay=1, prediction_window=window)
        match = Match(Spy, config=config, link=Link(3, 2, 0.2), seed=seed, end=70).finish().check(70)
        for peer in match.peers:
            steps = [at for name, at in peer.game.calls if name == "step"]
            assert max(steps) == 69
            assert peer.happened(Ended) == [Ended("end_at", 70)]
            assert peer.ticks[-1][0] == 70 and peer.ticks[-1][2] == "ended"


def test_an_end_named_by_one_peer_is_taken_by_the_others() -> None:
    match = Match(lambda: Sums(3), ((0,), (1,), (2,)), link=Link(2, 1, 0.1), seed=3)
    match.peers[1].session.end_at(150)
    match.finish().check(150)
    assert [peer.happened(Ended) for peer in match.peers] == [[Ended("end_at", 150)]] * 3


def test_an_end_can_be_named_in_the_middle_of_a_match() -> None:
    match = Match(Sums, link=Link(2)).started()
    match.rounds(40)
    match.peers[0].session.end_at(200)
    match.finish().check(200)
    assert not any(peer.happened(Mismatch) for peer in match.peers)


def test_ends_that_differ_are_an_event_on_both_sides() -> None:
    match = Match(Sums, link=Link(1))
    match.peers[0].session.end_at(100)
    match.peers[1].session.end_at(120)
    match.started()
    match.rounds(60)
    for me, (ours, theirs) in enumerate([(100, 120), (120, 100)]):
        mismatches = match.peers[me].happened(Mismatch)
        assert [(m.peer, m.field, m.ours, m.theirs) for m in mismatches] == [(f"p{1 - me}", "end_at", ours, theirs)]
        assert "end_at" in mismatches[0].mend


@pytest.mark.parametrize("frame", [-1, 1.5, True, "9", None])
def test_an_end_that_is_no_frame_is_refused(frame: Any) -> None:
    match = Match(Sums)
    with pytest.raises(UsageError, match="end_at needs a frame from 0 on"):
        match.peers[0].session.end_at(frame)


def test_an_end_in_the_past_is_refused() -> None:
    match = Match(Sums, link=Link(1)).started()
    match.rounds(30)
    frame = match.peers[0].session.frame
    with pytest.raises(UsageError, match=f"from {frame} on, not {frame - 1}"):
        match.peers[0].session.end_at(frame - 1)


def test_an_end_at_frame_zero_ends_before_the_first_step() -> None:
    match = Match(Spy, end=0).finish().check(0)
    for peer in match.peers:
        assert ("step", 0) not in peer.game.calls
        assert peer.happened(Ended) == [Ended("end_at", 0)]


def test_the_match_ends_at_the_first_settled_state_that_is_over() -> None:
    taken_back = held = 0
    for seed in range(60):
        config = SessionConfig(input_delay=0, prediction_window=8, desync_interval=1)
        match = Match(Race, config=config, link=Link(4, 3, 0.1), seed=seed, hold=0.4)
        said_over = [False, False]
        while not all(peer.session.finished for peer in match.peers):
            match.round()
            assert match.round_number < 3_000, match
            for peer in match.peers:
                if said_over[peer.number] and not peer.game.over:
                    taken_back += 1
                said_over[peer.number] = peer.game.over
                held += peer.game.over and peer.session.reason == "stalled"
                assert not peer.session.reason == "ended" or peer.game.over
        match.check()
        rows = [done.inputs for done in match.peers[0].frames]
        assert match.plain(rows).over and not match.plain(rows[:-1]).over
        assert [peer.happened(Ended) for peer in match.peers] == [[Ended("over", len(rows))]] * 2
    assert taken_back > 0, "no rollback took an end back: the test proves nothing"
    assert held > 0


@pytest.mark.parametrize("window", [0, 1])
def test_a_game_that_is_over_ends_without_predictions_too(window: int) -> None:
    config = SessionConfig(input_delay=2, prediction_window=window)
    match = Match(Race, config=config, link=Link(2, 1, 0.1), hold=0.4).finish().check()
    assert match.peers[0].game.over
    assert [peer.happened(Ended)[0].reason for peer in match.peers] == ["over", "over"]


def test_an_end_of_the_game_before_the_agreed_one_is_the_end() -> None:
    match = Match(Race, link=Link(2), end=5_000, hold=0.4).finish().check()
    frames = {peer.happened(Ended)[0].frame for peer in match.peers}
    assert len(frames) == 1 and frames.pop() < 1_000
    assert match.peers[0].happened(Ended)[0].reason == "over"


def test_finished_means_that_every_live_peer_confirmed_the_end() -> None:
    waited = 0
    for seed in range(30):
        match = Match(Sums, link=Link(3, 4, 0.4), seed=seed, end=60, config=SessionConfig(interrupt_after=5))
        while not all(peer.session.finished for peer in match.peers):
            match.round()
            assert match.round_number < 3_000, match
            for me in (0, 1):
                mine, theirs = match.peers[me].session, match.peers[1 - me].session
                if mine.finished:
                    assert theirs.confirmed >= 59
                waited += mine.finished and not theirs.finished
        match.check(60)
    assert waited > 30, "both always ended in one round: the test proves nothing"


def test_an_ended_session_keeps_answering() -> None:
    """What one side sent before the end is lost: the other one needs it again, however long ago it was."""
    match = Match(Sums, end=100, config=SessionConfig(interrupt_after=8, disconnect_after=20)).started()
    first, second = match.peers
    match.until(lambda: first.session.frame >= 90)
    match.blocked = {(0, 1)}
    match.until(lambda: first.session.reason == "ended" or first.session.known >= 99, 100)
    match.rounds(300)
    assert second.session.reason == "stalled"
    match.blocked = set()
    match.finish().check(100)


def test_who_leaves_after_the_end_takes_nothing_from_the_others() -> None:
    for seed in range(30):
        seats = ((0,), (1,), (2,))
        config = SessionConfig(interrupt_after=5)
        match = Match(lambda: Sums(3), seats, config, Link(2, 2, 0.3), seed=seed, end=50)
        gone: dict[int, int] = {}
        while not all(peer.session.finished for peer in match.peers):
            match.round()
            assert match.round_number < 3_000, match
            for peer in match.peers:
                if peer.session.finished and peer.number not in gone:
                    gone[peer.number] = match.round_number
                    peer.session.leave(now=peer.now)
                if peer.number in gone and match.round_number > gone[peer.number] + 90:
                    peer.stopped = True
        for peer in match.peers:
            peer.stopped = False
            assert peer.happened(Ended) == [Ended("end_at", 50)]
        match.check(50)


def test_nothing_happens_after_the_end() -> None:
    match = Match(Sums, end=40, link=Link(1)).finish()
    events = [len(peer.events) for peer in match.peers]
    match.rounds(400)
    assert [len(peer.events) for peer in match.peers] == events
    assert [peer.ticks[-1][:3] for peer in match.peers] == [(40, False, "ended")] * 2
    match.check(40)
