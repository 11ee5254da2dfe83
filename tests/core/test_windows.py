"""The prediction window: lockstep, one frame, and what a full window does and does not do."""

from __future__ import annotations

import pytest

from rollback import SessionConfig
from tests.core.games import Sums
from tests.core.network import Link, Match


def lockstep(**settings: int) -> SessionConfig:
    return SessionConfig(prediction_window=0, **settings)


@pytest.mark.parametrize("delay", [0, 1, 3, 6])
def test_lockstep_never_predicts(delay: int) -> None:
    match = Match(lambda: Sums(3), ((0,), (1, 2)), lockstep(input_delay=delay), Link(2, 2, 0.2), end=120, hold=0.2)
    while not all(peer.session.finished for peer in match.peers):
        match.round()
        for peer in match.peers:
            assert peer.session.known >= peer.session.frame - 1
            assert peer.session.confirmed == peer.session.frame - 1
    match.check(120)
    assert match.rollbacks == 0


def test_lockstep_takes_the_first_action_offered_for_a_frame() -> None:
    """Every tick offers another action; the oracle keeps the first one of each frame, as it was sent at once."""
    offers = iter(range(10**6))
    match = Match(Sums, config=lockstep(input_delay=0), link=Link(3), end=60, act=lambda peer, player: next(offers) & 255)
    match.finish().check(60)
    stalls = [peer.session.stats().stalls for peer in match.peers]
    assert min(stalls) > 60, "nothing was offered twice: the test proves nothing"


def test_lockstep_with_enough_delay_does_not_stall() -> None:
    match = Match(Sums, config=lockstep(input_delay=4), link=Link(2)).started()
    match.rounds(60)
    frames = [peer.session.frame for peer in match.peers]
    match.rounds(100)
    assert [peer.session.frame for peer in match.peers] == [frame + 100 for frame in frames]


@pytest.mark.parametrize("window", [1, 2, 5, 8, 20, 60])
def test_no_frame_further_than_the_window_is_simulated(window: int) -> None:
    config = SessionConfig(input_delay=0, prediction_window=window)
    match = Match(Sums, config=config, link=Link(4, 3, 0.2), end=200, seed=window)
    deepest = 0
    while not all(peer.session.finished for peer in match.peers):
        match.round()
        for peer in match.peers:
            session = peer.session
            assert session.frame - 1 - session.known <= window
            deepest = max(deepest, session.frame - 1 - session.confirmed)
    match.check(200)
    assert deepest == window or window > 12
    assert deepest >= min(window, 5)


def test_a_full_window_is_a_stall_and_no_exception() -> None:
    config = SessionConfig(prediction_window=3, input_delay=2, interrupt_after=20, disconnect_after=60)
    match = Match(Sums, config=config, link=Link(2)).started()
    match.rounds(30)
    match.blocked = {(0, 1), (1, 0)}
    match.rounds(20)
    frames = [peer.session.frame for peer in match.peers]
    sent = [peer.sent for peer in match.peers]
    stalls = [peer.session.stats().stalls for peer in match.peers]
    match.rounds(300)
    for peer, frame, count, stalled in zip(match.peers, frames, sent, stalls, strict=True):
        assert peer.session.frame == frame
        assert peer.session.frame - peer.session.known == 4  # the window holds three frames past the known one
        assert peer.ticks[-1][1:3] == (False, "stalled")
        assert peer.session.stats().stalls == stalled + 300
        assert peer.sent - count >= 300, "a stalled peer goes on sending, or two stalled peers starve each other"
    match.blocked = set()
    match.rounds(20)
    assert all(peer.session.frame > frame for peer, frame in zip(match.peers, frames, strict=True))


@pytest.mark.parametrize("window", [0, 1, 8])
@pytest.mark.parametrize("seats", [((0,), (1,)), ((0,), (1,), (2,)), ((0,), (1,), (2,), (3,))])
def test_when_all_windows_are_full_and_all_is_acknowledged_the_match_goes_on(
    window: int, seats: tuple[tuple[int, ...], ...]
) -> None:
    config = SessionConfig(prediction_window=window, interrupt_after=20, disconnect_after=60)
    match = Match(lambda: Sums(len(seats)), seats, config, Link(1), end=200).started()
    everyone = {(a, b) for a in range(len(seats)) for b in range(len(seats)) if a != b}
    for outage in range(6):
        match.rounds(10 + outage)
        # One direction alone first: whoever is cut off is acknowledged and silent; then all of them.
        match.blocked = {(a, b) for a, b in everyone if a == outage % len(seats)}
        match.rounds(40)
        match.blocked = everyone
        match.rounds(40)
        match.blocked = set()
    match.finish(2_000).check(200)


def test_a_rollback_is_served_though_the_window_is_full() -> None:
    """A correction that comes while nothing can be simulated must not wait, and must not be forgotten."""
    served = 0
    for seed in range(10):
        config = SessionConfig(prediction_window=2, input_delay=0, desync_interval=1)
        match = Match(lambda: Sums(3), ((0,), (1,), (2,)), config, Link(3, 3, 0.2), seed=seed, end=80, hold=0.3).finish()
        match.check(80)
        served += sum(1 for peer in match.peers for _, advanced, reason, again in peer.ticks if again and reason == "stalled")
    assert served > 50
