"""Copies of datagrams leave half a frame after their tick, and the frames come as evenly as without them."""

from __future__ import annotations

import itertools
from statistics import quantiles

import pytest

from tests.netplay.peers import peers, play_all
from tests.netplay.quick_time import now, run

FRAME = 1 / 60


def match(seed, *, loss, latency_ms=100, frames=1200):
    """Play over a round trip of twice the latency; return the peers, and when each sent what."""
    sent = {}

    async def main():
        both = peers(frames=frames, seed=seed, latency_ms=latency_ms, loss=loss)
        for peer in both:
            note(peer)
        await play_all(both)
        return both

    def note(peer):
        times, send = sent.setdefault(peer.name, []), peer.transport.send

        def noting(to, datagram):
            times.append(now())
            return send(to, datagram)

        peer.transport.send = noting

    return run(main()), sent


def between_ticks(peer, times):
    """Return how long after its tick each datagram left that was not sent in one, while the match ran."""
    ticks = [at for at, _, reason, _ in peer.ticks if reason in ("running", "stalled")]
    late, tick = [], 0
    for at in times:
        while tick + 1 < len(ticks) and ticks[tick + 1] <= at + 0.0005:
            tick += 1
        if ticks[0] < at < ticks[-1] and at - ticks[tick] > 0.0005:
            late.append(at - ticks[tick])
    return late


@pytest.mark.parametrize("seed", range(3))
def test_on_a_line_that_loses_much_nearly_every_datagram_has_its_copy_half_a_frame_later(seed):
    both, sent = match(seed, loss=0.15)
    for peer in both:
        copies = between_ticks(peer, sent[peer.name])
        assert peer.session.frame == 1200
        assert len(copies) > 0.8 * 1200, "a copy of most of them: the first seconds only measure"
        assert all(0.4 * FRAME < after < 0.6 * FRAME for after in copies[20:-20])
    assert both[0].checksum == both[1].checksum


def test_on_a_good_line_there_are_no_copies():
    both, sent = match(1, loss=0.0, latency_ms=20, frames=600)
    for peer in both:
        assert len(between_ticks(peer, sent[peer.name])) < 12


@pytest.mark.parametrize("loss", [0.0, 0.15])
def test_frames_are_no_later_for_the_copies_between_them(loss):
    both, _ = match(5, loss=loss)
    for peer in both:
        times = [at for at, _, reason, _ in peer.ticks if reason in ("running", "stalled")]
        gaps = [after - before for before, after in itertools.pairwise(times)]
        assert max(gaps) < 1.04 * FRAME, "the period is stretched by 3 % at most, and by nothing else"
        assert quantiles(gaps, n=100)[98] < 1.035 * FRAME
