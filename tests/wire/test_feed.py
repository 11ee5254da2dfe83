"""The messages of a feed: held byte for byte, exact both ways, and within all limits whatever comes."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.errors import WireError
from rollback.wire.feed import (
    KINDS,
    LAST,
    MAX_NEWS,
    MAX_PART,
    MAX_ROWS,
    MAX_STATE,
    MAX_SUMS,
    NEWS,
    WHOLE,
    Done,
    FeedBlob,
    Keyframe,
    Part,
    Rows,
    Want,
    decode_feed,
    encode_feed,
    is_feed,
    rows_in,
    rows_of,
)
from rollback.wire.limits import MAX_DATAGRAM, MAX_REASON
from rollback.wire.tree import pack_tree
from tests.cases import every

KEYFRAME = Keyframe(
    60, 70_000, 2**63 + 5, 7, {"protocol": 1, "seed": 0, "extra": "ab"}, (1, 2), {0: "human", 1: "bot"}, {0: "ann"}, {1: 41}
)
# A change here is a change of PROTOCOL.
GOLDEN: list[tuple[FeedBlob, str]] = [
    (
        KEYFRAME,
        "00189ac70001 3c ce00011170 cf8000000000000005 07 83a56578747261a26162a870726f746f636f6c01a47365656400"
        " 93c700010102 95c700020 0a568756d616e01a3626f74 93c70002 00a3616e6e 93c70002 0129",
    ),
    (Part(60, 12_288, b"\0\1"), "001994c700013ccd3000c4020001"),
    (
        Rows(61, 3, b"\0\1\2\5\1\3", ((63, 9),), (("cut", (1,), 60, ""),)),
        "001a96c700013d03c406000102050103 92c70001 93c700013f09 92c70001 95c70001a3637574 92c7000101 3c a0",
    ),
    (Want(60, WHOLE, 5, 75, True), "001b96c700013cff054bc3"),
    (Done("end_at", 600, 2**64 - 1, False), "001c95c70001a6656e645f6174cd0258cfffffffffffffffffc2"),
]


@pytest.mark.parametrize(("message", "hexed"), GOLDEN, ids=lambda value: type(value).__name__)
def test_messages_are_written_and_read_byte_for_byte(message: FeedBlob, hexed: str) -> None:
    data = bytes.fromhex(hexed.replace(" ", ""))
    assert encode_feed(message).hex() == data.hex()
    assert decode_feed(data) == message and type(decode_feed(data)) is type(message)


def test_every_kind_has_a_vector_and_stands_apart_from_all_other_messages() -> None:
    assert {type(message) for message, _ in GOLDEN} == set(KINDS.values())
    assert set(KINDS) == set(range(24, 29))
    assert all(is_feed(encode_feed(message)) for message, _ in GOLDEN)
    assert not is_feed(b"") and not is_feed(b"\0") and not is_feed(b"\0\x10") and not is_feed(b"\1\x18")


frames = st.integers(0, LAST)
sums = st.integers(0, 2**64 - 1)
texts = st.text(max_size=200)
seats = st.integers(0, 15)
facts = st.dictionaries(texts, st.none() | st.booleans() | st.integers(0, 2**60) | texts, max_size=8)
keyframes = st.builds(
    Keyframe,
    frames,
    st.integers(1, MAX_STATE),
    sums,
    sums,
    facts,
    st.lists(st.integers(1, 64), min_size=1, max_size=16).map(tuple),
    st.dictionaries(seats, texts, max_size=4),
    st.dictionaries(seats, texts, max_size=4),
    st.dictionaries(seats, st.integers(-1, LAST)),
)
news = st.tuples(st.sampled_from(NEWS), st.lists(seats, max_size=16).map(tuple), st.integers(-1, LAST), texts)
messages = st.one_of(
    keyframes,
    st.builds(Part, frames, st.integers(0, MAX_STATE), st.binary(min_size=1, max_size=200)),
    st.builds(
        Rows,
        frames,
        st.integers(0, MAX_ROWS),
        st.binary(max_size=200),
        st.lists(st.tuples(frames, sums), max_size=MAX_SUMS).map(tuple),
        st.lists(news, max_size=4).map(tuple),
    ),
    st.builds(Want, st.integers(-1, LAST), st.integers(WHOLE, MAX_STATE), sums, st.integers(-1, LAST), st.booleans()),
    st.builds(Done, texts, st.integers(-1, LAST), st.integers(-1, 2**64 - 1), st.booleans()),
)


@given(messages)
@settings(max_examples=200, deadline=None)
def test_what_is_read_is_what_was_written(message: FeedBlob) -> None:
    data = encode_feed(message)
    if len(data) <= MAX_DATAGRAM:
        assert decode_feed(data) == message


@given(st.integers(1, 1024), st.data())
@settings(max_examples=150, deadline=None)
def test_rows_come_back_and_fit_a_message(width: int, data: Any) -> None:
    count = data.draw(st.integers(0, min(60, MAX_ROWS // width)))
    dice = random.Random(data.draw(st.integers(0, 99)))
    rows = b"".join(dice.choice([bytes(width), dice.randbytes(width)]) for _ in range(count))
    told = data.draw(st.lists(st.tuples(frames, sums), max_size=40).map(tuple))
    message = rows_of(7, rows, width, told)
    assert rows_in(message, width) == rows and message.count == count
    assert message.sums == told[-MAX_SUMS:]
    assert len(encode_feed(message)) <= MAX_DATAGRAM


def test_the_largest_messages_that_are_sent_stay_within_what_a_channel_takes() -> None:
    dice = random.Random(3)
    worst = b"".join(b"\0" + bytes([dice.randrange(1, 256)]) for _ in range(MAX_ROWS // 2))
    told = tuple((LAST, 2**64 - 1) for _ in range(MAX_SUMS))
    rows = rows_of(LAST, worst, 1, told)
    for message in (Part(LAST, MAX_STATE - 1, bytes(MAX_PART)), rows, Done("x" * MAX_REASON, LAST, 2**64 - 1)):
        data = encode_feed(message)
        assert len(data) <= MAX_DATAGRAM and decode_feed(data) == message
    said = tuple(("lost", tuple(range(16)), LAST, "x" * 200) for _ in range(40))
    assert len(rows_of(0, b"", 1, (), said).news) == MAX_NEWS


WRONG: list[tuple[type[FeedBlob], tuple[Any, ...]]] = [
    (Keyframe, (-1, 1, 0, 0, {}, (1,), {}, {}, {})),
    (Keyframe, (0, 0, 0, 0, {}, (1,), {}, {}, {})),
    (Keyframe, (0, MAX_STATE + 1, 0, 0, {}, (1,), {}, {}, {})),
    (Keyframe, (0, 1, -1, 0, {}, (1,), {}, {}, {})),
    (Keyframe, (0, 1, 0, 2**64, {}, (1,), {}, {}, {})),
    (Keyframe, (0, 1, 0, 0, {1: 2}, (1,), {}, {}, {})),
    (Keyframe, (0, 1, 0, 0, {"a": [1]}, (1,), {}, {}, {})),
    (Keyframe, (0, 1, 0, 0, {"a": "x" * 401}, (1,), {}, {}, {})),
    (Keyframe, (0, 1, 0, 0, {str(n): n for n in range(65)}, (1,), {}, {}, {})),
    (Keyframe, (0, 1, 0, 0, {}, (), {}, {}, {})),
    (Keyframe, (0, 1, 0, 0, {}, (65,), {}, {}, {})),
    (Keyframe, (0, 1, 0, 0, {}, (1,) * 17, {}, {}, {})),
    (Keyframe, (0, 1, 0, 0, {}, (1,), {16: ""}, {}, {})),
    (Keyframe, (0, 1, 0, 0, {}, (1,), {}, {0: "x" * 201}, {})),
    (Keyframe, (0, 1, 0, 0, {}, (1,), {}, {}, {0: -2})),
    (Keyframe, (0, 1, 0, 0, {}, [1], {}, {}, {})),
    (Part, (0, 0, b"")),
    (Part, (0, 0, bytes(MAX_PART + 1))),
    (Part, (0, -1, b"x")),
    (Part, (0, True, b"x")),
    (Part, (0, 0, "x")),
    (Rows, (0, MAX_ROWS + 1, b"", (), ())),
    (Rows, (0, 1, b"", ((0, 0),) * (MAX_SUMS + 1), ())),
    (Rows, (0, 1, b"", ((0,),), ())),
    (Rows, (0, 1, b"", ([0, 0],), ())),
    (Rows, (0, 1, b"", (), (("cut", (0,), 0, ""),) * (MAX_NEWS + 1))),
    (Rows, (0, 1, b"", (), (("born", (0,), 0, ""),))),
    (Rows, (0, 1, b"", (), ((["cut"], (0,), 0, ""),))),
    (Rows, (0, 1, b"", (), (("cut", (16,), 0, ""),))),
    (Rows, (0, 1, b"", (), (("cut", (0,), 0),))),
    (Want, (-2, 0, 0, 0, False)),
    (Want, (0, -2, 0, 0, False)),
    (Want, (0, 0, 0, 0, 1)),
    (Done, ("x" * (MAX_REASON + 1), 0, 0, True)),
    (Done, ("", LAST + 1, 0, True)),
    (Done, ("", 0)),
]


@every(("kind", "fields"), WRONG)
def test_a_field_out_of_its_limits_is_refused(kind: type[FeedBlob], fields: tuple[Any, ...]) -> None:
    number = next(number for number, found in KINDS.items() if found is kind)
    with pytest.raises(WireError, match="field") as caught:
        decode_feed(bytes((0, number)) + pack_tree(fields))
    assert len(str(caught.value)) < 200


def verdict(data: bytes) -> str:
    """Decode; return the reason to drop it, or `ok`."""
    try:
        message = decode_feed(data)
        if isinstance(message, Rows):
            assert len(rows_in(message, 3)) == 3 * message.count <= MAX_ROWS
        assert len(encode_feed(message)) < 2 * MAX_DATAGRAM
        return "ok"
    except WireError as error:
        return error.reason


def test_every_truncation_and_every_flipped_bit_of_every_vector() -> None:
    seen: Counter[str] = Counter()
    for _, hexed in GOLDEN:
        data = bytes.fromhex(hexed.replace(" ", ""))
        for place in range(len(data)):
            seen[verdict(data[:place])] += 1
            for bit in range(8):
                seen[verdict(data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :])] += 1
    assert seen["ok"] > 50 and seen["field"] > 50 and seen["truncated"] > 50


@given(st.integers(24, 28), st.binary(max_size=120))
@settings(max_examples=300, deadline=None)
def test_bytes_of_any_shape(kind: int, data: bytes) -> None:
    verdict(bytes((0, kind)) + data)


@given(messages, st.integers(0, 2**32))
@settings(max_examples=300, deadline=None)
def test_mutations_of_what_was_written(message: FeedBlob, seed: int) -> None:
    data, dice = bytearray(encode_feed(message)), random.Random(seed)
    for _ in range(dice.randint(1, 4)):
        data[dice.randrange(2, len(data))] = dice.randrange(256)
    verdict(bytes(data))


def test_what_is_too_long_is_not_read() -> None:
    with pytest.raises(WireError, match="oversized"):
        decode_feed(encode_feed(Part(0, 0, b"x")) + bytes(MAX_DATAGRAM))
    with pytest.raises(WireError, match="oversized"):
        rows_in(Rows(0, MAX_ROWS, b""), 2)
    with pytest.raises(WireError, match="kind"):
        decode_feed(b"\0\x10")
