from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.errors import WireError
from rollback.net.flow import ANSWER, BULK, HEADER, LENGTH, TAKEN, WINDOW, Inflow, Outflow, is_bulk, is_bulk_message
from rollback.net.transport import MAX_BLOB

LONGEST = 1000


def send(out, count=None, longest=LONGEST):
    """Return the next messages, all that are due unless a count is given."""
    messages = []
    while out.is_due and (count is None or len(messages) < count):
        messages.append(out.message(longest))
        out.sent(messages[-1])
    return messages


def exchange(out, inflow, messages):
    """Let messages arrive, and each answer; return the blobs."""
    blobs = []
    for message in messages:
        blobs += inflow.take(message)
        out.take(inflow.answer)
    return blobs


@pytest.mark.parametrize(
    ("blob", "said"),
    [
        (b"", False),
        (b"\0", False),
        (b"\0\x17", False),
        (b"\0\x18", True),
        (b"\0\x38", True),  # of match 1: two bits of that byte are the match's number
        (b"\0\x7f", True),
        (b"\0\x37", False),
        (b"\0\x1f??", True),
        (b"\0\x20", False),
        (b"\1\x18", False),
    ],
)
def test_bulk_is_known_by_its_first_two_bytes(blob, said):
    assert is_bulk(blob) is said


@pytest.mark.parametrize(("first", "said"), [(0, False), (1, False), (2, False), (3, False), (4, True), (5, True), (6, False)])
def test_messages_of_bulk_are_told_from_all_others_of_a_shared_channel(first, said):
    assert is_bulk_message(bytes([first])) is said
    assert not is_bulk_message(b"")


@pytest.mark.parametrize("longest", [HEADER.size + 1, 100, 4640, 16383])
def test_blobs_of_any_size_arrive_in_order(longest):
    dice = random.Random(longest)
    blobs = [dice.randbytes(size) for size in (0, 1, 50, 4096, 0, 3000)]
    out, inflow = Outflow(), Inflow()
    for blob in blobs:
        assert out.add(blob)
    messages = send(out, longest=longest)
    assert all(len(message) <= longest and is_bulk_message(message) for message in messages)
    assert exchange(out, inflow, messages) == blobs
    assert not out and out.taken == sum(len(blob) + LENGTH.size for blob in blobs)


def test_no_more_than_a_window_is_on_its_way():
    out, inflow = Outflow(), Inflow()
    out.add(bytes(3 * WINDOW))
    first = send(out)
    assert sum(len(message) - HEADER.size for message in first) == WINDOW
    exchange(out, inflow, first)
    assert sum(len(message) - HEADER.size for message in send(out)) == WINDOW


def test_what_waits_is_bounded():
    out = Outflow()
    assert out.add(bytes(MAX_BLOB))
    assert not out.add(b"x")


@pytest.mark.parametrize("arrived", [0, 1, 3, 7])
def test_after_a_change_of_the_path_nothing_is_lost_and_nothing_doubled(arrived):
    out, inflow = Outflow(), Inflow()
    blobs = [bytes([number]) * 700 for number in range(10)]
    for blob in blobs:
        out.add(blob)
    sent = send(out)
    got = []
    for message in sent[:arrived]:
        got += inflow.take(message)  # the answers are lost with the path
    out.rewind()
    again = send(out)
    assert again == sent, "nothing was acknowledged"
    got += exchange(out, inflow, again)
    assert got == blobs and not out


def test_what_comes_late_by_the_old_path_is_taken_only_once():
    out, inflow = Outflow(), Inflow()
    out.add(bytes(2500))
    first = send(out)
    out.rewind()
    second = send(out)
    got = []
    for message in (first[0], second[0], first[1], second[1], second[2], first[2]):
        got += exchange(out, inflow, [message])
    assert got == [bytes(2500)] and not out


def test_a_gap_is_asked_for_once_and_the_sender_goes_back():
    out, inflow = Outflow(), Inflow()
    out.add(bytes(5000))
    messages = send(out)
    got = inflow.take(messages[0])
    out.take(inflow.answer)
    asks = []
    for message in messages[2:]:
        got += inflow.take(message)
        asks.append(ANSWER.unpack(inflow.answer)[-1])
        out.take(inflow.answer)
    assert asks == [True] + [False] * (len(messages) - 3)
    assert out.message(LONGEST) == messages[1]
    got += exchange(out, inflow, send(out))
    assert got == [bytes(5000)] and not out


@pytest.mark.parametrize("heard", [True, False], ids=["which had answered", "which never answered"])
def test_a_new_process_of_the_receiver_gets_every_blob_that_the_old_one_had_not_begun(heard):
    out, old, new = Outflow(), Inflow(), Inflow()
    blobs = [bytes([number]) * 1500 for number in range(4)]
    for blob in blobs:
        out.add(blob)
    sent = send(out)
    for message in sent[:2]:
        old.take(message)
        if heard:
            out.take(old.answer)
    got, sent = [], sent[2:]
    for _ in range(5):
        got += exchange(out, new, sent)
        sent = send(out)
    assert got == (blobs[2:] if heard else blobs), "two messages hold the first blob and the beginning of the second"
    assert not out


def test_a_new_process_of_the_sender_begins_anew_in_the_middle_of_a_blob():
    out, inflow = Outflow(), Inflow()
    out.add(bytes(5000))
    exchange(out, inflow, send(out, 2))
    again = Outflow()
    again.add(b"from the new one")
    assert exchange(again, inflow, send(again)) == [b"from the new one"]


def test_answers_are_urgent_when_much_arrived_or_something_twice():
    out, inflow = Outflow(), Inflow()
    assert inflow.answer is None and not inflow.is_urgent
    out.add(bytes(40_000))
    for number, message in enumerate(send(out)):
        inflow.take(message)
        assert inflow.is_urgent == ((number + 1) * (LONGEST - HEADER.size) >= 32 * 1024)
    inflow.answered()
    assert not inflow.is_urgent
    inflow.take(HEADER.pack(BULK, out._name, 0) + b"x")
    assert inflow.is_urgent


@pytest.mark.parametrize(
    "answer",
    [b"", bytes([TAKEN]), bytes(ANSWER.size + 1)],
)
def test_an_answer_of_another_size_is_refused(answer):
    with pytest.raises(WireError):
        Outflow().take(answer)


def test_an_answer_to_what_was_never_sent_is_refused_and_one_of_another_stream_let_go():
    out = Outflow()
    out.add(bytes(100))
    with pytest.raises(WireError):
        out.take(ANSWER.pack(TAKEN, out._name, 1, 104, False))
    out.take(ANSWER.pack(TAKEN, out._name ^ 1, 1, 2**40, True))
    assert out.taken == 0 and out


def test_a_blob_that_is_announced_too_large_costs_nothing_and_its_stream_is_swallowed():
    inflow = Inflow()
    with pytest.raises(WireError, match="oversized"):
        inflow.take(HEADER.pack(BULK, 7, 0) + LENGTH.pack(MAX_BLOB + 1) + bytes(100))
    for offset in range(104, 5104, 100):
        assert inflow.take(HEADER.pack(BULK, 7, offset) + bytes(100)) == []
    assert len(inflow._held) == 0
    assert inflow.take(HEADER.pack(BULK, 8, 0) + LENGTH.pack(2) + b"ok") == [b"ok"], "a new stream is a new chance"


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_bytes_of_any_kind_raise_nothing_but_a_wire_error(messages):
    out, inflow = Outflow(), Inflow()
    out.add(bytes(3000))
    send(out)
    for message in messages:
        for take, front in ((inflow.take, bytes([BULK])), (out.take, bytes([TAKEN]))):
            try:
                take(front + message)
            except WireError:
                pass
    assert len(inflow._held) <= sum(map(len, messages))


@given(st.lists(st.integers(0, 1500), max_size=12), st.randoms(use_true_random=False))
def test_over_paths_that_die_again_and_again_every_blob_arrives_once_and_in_order(sizes, dice):
    blobs = [dice.randbytes(size) for size in sizes]
    out, inflow, got = Outflow(), Inflow(), []
    for blob in blobs:
        out.add(blob)
    for turn in range(200):
        sent = send(out, dice.randrange(1, 8), dice.choice([100, LONGEST]))
        lives = turn > 100 or dice.random() < 0.5
        for message in sent if lives else sent[: dice.randrange(len(sent) + 1)]:
            got += inflow.take(message)
            if lives or dice.random() < 0.5:
                out.take(inflow.answer)
        if not lives:
            out.rewind()
    assert got == blobs and not out
