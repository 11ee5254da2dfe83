from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.sim.channel import HOLD_BACK, QUEUE, Channel, ReliableChannel, dice_for
from rollback.sim.link import Link

MANY = 20_000


Arrivals = dict[int, list[float]]


def numbers_through(link: Link, count: int, *, every: float = 0.016) -> tuple[Channel, Arrivals]:
    """Send numbered datagrams and return the channel and the instants at which each number arrived, to a millisecond."""
    channel = Channel(link, dice_for(1, 0, 1))
    arrived: Arrivals = {}
    sent = 0
    for step in range(int((count * every + 12) * 1000)):
        now = step / 1000
        while sent < count and sent * every <= now:
            channel.send(now, sent.to_bytes(4, "little"))
            sent += 1
        for datagram in channel.due(now):
            arrived.setdefault(int.from_bytes(datagram, "little"), []).append(now)
        if sent == count and not channel.on_the_way:
            break
    return channel, arrived


def test_a_perfect_channel_hands_everything_out_at_once_and_in_order():
    channel = Channel(Link(), dice_for(0, 0, 1))
    for number in range(5):
        channel.send(1.0, bytes([number]))
    assert channel.due(1.0) == [bytes([number]) for number in range(5)]
    assert channel.due(2.0) == []
    assert (channel.sent, channel.lost, channel.bytes_sent) == (5, 0, 5)


def test_latency_holds_back_exactly_so_long():
    channel = Channel(Link(latency_ms=50), dice_for(0, 0, 1))
    channel.send(1.0, b"a")
    assert channel.due(1.0499) == [] and channel.on_the_way == 1
    assert channel.due(1.0501) == [b"a"] and channel.on_the_way == 0


def test_jitter_lies_between_nothing_and_its_limit():
    _, arrived = numbers_through(Link(latency_ms=10, jitter_ms=40), 3000, every=0.016)
    late = sorted(at[0] - number * 0.016 for number, at in arrived.items())
    assert 0.009 <= late[0] < 0.013 and 0.047 < late[-1] <= 0.0521
    assert late[len(late) // 2] == pytest.approx(0.030, abs=0.003)
    order = [number for number, _ in sorted(arrived.items(), key=lambda item: item[1])]
    assert order != sorted(order), "forty milliseconds of jitter at sixteen apart must reorder"


@pytest.mark.parametrize(
    ("link", "share", "tolerance"),
    [
        (Link(), 0.0, 0.0),
        (Link(loss=0.05), 0.05, 0.01),
        (Link(loss=1), 1.0, 0.0),
        (Link(burst=(0.02, 5)), 0.1 / 1.08, 0.015),  # one in fifty begins five; none begins within another
        (Link(gilbert_elliott=(0.05, 0.25, 0.6)), 0.1, 0.02),  # a sixth of the time bad
        (Link(loss=0.1, gilbert_elliott=(0.0, 1.0, 1.0)), 0.1, 0.01),
    ],
)
def test_the_share_that_is_lost_is_the_one_that_was_asked_for(link, share, tolerance):
    channel, arrived = numbers_through(link, MANY, every=0.001)
    assert channel.lost / channel.sent == pytest.approx(share, abs=tolerance)
    assert len(arrived) == channel.sent - channel.lost


def test_losses_of_bursts_stand_together():
    _, arrived = numbers_through(Link(burst=(0.01, 6)), MANY, every=0.001)
    runs, run = [], 0
    for number in range(MANY):
        if number in arrived:
            if run:
                runs.append(run)
            run = 0
        else:
            run += 1
    assert min(runs) >= 6 and runs.count(6) > len(runs) * 0.85


def test_duplicates_arrive_twice_and_count_once():
    channel, arrived = numbers_through(Link(duplicate=0.2, jitter_ms=10), 5000, every=0.001)
    twice = sum(len(at) == 2 for at in arrived.values())
    assert twice / 5000 == pytest.approx(0.2, abs=0.02)
    assert channel.sent == 5000 and channel.lost == 0


def test_a_reordered_datagram_is_held_back_by_up_to_three_frames_and_none_is_lost():
    channel, arrived = numbers_through(Link(latency_ms=20, reorder=0.1), 5000, every=0.016)
    held = [at[0] - number * 0.016 - 0.02 for number, at in arrived.items()]
    late = [seconds for seconds in held if seconds > 0.002]
    assert len(arrived) == 5000 and channel.lost == 0
    assert len(late) / 5000 == pytest.approx(0.1, abs=0.02)
    assert max(late) <= HOLD_BACK + 0.002


def test_a_blackout_swallows_what_is_sent_in_it_and_nothing_else():
    channel, arrived = numbers_through(Link(blackouts=((1.0, 0.5), (3.0, 1.0))), 500, every=0.01)
    silent = {number for number in range(500) if 1.0 <= number * 0.01 < 1.5 or 3.0 <= number * 0.01 < 4.0}
    assert set(range(500)) - set(arrived) == silent
    assert channel.lost == len(silent) == 150


def test_bandwidth_delays_and_its_queue_is_bounded():
    channel = Channel(Link(bandwidth_kbps=80), dice_for(0, 0, 1))  # ten thousand bytes a second
    for _ in range(100):
        channel.send(0.0, bytes(100))
    held = 100 - channel.lost
    assert QUEUE * 100 - 1 <= held <= QUEUE * 100  # a hundred such datagrams a second
    assert len(channel.due(0.0101)) == 1
    assert len(channel.due(QUEUE + 0.001)) == held - 1
    channel.send(1.0, bytes(100))
    assert len(channel.due(1.0101)) == 1, "a queue that has drained takes again"


def test_a_blocked_channel_loses_everything_and_what_is_on_its_way_still_arrives():
    channel = Channel(Link(latency_ms=10), dice_for(0, 0, 1))
    channel.send(0.0, b"before")
    channel.blocked = True
    channel.send(0.0, b"meanwhile")
    channel.blocked = False
    channel.send(0.1, b"after")
    assert channel.due(1.0) == [b"before", b"after"] and channel.lost == 1


def fates(seed: int, sender: int, to: int) -> list[bool]:
    channel = Channel(Link(loss=0.5), dice_for(seed, sender, to))
    out = []
    for number in range(2000):
        before = channel.lost
        channel.send(number, b"x")
        out.append(channel.lost > before)
    return out


@pytest.mark.parametrize("seed", range(20))
def test_two_directions_of_one_match_do_not_lose_the_same_datagrams(seed):
    there, back, third = fates(seed, 0, 1), fates(seed, 1, 0), fates(seed, 0, 2)
    for other in (back, third):
        agreement = sum(a == b for a, b in zip(there, other, strict=True)) / len(there)
        assert 0.44 < agreement < 0.56, "as often as chance has it"
    assert there == fates(seed, 0, 1), "and each is the same every time"


def test_equal_dice_on_both_ends_are_what_that_guard_would_find():
    there = fates(7, 0, 1)
    assert sum(a == b for a, b in zip(there, fates(7, 0, 1), strict=True)) == len(there)


@given(st.integers(0, 2**62), st.floats(0, 1), st.integers(0, 100), st.integers(0, 100))
def test_taking_one_impairment_away_does_not_change_the_others(seed, loss, jitter, latency):
    full = Channel(Link(latency_ms=latency, jitter_ms=jitter, loss=loss), dice_for(seed, 0, 1))
    less = Channel(Link(latency_ms=latency, jitter_ms=jitter), dice_for(seed, 0, 1))
    for number in range(20):
        full.send(number * 10, bytes([number]))
        less.send(number * 10, bytes([number]))
    kept = [datagram for now in range(0, 400, 1) for datagram in full.due(now * 1.0)]
    assert [d for now in range(0, 400, 1) for d in less.due(now * 1.0) if d in kept] == kept


def test_the_reliable_channel_hands_out_everything_in_order_after_the_latency():
    channel = ReliableChannel(Link(latency_ms=100, loss=1, jitter_ms=500))
    channel.send(0.0, b"one")
    channel.send(0.05, b"two")
    assert channel.due(0.099) == []
    assert channel.due(0.101) == [b"one"]
    assert channel.due(0.2) == [b"two"]
    assert channel.bytes_sent == 6


def test_the_reliable_channel_waits_for_the_end_of_what_cuts_it_off():
    channel = ReliableChannel(Link(latency_ms=10, blackouts=((1.0, 2.0),)))
    channel.send(1.5, b"one")
    assert channel.due(3.0) == [] and channel.due(3.011) == [b"one"]
    channel.blocked = True
    channel.send(4.0, b"two")
    assert channel.due(9.0) == []
    channel.blocked = False
    assert channel.due(9.0) == [b"two"]
