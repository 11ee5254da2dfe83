"""Two halves and a lobby: exactly the half it votes for goes on; where it does not answer, nobody waits for long."""

from __future__ import annotations

import pytest

from rollback import Cut
from rollback.types import VoteWanted
from tests.core.losses import FPS, group, longest_stand, reason, reasons
from tests.core.network import Link


@pytest.mark.parametrize("count", [2, 4, 6])
@pytest.mark.parametrize("seed", range(2))
def test_the_half_that_gets_the_vote_goes_on(count: int, seed: int) -> None:
    match = group(count, Link(2, 2, 0.05), seed, votes=True)
    half = set(range(0, count, 2))
    match.part(half, set(range(count)) - half)
    match.to_the_end().agree()
    (roster,) = set(match.verdicts.values())
    for peer in match.peers:
        assert reason(peer) == ("end_at" if roster >> peer.number & 1 else "partitioned")
        assert len(peer.happened(VoteWanted)) <= 1
    assert max(map(longest_stand, match.peers)) < 2.0


def test_the_half_that_the_lobby_does_not_vote_for_ends_even_if_it_never_asked() -> None:
    match = group(4, votes=True, end=300)
    match.part({0, 1}, {2, 3})
    match.rounds(30)
    match.peers[0].session.decide(0b1100, 1)
    match.rounds(2)
    assert reason(match.peers[0]) == "partitioned"


def test_who_is_voted_for_takes_those_left_out_for_lost() -> None:
    """One of its side may have asked before we knew: the vote then says the same as its claim."""
    match = group(4, votes=True)
    match.part({0, 1}, {2, 3})
    match.rounds(50)
    match.lobby = None
    match.verdicts[1] = 0b0011
    for peer in match.peers:
        peer.session.decide(0b0011, 1)
    match.to_the_end().agree()
    assert reasons(match) == ["end_at", "end_at", "partitioned", "partitioned"]


@pytest.mark.parametrize("count", [4, 6])
def test_a_lobby_that_does_not_answer_is_waited_for_a_moment(count: int) -> None:
    match = group(count, votes=True, lobby=None)
    match.part(set(range(count // 2)), set(range(count // 2, count)))
    since = match.round_number
    match.to_the_end().agree()
    assert set(reasons(match)) == {"partitioned"}
    assert match.round_number - since < (1.0 + 2.0) * FPS + 60


def test_of_two_without_an_answer_each_follows_its_settings() -> None:
    match = group(2, votes=True, lobby=None)
    match.part({0}, {1})
    match.to_the_end()
    assert reasons(match) == ["end_at", "end_at"], "nothing is promised here, and the docs say so"
    assert all(len(peer.happened(Cut)) == 1 for peer in match.peers)


def test_a_majority_asks_nobody() -> None:
    match = group(3, votes=True, lobby=None)
    match.kill(0)
    match.to_the_end().agree()
    assert reasons(match)[1:] == ["end_at", "end_at"]
    assert not any(peer.happened(VoteWanted) for peer in match.living)


def test_a_vote_about_another_change_is_none() -> None:
    match = group(4, votes=True, lobby=None)
    for peer in match.peers:
        peer.session.decide(0b0011, 5)
    match.to_the_end().agree()
    assert reasons(match) == ["end_at"] * 4


@pytest.mark.parametrize("link", [Link(1), Link(3, 2, 0.05)], ids=str)
def test_two_halves_of_what_is_left_after_one_left_get_no_two_votes(link: Link) -> None:
    """One half had committed that somebody left, the other had not, so they asked for votes under different numbers."""
    for gap in range(0, 12, 2):
        match = group(3, link, gap, votes=True)
        match.peers[1].session.leave(now=match.peers[1].now)
        match.rounds(gap)
        match.part({0}, {1}, {2})
        match.to_the_end().agree()
        assert reasons(match).count("end_at") <= 1
