"""Streams of bulk between two ends of which one, or the line, means harm: what is held stays bounded, and nothing is raised."""

from __future__ import annotations

import random
import struct

import pytest

from rollback.errors import WireError
from rollback.net.flow import HEADER, WINDOW, Inflow, Outflow
from rollback.net.transport import MAX_BLOB

BULK, TAKEN = 4, 5
ANSWER = struct.Struct("!BIIQ?")


def bulk(name, offset, data):
    return HEADER.pack(BULK, name, offset) + data


def name_of(message):
    return HEADER.unpack_from(message)[1]


@pytest.mark.parametrize("seed", range(60))
def test_whatever_answers_come_a_sender_holds_its_books(seed):
    dice, out, into, told = random.Random(seed), Outflow(), Inflow(), []
    for _ in range(200):
        kind = dice.randrange(8)
        try:
            if kind < 2:
                out.add(bytes((0, 24 + dice.randrange(8))) + dice.randbytes(dice.randrange(4000)))
            elif kind < 4 and out.is_due:
                message = out.message(dice.choice([HEADER.size + 1, 100, 4640]))
                out.sent(message)
                into.take(message)
                told.append(message)
            elif kind == 4 and into.answer is not None:
                out.take(into.answer)
            elif kind == 5 and told:
                offset = dice.choice([0, 1, out.taken, out.taken + 1, 2**63, max(0, out.taken - 1)])
                name = dice.choice([name_of(told[-1]), dice.getrandbits(32)])
                out.take(ANSWER.pack(TAKEN, name, dice.getrandbits(32), offset, dice.random() < 0.5))
            elif kind == 6:
                out.take(dice.randbytes(dice.randrange(20)))
            else:
                out.rewind()
        except WireError:
            pass
        assert 0 <= out._next - out.taken <= min(len(out._held), WINDOW)
        assert all(0 <= start - out.taken < len(out._held) for start in out._starts)


@pytest.mark.parametrize("seed", range(60))
def test_whatever_messages_come_a_receiver_holds_one_blob_and_answers(seed):
    dice, into = random.Random(seed), Inflow()
    name, at = 7, 0
    for _ in range(200):
        offset = dice.choice([at, at, at, 0, at + 1, 2**64 - 1])
        said = dice.choice([name, name, name, dice.getrandbits(32)])
        data = dice.choice([b"", bytes(4), struct.pack("!I", MAX_BLOB), struct.pack("!I", MAX_BLOB + 1), dice.randbytes(99)])
        try:
            blobs = into.take(bulk(said, offset, data) if dice.random() < 0.9 else dice.randbytes(dice.randrange(30)))
        except WireError as error:
            assert error.reason in ("malformed", "oversized")
        else:
            assert all(len(blob) <= MAX_BLOB for blob in blobs)
        assert into._held is not None and len(into._held) <= 200 * 103
        if into.answer is not None:
            assert len(into.answer) == ANSWER.size
            _, name, _, at, _ = ANSWER.unpack(into.answer)


def test_a_stream_that_announces_too_much_is_swallowed_and_a_new_one_heard():
    into = Inflow()
    with pytest.raises(WireError):
        into.take(bulk(1, 0, struct.pack("!I", MAX_BLOB + 1)))
    for place in range(50):
        assert into.take(bulk(1, 4 + place * 1000, bytes(1000))) == []
    assert len(into._held) == 0
    assert into.take(bulk(2, 0, struct.pack("!I", 3) + b"abc")) == [b"abc"]


def test_receivers_that_change_their_name_in_every_answer_are_sent_no_half_of_a_blob():
    """What was begun goes to a process that is gone; the new one begins with the first whole blob that is left."""
    out = Outflow()
    for number in range(20):
        out.add(bytes((0, 24)) + bytes([number]) * 1000)
    for turn in range(20):
        message = out.message(600)
        out.sent(message)
        out.take(ANSWER.pack(TAKEN, name_of(message), turn + 1, 0, False))
    into, got = Inflow(), []
    while out.is_due:
        message = out.message(4640)
        out.sent(message)
        got += into.take(message)
    assert got and all(blob[:2] == b"\0\x18" and len(set(blob[2:])) == 1 for blob in got)
