"""A second match in the same room, under the same names: whatever is left of the first one has no effect on it."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback import (
    Ended,
    Event,
    Local,
    Mismatch,
    P2PSession,
    PeerInterrupted,
    PeerLeft,
    PeerLost,
    Remote,
    SessionConfig,
    Synchronized,
    UsageError,
)
from rollback.wire import Bye, Hello, Notice, decode_message, encode_message
from rollback.wire.blobs import Compared, Leaf, encode_blob
from rollback.wire.matches import MATCHES, mark, match_of, unmark
from tests.core.games import Sums
from tests.core.network import Link, Match, message_in

CONFIG = SessionConfig(input_delay=1, desync_interval=8)
LONG, SHORT = 150, 60  # frames of the first match and of the second


def of_number(number: int, end: int, link: Link = Link(2, 2, 0.1), seed: int = 0) -> Match:  # noqa: B008
    """Return a match with this number in its room."""
    match = Match(Sums, config=CONFIG, link=link, seed=seed)
    for peer in match.peers:
        stands = [Local() if player == peer.number else Remote(f"p{player}") for player in (0, 1)]
        peer.session = P2PSession(peer.game, stands, CONFIG, nonce=100 * number + peer.number + 1, match=number % MATCHES)
        peer.session.end_at(end)
    return match


@cache
def left_over(number: int) -> tuple[tuple[int, bytes], ...]:
    """Return all that the peers sent in a whole match with pauses, in order, with its goodbyes: (sender, datagram)."""
    match, sent = of_number(number, LONG), []

    def keep(sender: int, to: int, datagram: bytes) -> bytes:
        sent.append((sender, datagram))
        return datagram

    match.tap = keep
    match.started()
    match.peers[0].session.pause("a call", now=match.peers[0].now)
    match.rounds(30)
    match.peers[0].session.resume(now=match.peers[0].now)
    match.finish().check(LONG)
    for peer in match.peers:
        peer.session.leave(now=peer.now)
    match.rounds(5)
    kinds = Counter(type(message_in(unmark(datagram))) for _, datagram in sent)
    assert kinds[Hello] > 4 and kinds[Bye] > 2 and kinds[type(None)] > 200  # the premise
    return tuple(sent)


late = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 90), st.integers(1, 3)), min_size=1, max_size=60)


def second_match(number: int, leftovers: list[tuple[int, bytes, int]], seed: int = 0) -> Match:
    """Play a match with this number into which, at some rounds, datagrams arrive that do not belong to it."""
    match = of_number(number, SHORT, seed=seed)
    for when in range(100):
        for sender, datagram, at in leftovers:
            if at == when:
                match.peers[1 - sender].session.receive(f"p{sender}", datagram)
        match.round()
    return match.finish()


def told(match: Match) -> list[list[Event]]:
    return [peer.events for peer in match.peers]


@given(number=st.integers(1, 5), older=st.integers(1, MATCHES - 1), late=late, seed=st.integers(0, 3))
@settings(deadline=None, max_examples=40)
def test_datagrams_of_an_older_match_have_no_effect(number: int, older: int, late: list[Any], seed: int) -> None:
    sent = left_over((number - older) % MATCHES)
    leftovers = [(*sent[index % len(sent)], at) for index, at, copies in late for _ in range(copies)]
    match = second_match(number, leftovers, seed).check(SHORT)
    plain = second_match(number, [], seed)
    assert told(match) == told(plain)
    assert [peer.ticks for peer in match.peers] == [peer.ticks for peer in plain.peers]
    counted = sum(peer.session.stats().dropped.get("match", 0) for peer in match.peers)
    assert counted == len(leftovers)
    for one, other in zip(match.peers, plain.peers, strict=True):
        ours, theirs = (peer.session.stats().peers[f"p{1 - one.number}"] for peer in (one, other))
        assert (ours.loss, ours.rtt, ours.frames_ahead) == (theirs.loss, theirs.rtt, theirs.frames_ahead)


def test_with_the_same_number_they_would_have_done_harm() -> None:
    sent = left_over(1)
    byes = [(sender, datagram, 40) for sender, datagram in sent if type(message_in(unmark(datagram))) is Bye]
    match = second_match(1, byes)
    assert any(peer.happened(PeerLeft) for peer in match.peers)
    assert not any(peer.happened(Ended) == [Ended("end_at", SHORT)] for peer in match.peers)


def test_a_late_goodbye_of_the_first_match_ends_no_second_one_by_either_channel() -> None:
    match = of_number(1, SHORT).started()
    bye = encode_message(Bye("left", -1, -1, True))
    for peer in match.peers:
        other = f"p{1 - peer.number}"
        for number in (0, 2, 3):
            peer.session.receive(other, mark(bye, number))
            peer.session.receive_reliable(other, mark(bye, number))
    match.finish().check(SHORT)
    for peer in match.peers:
        assert peer.session.stats().dropped == {"match": 6}


def test_the_goodbye_of_this_match_is_heard_by_either_channel() -> None:
    for reliable in (False, True):
        match = of_number(3, SHORT).started()
        first, second = match.peers
        bye = mark(encode_message(Bye("left", -1, -1)), 3)
        (second.session.receive_reliable if reliable else second.session.receive)("p0", bye)
        match.rounds(3)
        assert second.happened(PeerLeft) == [PeerLeft("p0", (0,), "left")]
        del first


def test_letters_of_the_last_match_are_dropped_and_those_of_this_one_are_read() -> None:
    match = of_number(2, SHORT).started()
    session = match.peers[0].session
    for letter in (encode_blob(Compared(8)), encode_blob(Leaf(8, (), 5))):
        session.receive_reliable("p1", mark(letter, 1))
        session.receive_reliable("p1", letter)
    assert session.stats().dropped == {"match": 4}
    session.receive_reliable("p1", mark(encode_blob(Compared(8))[:-1], 2))
    match.finish().check(SHORT)
    assert sum(session.stats().dropped.values()) == 5, "it was read, and found broken"


def test_all_that_is_sent_by_any_channel_has_the_number_of_its_match() -> None:
    for number in range(MATCHES):
        assert {match_of(datagram) for _, datagram in left_over(number)} == {number}
    match = of_number(3, SHORT).started()
    match.peers[0].session.leave(now=match.peers[0].now)
    match.round()
    blobs = match.peers[0].session.outgoing_reliable()
    assert [match_of(blob) for _, blob in blobs] == [3]
    assert isinstance(decode_message(unmark(blobs[0][1])), Bye)


def test_a_hello_of_another_match_is_no_mismatch_and_no_sign_of_life() -> None:
    match = of_number(1, SHORT)
    hello = next(datagram for sender, datagram in left_over(0) if sender == 1)
    other = Hello(77, 0, 0.0, 0.0, 0.0, False, False, False, 0.0, {"protocol": 99}, 8, 2, {1: "bot"})
    match.by_hand = {0}  # p0 hears nothing but what follows
    for _ in range(10):
        match.peers[0].session.receive("p1", hello)
        match.peers[0].session.receive("p1", encode_message(other))
        match.round()
    assert match.peers[0].events == []
    match.by_hand = set()
    match.finish().check(SHORT)
    assert not match.peers[0].happened(Mismatch)


def test_inputs_of_another_match_are_no_sign_of_life() -> None:
    match = of_number(1, 600, Link(1)).started()
    first = match.peers[0]
    match.blocked = {(1, 0)}
    inputs = [data for sender, data in left_over(0) if sender == 1 and message_in(unmark(data)) is None]
    for round_number in range(6 * 60):
        first.session.receive("p1", inputs[round_number % len(inputs)])
        match.round()
    assert len(first.happened(PeerInterrupted)) == len(first.happened(PeerLost)) == 1
    match.blocked = set()
    match.finish().check(600)


def test_who_is_already_in_the_next_match_does_not_disturb_who_is_still_in_the_last() -> None:
    old, new = of_number(0, LONG).started(), of_number(1, SHORT)
    for _ in range(40):
        new.round()
        for peer in old.peers:
            for _, datagram in new.peers[1 - peer.number].session.outgoing(now=0.0):
                peer.session.receive(f"p{1 - peer.number}", datagram)
        old.round()
    for sender, datagram in left_over(1)[:300]:
        old.peers[1 - sender].session.receive(f"p{sender}", datagram)
    old.finish().check(LONG)
    for peer in old.peers:
        assert [event for event in peer.events if not isinstance(event, Synchronized)] == [Ended("end_at", LONG)]
        assert peer.session.stats().dropped["match"] > 50


@pytest.mark.parametrize("number", [-1, MATCHES, 1.0, True, "1", None])
def test_a_number_that_no_match_has_is_refused(number: Any) -> None:
    with pytest.raises(UsageError, match=f"match must be a whole number from 0 to {MATCHES - 1}, not "):
        P2PSession(Sums(), [Local(), Remote("bob")], match=number)


def test_a_notice_in_a_datagram_needs_no_number_of_its_own() -> None:
    match = of_number(2, SHORT).started()
    first, second = match.peers
    first.session.pause("a call", now=first.now)
    match.rounds(20)
    assert second.session.reason == "paused"
    first.session.resume(now=first.now)
    match.finish().check(SHORT)
    assert match_of(encode_message(Notice())) == 0
