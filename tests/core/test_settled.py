"""Readers of settled frames: however late they read, each frame comes once and in order."""

from __future__ import annotations

import pytest

from rollback import Confirmed, SessionConfig
from tests.core.games import Sums
from tests.core.network import Link, Match


def long_match(end: int, seed: int = 0) -> Match:
    config = SessionConfig(input_delay=1, desync_interval=64)
    return Match(Sums, config=config, link=Link(2, 2, 0.1), seed=seed, end=end)


@pytest.mark.parametrize("every", [1, 63, 64, 65, 200, 256, 257, 500])
def test_nothing_is_lost_when_frames_are_read_rarely(every: int) -> None:
    match = long_match(1_100)
    late = match.peers[0]
    late.reading = False
    while not all(peer.session.finished for peer in match.peers):
        match.round()
        if match.round_number % every == 0:
            late.frames += late.session.confirmed_frames()
    late.frames += late.session.confirmed_frames()
    match.check(1_100)
    assert list(late.session.confirmed_frames()) == []


def test_nothing_is_lost_when_frames_are_read_at_the_very_end() -> None:
    match = long_match(1_500)
    for peer in match.peers:
        peer.reading = False
    match.finish()
    for peer in match.peers:
        peer.frames += peer.session.confirmed_frames()
    match.check(1_500)


def test_a_subscriber_gets_what_settles_from_then_on() -> None:
    match = long_match(700)
    match.until(lambda: match.peers[0].session.settled >= 300)
    session = match.peers[0].session
    before = session.settled
    reader, other = session.subscribe(), session.subscribe()
    assert len(reader) == 0 and list(reader) == []
    seen: list[Confirmed] = []
    while not all(peer.session.finished for peer in match.peers):
        match.round()
        if match.round_number % 37 == 0:
            waiting = len(reader)
            taken = list(reader)
            assert len(taken) == waiting
            seen += taken
    seen += reader
    match.check(700)
    assert seen == match.peers[0].frames[before + 1 :]
    assert list(other) == seen, "one reader takes nothing from another"


def test_a_closed_reader_gets_nothing_more_and_disturbs_nobody() -> None:
    match = long_match(600)
    match.until(lambda: match.peers[0].session.settled >= 100)
    reader, other = match.peers[0].session.subscribe(), match.peers[0].session.subscribe()
    match.rounds(100)
    assert len(reader) > 50
    reader.close()
    reader.close()
    match.finish().check(600)
    assert list(reader) == [] and len(reader) == 0
    assert [done.frame for done in other][-1] == 599


def test_settled_frames_survive_the_loss_of_the_other_peer() -> None:
    match = Match(Sums, config=SessionConfig(on_disconnect="end"), link=Link(3)).started()
    match.rounds(100)
    first, second = match.peers
    second.stopped = True
    match.until(lambda: first.session.finished)
    assert [done.frame for done in first.frames] == list(range(first.session.settled + 1))
    shared = min(len(first.frames), len(second.frames))
    assert shared > 80
    assert first.frames[:shared] == second.frames[:shared]


def test_a_confirmed_frame_holds_actions_and_inputs() -> None:
    match = long_match(50).finish().check(50)
    done = match.peers[0].frames[20]
    assert done.frame == 20
    assert [len(data) for data in done.inputs] == [1, 1]
    assert tuple(data[0] for data in done.inputs) == tuple(done.actions)
