"""Input delay: from none to a second, changed in the middle of a match, for several players of one peer."""

from __future__ import annotations

import random
from typing import Any

import pytest

from rollback import SessionConfig, UsageError
from tests.cases import more_at_night
from tests.core.games import Sums
from tests.core.network import Link, Match, Peer


def counting(peer: Peer, player: int) -> int:
    """Offer the frame at which the action is taken, so that each input tells where it came from."""
    return (peer.captured + 1 + 100 * player) & 255


@pytest.mark.parametrize("delay", [0, 1, 2, 7, 30, 59, 60])
@pytest.mark.parametrize("window", [0, 8])
def test_an_action_takes_effect_exactly_so_many_frames_later(delay: int, window: int) -> None:
    config = SessionConfig(input_delay=delay, prediction_window=window)
    match = Match(Sums, config=config, link=Link(2, 1, 0.1), end=100, act=counting).finish().check(100)
    for done in match.peers[0].frames:
        for player in (0, 1):
            taken = done.frame - delay
            assert done.actions[player] == ((taken + 100 * player) & 255 if taken >= 0 else 0)


def test_two_peers_may_have_different_delays() -> None:
    configs = [SessionConfig(input_delay=0), SessionConfig(input_delay=60)]
    match = Match(Sums, config=configs, link=Link(3), end=150, act=counting).finish().check(150)
    assert match.peers[0].frames[100].actions == (100, (40 + 100) & 255)


@pytest.mark.parametrize("seed", more_at_night(range(30), 16))  # each window with all seats
def test_delays_change_up_and_down_in_a_running_match(seed: int) -> None:
    dice = random.Random(seed)
    window = (0, 1, 8, 12)[seed % 4]
    config = SessionConfig(input_delay=2, prediction_window=window, desync_interval=1)
    seats = [((0,), (1,)), ((0, 2), (1, 3)), ((0, 1, 2), (3,)), ((0,), (1, 2), (3,))][seed // 4 % 4]
    players = sum(map(len, seats))
    match = Match(lambda: Sums(players), seats, config, Link(2, 2, 0.15), seed=seed, end=300, hold=0.3).started()
    changes = 0
    while not all(peer.session.finished for peer in match.peers):
        match.round()
        assert match.round_number < 10_000, match
        for peer in match.peers:
            if dice.random() < 0.05 and peer.session.reason in ("running", "stalled"):
                changes += 1
                peer.set_delay(dice.choice(peer.seats), dice.choice([0, 1, 2, 3, 5, 10, 30, 60]))
    assert changes > 10
    match.check(300)


def test_raising_the_delay_repeats_the_last_input_into_the_gap() -> None:
    match = Match(Sums, config=SessionConfig(input_delay=0), end=100, act=counting).started()
    match.until(lambda: match.peers[0].session.frame == 50)
    match.peers[0].set_delay(0, 5)
    match.finish().check(100)
    seen = [done.actions[0] for done in match.peers[0].frames]
    assert seen[:60] == [*range(50), 49, 49, 49, 49, 49, 50, 51, 52, 53, 54]


def test_lowering_the_delay_skips_actions_and_changes_no_queued_one() -> None:
    match = Match(Sums, config=SessionConfig(input_delay=5), end=100, act=counting).started()
    match.until(lambda: match.peers[0].session.frame == 50)
    match.peers[0].set_delay(0, 0)
    match.finish().check(100)
    seen = [done.actions[0] for done in match.peers[0].frames]
    assert seen[45:62] == [*range(40, 50), *range(55, 62)]


def test_a_raised_delay_does_not_freeze_the_other_side() -> None:
    """The gap must be sent: otherwise the others wait for frames that never come."""
    match = Match(Sums, config=SessionConfig(input_delay=0, prediction_window=0), link=Link(1)).started()
    match.rounds(30)
    match.peers[0].set_delay(0, 60)
    frame = match.peers[1].session.frame
    match.rounds(200)
    assert match.peers[1].session.frame > frame + 60


@pytest.mark.parametrize("frames", [-1, 61, 1.0, True, "2", None])
def test_a_delay_out_of_its_limits_is_refused(frames: Any) -> None:
    session = Match(Sums).peers[0].session
    with pytest.raises(UsageError, match="input delay must be a whole number of frames from 0 to 60, not"):
        session.set_input_delay(0, frames)


@pytest.mark.parametrize("player", [1, 2, -1, "0"])
def test_the_delay_of_a_player_elsewhere_is_refused(player: Any) -> None:
    session = Match(Sums).peers[0].session
    with pytest.raises(UsageError, match=r"is not local: the input delay can be set for \[0\]"):
        session.set_input_delay(player, 3)
