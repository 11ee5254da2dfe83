"""A dead line between two who live: a third passes their inputs on, both ways, and nobody is cut."""

from __future__ import annotations

import pytest

from rollback import Cut, PeerInterrupted, PeerLost
from rollback.wire import Forward
from tests.core.losses import FPS, Group, group, longest_stand, reasons
from tests.core.network import Link, message_in

LINKS = {"near": Link(1), "far": Link(4, 3, 0.1)}


def forwards(match: Group) -> list[tuple[int, int, int]]:
    """Note who passes on whose inputs to whom."""
    seen: list[tuple[int, int, int]] = []

    def tap(sender: int, to: int, data: bytes) -> bytes:
        message = message_in(data)
        if isinstance(message, Forward):
            seen.append((sender, message.seat, to))
        return data

    match.tap = tap
    return seen


@pytest.mark.parametrize("both", [True, False], ids=["both ways", "one way"])
@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("count", [3, 4])
def test_over_a_dead_line_the_match_goes_on_by_a_third(count: int, link: str, both: bool) -> None:
    match = group(count, LINKS[link], count, end=300, input_delay=1)
    match.blocked = {(0, 1), (1, 0)} if both else {(0, 1)}
    seen = forwards(match)
    match.to_the_end().agree()
    assert reasons(match) == ["end_at"] * count
    for peer in match.peers:
        assert not peer.happened(Cut) and not peer.happened(PeerLost)
        assert longest_stand(peer) < 0.3 + 0.5, "interrupt_after, and a little for the way around"
    assert match.peers[1].happened(PeerInterrupted) == [PeerInterrupted("p0")]
    ways = {(2, 0, 1), (2, 1, 0)} if both else {(2, 0, 1)}
    assert ways <= set(seen), "the premise: somebody passed them on"
    astray = [each for each in seen if {each[1], each[2]} != {0, 1}]
    assert len(astray) < 10, "who is held up by the dead line itself may be asked for once or twice, no more"


def test_the_match_stays_at_its_pace_behind_a_dead_line() -> None:
    match = group(3, Link(2), end=None, prediction_window=12)
    match.blocked = {(0, 1), (1, 0)}
    match.rounds(FPS)
    at = [peer.session.frame for peer in match.peers]
    match.rounds(5 * FPS)
    for peer, frame in zip(match.peers, at, strict=True):
        assert peer.session.frame - frame > 4.5 * FPS
        assert peer.session.settled > peer.session.frame - 30, "what is confirmed is passed on too"


def test_the_lowest_who_can_forwards_and_the_others_only_where_it_does_not_get_through() -> None:
    match = group(4, Link(2), end=200)
    match.blocked = {(2, 3), (3, 2)}
    seen = forwards(match)
    match.to_the_end()
    by = [sender for sender, _, _ in seen]
    assert by.count(0) > 20 and by.count(1) < by.count(0) / 5
    match = group(4, Link(2), end=200)
    match.blocked = {(2, 3), (3, 2), (0, 3)}
    seen = forwards(match)
    match.to_the_end().agree()
    assert reasons(match) == ["end_at"] * 4
    assert [sender for sender, _, to in seen if to == 3].count(1) > 20


def test_a_chain_of_dead_lines_still_carries_a_match() -> None:
    """Of four, only 0-1, 1-2 and 2-3 are left: what 0 does must pass two others to reach 3."""
    match = group(4, Link(1), end=300)
    match.blocked = {(a, b) for a in range(4) for b in range(4) if abs(a - b) > 1}
    match.to_the_end().agree()
    assert set(reasons(match)) <= {"end_at", "partitioned"}
    if "partitioned" not in reasons(match):
        assert not any(peer.happened(Cut) for peer in match.peers)


def test_nobody_forwards_while_all_lines_are_alive() -> None:
    match = group(4, Link(4, 3, 0.1), end=200)
    seen = forwards(match)
    match.to_the_end().agree()
    assert not seen


def test_numbers_that_a_third_told_are_no_ground_for_the_next_datagram() -> None:
    """A datagram that only repeats the one before counts on by one; a goodbye, or a third, may have told more meanwhile."""
    for seed in range(6):
        match = group(4, Link(6, 6, 0.05), seed, on_disconnect="end", input_delay=3, after=40)
        match.peers[2].session.leave(now=match.peers[2].now)
        match.to_the_end().agree()  # the oracle of every round is the assertion
