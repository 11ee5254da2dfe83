"""Frames ahead: who leads and by how much, whatever the delays and the line."""

from __future__ import annotations

import pytest

from rollback import SessionConfig
from tests.core.games import Sums
from tests.core.network import Link, Match


def ahead(match: Match) -> list[float]:
    return [peer.session.stats().peers[f"p{1 - peer.number}"].frames_ahead for peer in match.peers]


@pytest.mark.parametrize("delays", [(0, 0), (0, 10), (12, 2), (0, 60)])
@pytest.mark.parametrize("link", [1, 2, 5])
def test_peers_in_step_are_not_ahead_whatever_their_input_delays(delays: tuple[int, int], link: int) -> None:
    configs = [SessionConfig(input_delay=delay, prediction_window=12) for delay in delays]
    match = Match(Sums, config=configs, link=Link(link)).started()
    match.rounds(240)
    assert ahead(match) == pytest.approx([0, 0], abs=0.3)


@pytest.mark.parametrize("late", [0, 1])
@pytest.mark.parametrize("frames", [2, 4, 6])
@pytest.mark.parametrize("delays", [(0, 0), (0, 4), (4, 0)])
def test_who_is_early_is_ahead_by_as_much_and_the_other_behind(late: int, frames: int, delays: tuple[int, int]) -> None:
    configs = [SessionConfig(input_delay=delay, prediction_window=20) for delay in delays]
    match = Match(Sums, config=configs, link=Link(2)).started()
    match.peers[late].stopped = True
    match.rounds(frames)
    match.peers[late].stopped = False
    match.rounds(240)
    lead = match.peers[1 - late].session.frame - match.peers[late].session.frame
    assert frames - 1 <= lead <= frames + 1
    leads = ahead(match)
    assert leads[1 - late] == pytest.approx(lead, abs=0.6), "four seconds are enough to know it"
    assert leads[late] == pytest.approx(-lead, abs=0.6)


def test_the_tick_says_the_mean_over_all_live_peers() -> None:
    config = SessionConfig(prediction_window=20)
    match = Match(lambda: Sums(3), ((0,), (1,), (2,)), config, Link(2)).started()
    match.peers[0].stopped = True
    match.rounds(6)
    match.peers[0].stopped = False
    match.rounds(240)
    for peer in match.peers:
        tick = peer.session.tick(dict.fromkeys(peer.seats, 0), now=peer.now + 1 / 60)
        leads = [line.frames_ahead for line in peer.session.stats().peers.values()]
        assert tick.frames_ahead == pytest.approx(sum(leads) / 2, abs=0.2)
    assert match.peers[0].session.stats().peers["p1"].frames_ahead < -4


def test_a_lead_of_hundreds_of_frames_is_large_and_has_the_right_sign() -> None:
    """A signed byte would wrap round: a peer that stood still for ten seconds would be told to slow down."""
    configs = [SessionConfig(prediction_window=60, input_delay=60, interrupt_after=30, disconnect_after=60)] * 2
    match = Match(Sums, config=configs, link=Link(1)).started()
    match.peers[1].stopped = True
    match.rounds(600)
    match.peers[1].stopped = False
    match.rounds(30)
    leads = ahead(match)
    assert leads[0] > 10 and leads[1] < -10
