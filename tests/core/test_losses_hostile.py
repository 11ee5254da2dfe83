"""A member that says nonsense about the roster: it raises nothing, grows nothing, and changes nothing that is settled."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.core.agreement import Agreement
from rollback.wire import Forward, Notice, encode_message
from rollback.wire.messages import Claim, decode_message
from rollback.wire.runs import ONE_BYTE
from tests.core.losses import Group, group, reason
from tests.core.network import Link

MASK = st.integers(0, 2**16 - 1)
SEAT = st.integers(0, 15)
FRAME = st.one_of(st.integers(-1, 200), st.integers(-1, 2**40))
NUMBER = st.one_of(st.integers(0, 4), st.integers(0, 2**20))
FRAMES = st.dictionaries(SEAT, FRAME, max_size=6)
CLAIM = st.builds(Claim, NUMBER, NUMBER, MASK, MASK, MASK, MASK, FRAMES, FRAMES)
FORWARD = st.builds(Forward, SEAT, FRAME, FRAME, FRAME, FRAME, st.binary(max_size=40))


def say(match: Group, message: Any, to: int = 0, sender: int = 2) -> None:
    match.peers[to].session.receive(f"p{sender}", encode_message(message))


def history(match: Group, number: int) -> list[Any]:
    return [(done.frame, done.inputs) for done in match.peers[number].frames]


@settings(max_examples=40)
@given(messages=st.lists(st.one_of(CLAIM.map(lambda claim: Notice(claim=claim)), FORWARD), min_size=1, max_size=12))
def test_whatever_a_member_says_nothing_is_raised_and_what_settled_stays(messages: list[Any]) -> None:
    match = group(3, Link(1), end=None, after=10)
    before = history(match, 0)
    for message in messages:
        say(match, message)
        match._read = [0] * 3
        for peer in match.peers:
            match._confirmed[peer.number] = 1 << 50  # what it makes others believe of it is its own affair
        match.rounds(2)
    match.rounds(10)
    assert history(match, 0)[: len(before)] == before
    assert [frame for frame, _ in history(match, 0)] == list(range(len(history(match, 0))))
    shared = min(len(match.peers[number].frames) for number in (0, 1))
    assert history(match, 0)[:shared] == history(match, 1)[:shared]


@settings(max_examples=200)
@given(
    claims=st.lists(st.tuples(st.integers(0, 3), CLAIM), max_size=20),
    held=st.lists(st.integers(-1, 100), min_size=4, max_size=4),
)
def test_an_agreement_takes_any_claims_and_keeps_its_own_rules(claims: list[tuple[int, Claim]], held: list[int]) -> None:
    ours = Agreement(0, 0b1111)
    ours.lose(3)
    rows = dict(enumerate(held))
    for seat, claim in claims:
        lost, epoch = ours.lost, ours.epoch
        ours.hear(seat, claim)
        assert ours.epoch == epoch and lost & ~ours.lost == 0, "hearing alone commits nothing, and takes nothing back"
        assert ours.survivors & 1 and not ours.lost & ~0b1111
        change = ours.due(rows)
        if change is not None and not ours.out:
            assert change.epoch > ours.epoch and change.roster & 1
            assert all(rows[seat] >= cut for seat, cut in change.cuts.items()), "no cut past what is held here"
            ours.commit(change)
        assert len(ours.claims) <= 4
        ours.claim(0, 0, rows)


def test_a_flood_of_claims_and_forwards_costs_no_memory() -> None:
    match = group(3, Link(1), end=None)
    dice = random.Random(5)
    membership = match.peers[0].session._membership
    for turn in range(60):
        for _ in range(300):
            held = {dice.randrange(16): dice.randrange(1 << 40) for _ in range(8)}
            say(match, Notice(claim=Claim(0, 0, 7, 7, dice.randrange(1 << 16), dice.randrange(1 << 16), held, {})))
            say(match, Forward(dice.randrange(3), -1, turn * 1_000, -1, -1, dice.randbytes(20)))
        match._confirmed = [1 << 50] * 3
        match.round()
    assert match.peers[0].session.stats().dropped["flood"] > 1_000
    forwarding = membership.forwarding
    assert len(membership.agreement.claims) <= 2 and len(membership._silence.claimed_at) <= 2
    assert len(forwarding._said) <= 6 and len(forwarding._stuck) <= 6
    assert all(len(endpoint.inbox) <= 256 for endpoint in match.peers[0].session._endpoints)
    assert not any(reason(peer) for peer in match.peers), "the match goes on"


def test_what_is_known_of_somebody_is_not_changed_by_what_another_says_of_it() -> None:
    match = group(3, Link(1), end=200)
    session = match.peers[0].session
    queue = session._membership.by_seat[1].queue
    for _ in range(20):
        known = queue.known
        tokens = b"".join(ONE_BYTE[16 | (known - back) % 15] + bytes([back + 1]) for back in range(5))
        say(match, Forward(1, known - 8, known, -1, -1, tokens))
        match.rounds(2)
    dropped = session.stats().dropped
    assert dropped["second input"] > 0, "the premise: it was another input"
    match.to_the_end().agree()
    assert {reason(peer) for peer in match.peers} == {"end_at"}


def test_nobody_can_forward_to_us_what_we_do_ourselves_or_what_it_does_itself() -> None:
    match = group(3, Link(1), end=200)
    for seat in (0, 2, 9):
        say(match, Forward(seat, -1, 50, 50, 50, b"\x10\x01"))
    match.rounds(2)
    assert match.peers[0].session.stats().dropped["misplaced"] == 3
    match.to_the_end().agree()


def test_who_is_cut_can_neither_forward_nor_claim_any_more() -> None:
    match = group(4, Link(1), end=260)
    match.kill(3)
    match.until(lambda: all(len(peer.session._membership.agreement.cuts) == 1 for peer in match.living), 200)
    agreement = match.peers[0].session._membership.agreement
    epoch = agreement.epoch
    for _ in range(10):
        say(match, Forward(1, -1, 100, 100, 100, b""), sender=3)
        say(match, Notice(claim=Claim(9, 9, 0b1000, 0b1000, 0, 0, {0: 0}, {})), sender=3)
        say(match, Notice(claim=Claim(9, 8, 0b1111, 0b1110, 0, 0, {0: 0}, {})), sender=3)
        match.rounds(3)
    assert agreement.epoch == epoch and not agreement.lost
    match.to_the_end().agree()
    assert [reason(peer) for peer in match.living] == ["end_at"] * 3


@pytest.mark.parametrize("field", range(8))
def test_a_claim_out_of_its_limits_is_no_message(field: int) -> None:
    values = [1, 0, 7, 7, 0, 0, {1: 5}, {}]
    assert isinstance(decode_message(encode_message(Notice(claim=Claim(*values)))), Notice)
    bad: list[Any] = [2**20 + 1, -1, 2**16, -1, 2**16, 1.5, {16: 5}, {1: -2}]
    values[field] = bad[field]
    match = group(3, Link(1), end=160)
    say(match, Notice(claim=Claim(*values)))
    match.rounds(2)
    assert match.peers[0].session.stats().dropped["field"] == 1
