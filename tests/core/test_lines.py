"""What a session says of its lines and how much it sends."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import pytest

from rollback import Raw, SessionConfig
from rollback.wire.limits import MAX_INPUTS_DATAGRAM
from tests.core.games import Sums
from tests.core.network import Link, Match


def after(seconds: float, link: Link, **settings: Any) -> Match:
    match = Match(Sums, config=SessionConfig(**settings), link=link, seed=3).started()
    match.rounds(round(seconds * 60))
    return match


@pytest.mark.parametrize("delay", [1, 3, 6])
def test_the_round_trip_is_that_of_the_line(delay: int) -> None:
    match = after(10, Link(delay), prediction_window=12)
    for peer in match.peers:
        (line,) = peer.session.stats().peers.values()
        assert line.rtt == pytest.approx(2 * delay / 60, abs=1.5 / 60)
        assert line.jitter < 1 / 60
        assert line.loss == 0


def test_jitter_is_seen() -> None:
    calm = after(10, Link(3)).peers[0].session.stats().peers["p1"].jitter
    rough = after(10, Link(3, 8), prediction_window=20).peers[0].session.stats().peers["p1"].jitter
    assert rough > calm + 0.01


@pytest.mark.parametrize("loss", [0.0, 0.1, 0.3])
def test_loss_is_measured(loss: float) -> None:
    match = after(30, Link(2, 0, loss), prediction_window=12)
    for peer in match.peers:
        assert peer.session.stats().peers[f"p{1 - peer.number}"].loss == pytest.approx(loss, abs=0.1)


def test_a_verdict_has_a_reason() -> None:
    good = after(5, Link(1)).peers[0].session.stats().peers["p1"]
    assert good.quality == "good" and "round trip" in good.why
    lossy = after(10, Link(1, 0, 0.4), prediction_window=12).peers[0].session.stats().peers["p1"]
    assert lossy.quality in ("fair", "poor") and "lost" in lossy.why
    late = after(10, Link(10), prediction_window=4).peers[0].session.stats().peers["p1"]
    assert late.quality == "poor" and "frames late, the window is 4" in late.why


def test_bytes_a_second_are_counted_on_both_sides() -> None:
    match = after(5, Link(1))
    first, second = (peer.session.stats().peers[f"p{1 - peer.number}"] for peer in match.peers)
    assert 60 * 6 * 8 / 1000 < first.kbps_out < 60 * 20 * 8 / 1000
    assert first.kbps_in == pytest.approx(second.kbps_out, rel=0.2)


def test_own_inputs_that_nobody_acknowledged_are_counted() -> None:
    match = after(2, Link(2))
    assert 0 < match.peers[0].session.stats().peers["p1"].queued < 20
    match.blocked = {(1, 0)}
    match.rounds(25)
    assert match.peers[0].session.stats().peers["p1"].queued > 8


def test_statistics_are_frozen_and_add_up() -> None:
    match = Match(Sums, config=SessionConfig(input_delay=0), link=Link(3, 2, 0.1), end=300, hold=0.5).finish()
    for peer in match.peers:
        stats = peer.session.stats()
        with pytest.raises(dataclasses.FrozenInstanceError):
            stats.frames = 1  # type: ignore[misc]
        assert stats.frames == 300 and stats.known >= 299 and stats.confirmed == stats.settled == 299
        assert sum(stats.depths.values()) == stats.rollbacks > 20
        assert sum(depth * count for depth, count in stats.depths.items()) == stats.resimulated
        assert stats.resimulated == sum(again for _, _, _, again in peer.ticks)
        assert max(stats.depths) <= 9 and list(stats.depths) == sorted(stats.depths)
        assert stats.stalls == sum(1 for _, _, reason, _ in peer.ticks if reason == "stalled") - _waits_for_the_end(peer)


def _waits_for_the_end(peer: Any) -> int:
    """Return the ticks that stalled because the end was reached and not settled yet."""
    return sum(1 for frame, _, reason, _ in peer.ticks if reason == "stalled" and frame == 300)


def test_one_datagram_a_frame_and_peer() -> None:
    match = Match(lambda: Sums(3), ((0,), (1,), (2,)), link=Link(2)).started()
    match.rounds(60)
    sent = [peer.sent for peer in match.peers]
    match.rounds(300)
    assert [peer.sent - before for peer, before in zip(match.peers, sent, strict=True)] == [600] * 3


class Wide(Sums):
    """Has the widest inputs there are."""

    codecs = (Raw(64), Raw(64))

    def step(self, actions: Any) -> None:
        super().step([int.from_bytes(action, "big") for action in actions])


def test_no_datagram_of_inputs_is_larger_than_the_path_allows() -> None:
    """Sixty frames of the widest inputs do not fit into one datagram: what does not fit comes with the next ones."""
    largest = 0
    dice = random.Random(1)

    def note(sender: int, to: int, data: bytes) -> bytes:
        nonlocal largest
        largest = max(largest, len(data))
        return data

    config = SessionConfig(input_delay=60, prediction_window=12, interrupt_after=5)
    match = Match(Wide, config=config, link=Link(8, 4, 0.2), end=250, act=lambda peer, player: dice.randbytes(64))
    match.started()
    match.tap = note
    match.finish().check(250)
    assert 900 < largest <= MAX_INPUTS_DATAGRAM


def test_outgoing_forgets_what_it_has_handed_out() -> None:
    match = Match(Sums, link=Link(1)).started()
    peer = match.peers[0]
    peer.tick(match.act)
    assert len(peer.session.outgoing(now=peer.now)) == 1
    assert list(peer.session.outgoing(now=peer.now)) == []
    assert peer.session.outgoing_reliable() == []
