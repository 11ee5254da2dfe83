"""Several peers, one or two of which are killed, or leave: those who remain agree, go on, and nobody settled another thing."""

from __future__ import annotations

from typing import Any

import pytest

from rollback import Cut, Ended, PeerInterrupted, PeerLeft, PeerLost, PeerResumed
from tests.core.losses import FPS, Group, group, longest_stand, reason, reasons
from tests.core.network import Link

FAR = Link(4, 3, 0.1)


def cuts(match: Group) -> list[list[Cut]]:
    return [peer.happened(Cut) for peer in match.living]


@pytest.mark.parametrize(("count", "seed"), [(3, 0), (3, 1), (3, 2), (4, 0), (4, 1), (6, 2)])
def test_a_killed_peer_is_cut_at_the_same_frame_everywhere_and_idles(count: int, seed: int) -> None:
    match = group(count, FAR, seed, input_delay=seed)
    match.kill(1)
    held = {peer.session._membership.by_seat[1].queue.known for peer in match.living}
    match.to_the_end().agree()
    assert reasons(match) == ["end_at", "", *["end_at"] * (count - 2)]
    first = cuts(match)[0]
    assert [cut.players for cut in first] == [(1,)] and cuts(match) == [first] * (count - 1)
    assert first[0].frame >= max(held) and first[0].epoch == 1
    for peer in match.living:
        assert peer.happened(PeerInterrupted) == [PeerInterrupted("p1")]
        assert [lost.peer for lost in peer.happened(PeerLost)] == ["p1"]
        assert longest_stand(peer) < 1.0 + 0.7, "disconnect_after, and what it takes to agree"


def test_those_who_lack_the_last_inputs_are_given_them() -> None:
    lacked = 0
    for seed in range(6):
        match = group(4, {(1, 0): Link(1), (1, 2): Link(9), (1, 3): Link(9, 4, 0.3)}, seed, after=30 + seed, end=200)
        match._wire = [item for item in match._wire if item[2] != 1 or item[3] == 0]  # its last words reach one only
        match.kill(1)
        match.rounds(2)
        held = [peer.session._membership.by_seat[1].queue.known for peer in match.living]
        lacked += min(held) < max(held)
        match.to_the_end().agree()
        assert [cut.frame for each in cuts(match) for cut in each] == [max(held)] * 3
    assert lacked > 3, "the premise: one held more than another"


@pytest.mark.parametrize(
    ("count", "gap"), [(4, 0), (4, 20), (4, 62), (4, 64), (4, 66), (4, 68), (4, 100), (6, 0), (6, 58), (6, 64), (6, 67)]
)
def test_a_second_loss_at_any_time_is_agreed_upon_too(count: int, gap: int) -> None:
    match = group(count, Link(3, 2, 0.05), gap, input_delay=1)
    match.kill(count - 1)
    match.rounds(gap)
    match.kill(0)
    match.to_the_end().agree()
    if count == 6:
        assert {reason(peer) for peer in match.living} == {"end_at"}
        last = [each[-1].epoch for each in cuts(match)]
        assert len(set(last)) == 1 and all({cut.players for cut in each} == {(0,), (5,)} for each in cuts(match))
    elif gap == 0:
        assert {reason(peer) for peer in match.living} == {"partitioned"}, "two of four are no more than half"
    elif gap == 100:
        assert {reason(peer) for peer in match.living} == {"end_at"}, "two of the three that were left"


@pytest.mark.parametrize(
    ("count", "killed", "goes_on"), [(3, (1, 2), False), (4, (0, 3), False), (6, (0, 2), True), (6, (0, 1, 5), False)]
)
def test_of_those_killed_at_once_less_than_half_may_be_missing(count: int, killed: tuple[int, ...], goes_on: bool) -> None:
    match = group(count)
    since = match.round_number
    match.kill(*killed)
    match.to_the_end().agree()
    assert {reason(peer) for peer in match.living} == {"end_at" if goes_on else "partitioned"}
    if not goes_on:
        assert match.round_number - since < 3 * FPS + 60, "who cannot go on is told so in time"
        assert not any(cuts(match)), "and nothing was cut"


@pytest.mark.parametrize("count", [3, 4])
def test_who_leaves_is_gone_at_once_for_all(count: int) -> None:
    match = group(count, Link(2, 1, 0.05))
    match.peers[1].session.leave(now=match.peers[1].now, reason="dinner")
    since = match.round_number
    others = [peer for peer in match.peers if peer.number != 1]
    match.until(lambda: all(peer.happened(Cut) for peer in others), 60)
    assert match.round_number - since < 0.5 * FPS
    match.to_the_end().agree()
    assert reasons(match) == ["end_at", "dinner", *["end_at"] * (count - 2)]
    for peer in others:
        assert peer.happened(PeerLeft) == [PeerLeft("p1", (1,), "dinner")]
        assert not peer.happened(PeerLost) and not peer.happened(PeerInterrupted)
        assert longest_stand(peer) < 0.5


def test_who_leaves_counts_as_no_side() -> None:
    match = group(5)
    match.peers[0].session.leave(now=match.peers[0].now)
    match.peers[1].session.leave(now=match.peers[1].now)
    match.kill(2)
    match.to_the_end().agree()
    assert reasons(match)[3:] == ["end_at", "end_at"], "two of the three who did not leave"


def test_with_end_the_match_ends_for_all() -> None:
    match = group(4, on_disconnect="end")
    match.kill(2)
    match.to_the_end(400).agree()
    for peer in match.living:
        assert "p2 was lost" in reason(peer)


def test_with_pause_a_silent_third_is_waited_for_and_comes_back() -> None:
    match = group(3, on_disconnect="pause", rejoin_grace=5.0)
    match.part({0, 1}, {2})
    match.rounds(4 * FPS)
    for peer in match.peers[:2]:
        assert peer.session.reason == "paused" and [lost.peer for lost in peer.happened(PeerLost)] == ["p2"]
    match.blocked = set()
    match.to_the_end().agree()
    assert reasons(match) == ["end_at"] * 3 and not any(cuts(match))
    assert match.peers[0].happened(PeerResumed) == [PeerResumed("p2")]


def test_with_pause_a_third_that_stays_away_is_cut_after_the_grace() -> None:
    match = group(3, on_disconnect="pause", rejoin_grace=2.0)
    match.kill(2)
    since = match.round_number
    match.until(lambda: all(peer.happened(Cut) for peer in match.living), 400)
    assert 3.0 <= (match.round_number - since) / FPS < 4.0
    match.to_the_end().agree()
    assert reasons(match)[:2] == ["end_at", "end_at"]


@pytest.mark.parametrize(
    "settings",
    [
        {"prediction_window": 0, "input_delay": 0},
        {"prediction_window": 0, "input_delay": 2},
        {"input_delay": "auto"},
        {"save": "sparse", "prediction_window": 12},
        {"desync_interval": 0},
        {"desync_interval": 8},
    ],
    ids=str,
)
@pytest.mark.parametrize("seed", range(2))
def test_a_loss_is_survived_under_any_settings(settings: dict[str, Any], seed: int) -> None:
    match = group(3, Link(3, 2, 0.05), seed, end=300, **settings)
    match.kill(2 - seed)
    match.to_the_end()
    assert all(reason(peer) == "end_at" for peer in match.living)
    assert len({peer.game.save() for peer in match.living}) == 1
    if settings.get("input_delay") != "auto":
        match.agree()


def test_a_peer_with_several_players_is_cut_as_one() -> None:
    match = group(3, FAR, 4, seats=[(0, 3), (1,), (2, 4)])
    match.kill(0)
    match.to_the_end().agree()
    assert cuts(match) == [cuts(match)[0]] * 2 and cuts(match)[0][0].players == (0, 3)


def test_delays_that_change_meanwhile_are_no_matter() -> None:
    match = group(3, Link(3, 2, 0.05), 1, input_delay=2)
    match.kill(0)
    for delay in (7, 0, 4):
        match.peers[1].set_delay(1, delay)
        match.rounds(25)
        match.peers[2].set_delay(2, 6 - delay // 2)
    match.to_the_end().agree()
    assert reasons(match)[1:] == ["end_at", "end_at"]


@pytest.mark.parametrize("before", range(-2, 14, 2))
def test_a_loss_within_the_last_frames_hangs_nobody(before: int) -> None:
    match = group(3, Link(3, 2, 0.05), before, end=150, after=0)
    match.until(lambda: match.peers[2].session.frame >= 150 - before or bool(match.peers[2].happened(Ended)))
    match.kill(2)
    match.to_the_end(600).agree()
    assert reasons(match)[:2] == ["end_at", "end_at"]
    match.until(lambda: all(peer.session.finished for peer in match.living), 120)
    assert max(map(longest_stand, match.living)) < 2.0


def test_an_end_that_is_reached_while_a_peer_is_missed_is_the_end() -> None:
    match = group(3, end=75, prediction_window=30)
    match.kill(1)
    match.to_the_end(400).agree()
    assert reasons(match) == ["end_at", "", "end_at"]
    assert len(match.peers[0].frames) == 75
