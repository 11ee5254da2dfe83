"""Partitions: one side goes on at most, the other ends, and whoever was cut off learns of it when the line is back."""

from __future__ import annotations

import pytest

from rollback import Cut, Ended
from tests.core.losses import FPS, group, longest_stand, reason, reasons
from tests.core.network import Link


@pytest.mark.parametrize("seed", range(3))
def test_two_of_three_go_on_and_the_third_ends(seed: int) -> None:
    match = group(3, Link(3, 2, 0.05), seed, end=300)
    match.part({0, 2}, {1})
    match.to_the_end().agree()
    assert reasons(match) == ["end_at", "partitioned", "end_at"]
    assert max(map(longest_stand, match.peers)) < 2.0
    assert not match.peers[1].happened(Cut)


@pytest.mark.parametrize("side", [{0, 1}, {0, 2}, {1, 2}])
def test_two_and_two_without_a_vote_both_end(side: set[int]) -> None:
    match = group(4)
    match.part(side, {0, 1, 2, 3} - side)
    since = match.round_number
    match.to_the_end().agree()
    assert reasons(match) == ["partitioned"] * 4
    assert match.round_number - since < 3 * FPS + 60
    assert not any(peer.happened(Cut) for peer in match.peers)


@pytest.mark.parametrize("after", [70, 80, 100, 200])
def test_when_the_line_is_back_nobody_is_taken_back_and_nobody_is_confused(after: int) -> None:
    match = group(5, end=400)
    match.part({0, 3, 4}, {1, 2})
    match.rounds(after)
    match.blocked = set()
    match.to_the_end().agree()
    assert reasons(match) == ["end_at", "partitioned", "partitioned", "end_at", "end_at"]


def test_who_slept_through_its_own_loss_learns_of_it_at_once() -> None:
    match = group(3, end=400)
    match.kill(1)
    match.rounds(3 * FPS)
    assert all(len(peer.happened(Cut)) == 1 for peer in match.living)
    match.peers[1].stopped = False
    since = match.round_number
    match.until(lambda: bool(match.peers[1].happened(Ended)), 60)
    assert match.round_number - since < FPS, "a claim tells it, long before it could miss anybody"
    match.to_the_end().agree()
    assert reasons(match) == ["end_at", "partitioned", "end_at"]


def test_a_partition_into_three_leaves_nobody() -> None:
    match = group(6)
    match.part({0, 1}, {2, 3}, {4, 5})
    match.to_the_end().agree()
    assert reasons(match) == ["partitioned"] * 6


def test_a_partition_that_ends_before_anybody_is_missed_costs_a_stall() -> None:
    match = group(4, Link(2, 1, 0.05))
    match.part({0, 1}, {2, 3})
    match.rounds(FPS // 2)
    match.blocked = set()
    match.to_the_end().agree()
    assert reasons(match) == ["end_at"] * 4 and not any(peer.happened(Cut) for peer in match.peers)


@pytest.mark.parametrize("gap", [0, 56, 60, 63, 66, 70, 90])
def test_a_split_of_those_who_agree_on_a_loss_leaves_one_side_at_most(gap: int) -> None:
    """Five lose one, and break in two while they agree on that: whoever committed it, no two sides do different things."""
    match = group(5, Link(2, 2, 0.05), gap, end=300)
    match.kill(4)
    match.rounds(gap)
    match.part({0, 1}, {2, 3})
    match.to_the_end().agree()
    assert not (reason(match.peers[0]) == "end_at" and reason(match.peers[2]) == "end_at")
