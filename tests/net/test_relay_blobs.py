from __future__ import annotations

import itertools
import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.errors import WireError
from rollback.net.relay_blobs import ANSWER, FRAGMENT, HEADER, PACE, RESEND, WINDOW, Inbox, Outbox
from rollback.net.transport import MAX_BLOB, MAX_MESSAGE


def carry(blobs, lose, inbox=None, restart_at=None):
    """Carry blobs through a relay that loses what `lose()` says; return what arrived, when, and how many left."""
    outbox, inbox = Outbox(), inbox or Inbox()
    for blob in blobs:
        assert outbox.add(blob)
    now, arrived, messages = 0.0, [], 0
    while outbox:
        now = max(now, outbox.wake_at())
        while (fragment := outbox.fragment(now)) is not None:
            outbox.sent(now)
            messages += 1
            assert len(fragment) + 1 <= MAX_MESSAGE
            if messages == restart_at:
                inbox = Inbox()
            if lose():
                continue
            answer, blob = inbox.take(fragment)
            if blob is not None:
                arrived.append(blob)
            if not lose():
                outbox.take_answer(answer, now)
        assert now < 10_000, "no end"
    return arrived, now, messages


@pytest.mark.parametrize("size", [0, 1, FRAGMENT, FRAGMENT + 1, 10 * FRAGMENT + 5])
def test_a_blob_arrives_as_it_was_at_the_pace(size):
    blob = random.Random(size).randbytes(size)
    arrived, took, messages = carry([blob], lambda: False)
    assert arrived == [blob]
    assert messages == max(1, -(-size // FRAGMENT))
    assert took == pytest.approx((messages - 1) * PACE)


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_lost_doubled_or_reordered_where_a_third_of_the_messages_is(seed):
    dice = random.Random(seed)
    blobs = [dice.randbytes(dice.randrange(4 * FRAGMENT)) for _ in range(4)]
    lost = []

    def lose():
        lost.append(dice.random() < 0.33)
        return lost[-1]

    arrived, _, messages = carry(blobs, lose)
    assert sum(lost) > 0 and messages > 4, "the premise"
    assert arrived == blobs


@pytest.mark.parametrize("restart_at", range(2, 8))
def test_a_receiver_that_starts_anew_in_the_middle_is_given_the_blob_from_its_beginning(restart_at):
    blob = random.Random(restart_at).randbytes(8 * FRAGMENT)
    arrived, _, messages = carry([blob], lambda: False, restart_at=restart_at)
    assert arrived == [blob] and messages > 8


def test_two_senders_that_follow_each_other_do_not_mix():
    inbox, first, second = Inbox(), Outbox(), Outbox()
    first.add(b"a" * 3 * FRAGMENT)
    inbox.take(first.fragment(0.0))
    arrived, _, _ = carry([b"b" * 2 * FRAGMENT], lambda: False, inbox=inbox)
    assert second._name != first._name
    assert arrived == [b"b" * 2 * FRAGMENT]


def test_no_more_than_a_window_is_on_its_way_and_none_closer_than_the_pace():
    outbox = Outbox()
    outbox.add(bytes(10 * FRAGMENT))
    now, left = 0.0, []
    while len(left) < WINDOW:
        if (fragment := outbox.fragment(now)) is not None:
            outbox.sent(now)
            left.append((now, HEADER.unpack_from(fragment)[1]))
            assert outbox.fragment(now) is None
        now = outbox.wake_at()
    assert [number for _, number in left] == list(range(WINDOW))
    assert all(later - earlier == pytest.approx(PACE) for (earlier, _), (later, _) in itertools.pairwise(left))
    assert outbox.fragment(now - 0.001) is None and now == pytest.approx(RESEND)
    assert HEADER.unpack_from(outbox.fragment(now))[1] == 0, "back to the first that nobody acknowledged"


def test_a_fragment_the_relay_did_not_take_is_offered_again():
    outbox = Outbox()
    outbox.add(b"blob")
    assert outbox.fragment(0.0) == outbox.fragment(0.0) is not None


def test_an_answer_after_going_back_counts_what_was_sent_before():
    outbox = Outbox()
    outbox.add(bytes(3 * FRAGMENT))
    for number in range(3):
        name = HEADER.unpack_from(outbox.fragment(number * PACE))[0]
        outbox.sent(number * PACE)
    late = outbox.wake_at()
    assert HEADER.unpack_from(outbox.fragment(late))[1] == 0
    outbox.take_answer(ANSWER.pack(name, 3), late)
    assert not outbox, "all three had arrived"


def test_what_waits_is_bounded():
    outbox = Outbox()
    assert outbox.add(bytes(MAX_BLOB)) and outbox.add(b"x")
    assert not outbox.add(b"y")


def test_a_blob_above_the_limit_is_let_go():
    inbox = Inbox()
    part = bytes(FRAGMENT)
    with pytest.raises(WireError, match="oversized"):
        for number in range(2 * MAX_BLOB // FRAGMENT):
            inbox.take(HEADER.pack(7, number, False) + part)
    assert not inbox._held and number == MAX_BLOB // FRAGMENT
    assert inbox.take(HEADER.pack(8, 0, True) + b"next")[1] == b"next"


def test_an_answer_to_what_was_never_sent_is_refused():
    outbox = Outbox()
    outbox.add(bytes(9 * FRAGMENT))
    name = HEADER.unpack_from(outbox.fragment(0.0))[0]
    outbox.sent(0.0)
    for answer in (ANSWER.pack(name, 2), ANSWER.pack(name, 2**32 - 1), b"", b"123456789"):
        with pytest.raises(WireError, match="malformed"):
            outbox.take_answer(answer, 0.0)
    outbox.take_answer(ANSWER.pack((name + 1) % 2**32, 5), 0.0)
    assert outbox._acknowledged == 0


def test_an_answer_while_nothing_is_queued_is_of_the_past():
    outbox = Outbox()
    outbox.take_answer(ANSWER.pack(1, 2), 0.0)
    assert outbox.wake_at() is None and outbox.fragment(0.0) is None


@given(st.lists(st.binary(max_size=30), max_size=40), st.lists(st.binary(min_size=8, max_size=8), max_size=20))
@settings(deadline=None)
def test_any_bytes_are_taken_or_refused_with_a_wire_error(messages, answers):
    inbox, outbox = Inbox(), Outbox()
    outbox.add(bytes(5 * FRAGMENT))
    outbox.fragment(0.0)
    outbox.sent(0.0)
    for message in messages:
        try:
            answer, _ = inbox.take(message)
            assert len(answer) == ANSWER.size
        except WireError:
            pass
    for answer in answers:
        try:
            outbox.take_answer(answer, 1.0)
        except WireError:
            pass
    assert outbox._acknowledged <= 1 and len(inbox._held) <= sum(map(len, messages))


def test_fragments_without_content_take_no_memory():
    inbox = Inbox()
    inbox.take(HEADER.pack(7, 0, False))
    tracemalloc.start()
    try:
        for number in range(1, 50_000):
            inbox.take(HEADER.pack(7, number, False))
        assert tracemalloc.get_traced_memory()[0] < 10_000
    finally:
        tracemalloc.stop()
    assert inbox.take(HEADER.pack(7, 50_000, True) + b"end")[1] == b"end"
