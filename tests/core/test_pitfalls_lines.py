"""What bad lines have cost others: old datagrams, too little repeated, rings overrun, equal dice at both ends."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from rollback import SessionConfig
from rollback.sim.channel import Channel, dice_for
from rollback.sim.link import Link as SimLink
from rollback.wire import decode_inputs
from rollback.wire.runs import payload_lengths
from tests.core.games import Sums
from tests.core.network import Link, Match, message_in

PATIENT: dict[str, Any] = {"interrupt_after": 30, "disconnect_after": 60}


def test_an_old_datagram_that_comes_again_is_acknowledged_again() -> None:
    """Who repeats itself has missed our acknowledgement: silence would make it repeat itself for ever."""
    match = Match(Sums, config=SessionConfig(prediction_window=4, **PATIENT), link=Link(1), hold=0.3).started()
    said: list[bytes] = []
    match.tap = lambda sender, to, data: said.append(data) if (sender, to) == (0, 1) else data
    match.rounds(5)
    match.tap = None
    old = [data for data in said if message_in(data) is None]
    assert len(old) == 5
    match.rounds(20)
    first, second = match.peers
    match.blocked = {(0, 1), (1, 0)}
    match.rounds(20)
    assert first.session.reason == second.session.reason == "stalled"
    known = second.session.known
    assert known > 10 and len(first.oracles[0].line) > known + 1, "the newest of the first one's inputs must be missing"
    for again in range(10):
        for data in old:
            second.session.receive("p0", data)
        second.now += 1 / 60
        second.tick(match.act)
        ((to, answer),) = second.session.outgoing(now=second.now)
        told = decode_inputs(answer, -1, bytes(1), 1 << 20, payload_lengths(1))
        assert to == "p0"
        assert told.ack == known, f"the answer to repetition {again} acknowledges frame {told.ack} of {known}"
    assert second.session.stats().dropped == {}


@pytest.mark.parametrize("outage", [1, 3, 10, 25])
@pytest.mark.parametrize("seed", range(5))
def test_one_datagram_after_any_outage_brings_all_that_was_missed(outage: int, seed: int) -> None:
    """Three inputs a datagram were too few at 15 % loss: each carries everything that is not acknowledged."""
    configs = [SessionConfig(input_delay=delay, prediction_window=12, **PATIENT) for delay in (0, 20)]
    match = Match(Sums, config=configs, link=Link(1), seed=seed, hold=0.0).started()
    match.rounds(20)
    first, second = match.peers
    match.blocked = {(0, 1)}
    match.rounds(2)
    before = second.session.known
    match.rounds(outage)
    assert second.session.known == before, "nothing may arrive in the outage"
    match.blocked = set()
    match.rounds(1)
    newest = len(first.oracles[0].line) - 1
    match.blocked = {(0, 1)}
    match.rounds(1)
    assert newest >= before + outage and second.session.known == newest, "one datagram must be enough"
    match.rounds(3)
    assert second.session.known == newest


@pytest.mark.parametrize("seed", range(3))
def test_the_largest_window_and_delays_never_overrun_the_rings(seed: int) -> None:
    config = SessionConfig(prediction_window=60, input_delay=60, desync_interval=7, **PATIENT)
    match = Match(Sums, config=config, link=Link(50, 20, 0.2), seed=seed, end=420, hold=0.5).started()
    match.rounds(100)
    match.blocked = {(0, 1), (1, 0)}
    match.rounds(200)
    assert all(peer.session.reason == "stalled" for peer in match.peers), "the rings must be as full as they get"
    waiting = [peer.session.stats().peers.values() for peer in match.peers]
    assert max(line.queued for lines in waiting for line in lines) > 100
    match.blocked = set()
    match.finish().check(420)


def fates_of_the_tests(seed: int, sender: int, to: int) -> list[bool]:
    match = Match(lambda: Sums(3), ((0,), (1,), (2,)), link=Link(loss=0.5), seed=seed)
    return [lost(lambda: match.lost, lambda: match.send(sender, to, b"x")) for _ in range(2_000)]


def fates_of_the_simulation(seed: int, sender: int, to: int) -> list[bool]:
    channel = Channel(SimLink(loss=0.5), dice_for(seed, sender, to))
    return [lost(lambda: channel.lost, lambda: channel.send(0.0, b"x")) for _ in range(2_000)]


def lost(count: Callable[[], int], send: Callable[[], None]) -> bool:
    before = count()
    send()
    return count() > before


def agreement(one: list[bool], other: list[bool], shift: int) -> float:
    """Return how often the datagrams of two lines share their fate, the other's so many datagrams later."""
    low, high = max(0, -shift), min(len(one), len(other) - shift)
    return sum(one[at] == other[at + shift] for at in range(low, high)) / (high - low)


@pytest.mark.parametrize("fates", [fates_of_the_tests, fates_of_the_simulation])
@pytest.mark.parametrize("seed", range(8))
def test_what_two_directions_lose_has_nothing_to_do_with_each_other(
    fates: Callable[[int, int, int], list[bool]], seed: int
) -> None:
    """Equal dice at both ends lose question and answer together, and can lock a handshake."""
    ways = [(0, 1), (1, 0), (0, 2)]
    lines = {way: fates(seed, *way) for way in ways}
    for line in lines.values():
        assert 0.44 < sum(line) / len(line) < 0.56, "the share that is lost is not the one that was asked for"
    for (one, other), shift in product([(ways[0], ways[1]), (ways[0], ways[2])], range(-5, 6)):
        # Five standard deviations of 2,000 tosses of a coin: all seeds are fixed, and none lies near it.
        assert 0.44 < agreement(lines[one], lines[other], shift) < 0.56, f"{one} and {other} at a shift of {shift}"
    other_seed = fates(seed + 1, 0, 1)
    assert 0.44 < agreement(lines[0, 1], other_seed, 0) < 0.56, "two seeds are one"


def test_equal_dice_would_be_noticed() -> None:
    line = fates_of_the_simulation(3, 0, 1)
    assert agreement(line, line, 0) == 1.0
    assert agreement(line[4:], line, 4) == 1.0, "and so would dice that are a few datagrams ahead"
