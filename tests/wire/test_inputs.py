"""The hot message: every field comes back, near any frame, and its bytes are the documented ones."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.errors import WireError
from rollback.wire import Line, Notice, decode_inputs, encode_inputs, encode_message
from rollback.wire.inputs import (
    CHECKSUM,
    ECHO,
    FAR,
    HEAD,
    INPUTS,
    LINE,
    MORE,
    encode_checksum,
    encode_line,
    encode_more,
)
from rollback.wire.runs import change_between, encode_runs, payload_lengths

lines = st.builds(
    Line, st.integers(0, 255), st.integers(0, 255), st.integers(0, 65535), st.integers(0, 65535), st.integers(0, 255)
)


def decode(data: bytes, known: int = -1, last: bytes = b"\0", room: int = 128) -> Any:
    return decode_inputs(data, known, last, room, payload_lengths(len(last)))


@given(
    known=st.integers(-1, 2**34),
    ahead=st.integers(-30_000, 30_000),
    lag=st.integers(-32_768, 32_767),
    advantage=st.integers(-1_000, 1_000),
    unconfirmed=st.integers(0, 255),
    match=st.integers(0, 3),
    echo=st.booleans(),
    checksum=st.none() | st.tuples(st.integers(-16_000, 16_000), st.integers(0, 1), st.integers(0, 2**32 - 1)),
    line=st.none() | lines,
    more=st.none() | st.binary(max_size=300),
)
@settings(max_examples=300, deadline=None)
def test_every_field_comes_back(
    known: int,
    ahead: int,
    lag: int,
    advantage: int,
    unconfirmed: int,
    match: int,
    echo: bool,
    checksum: tuple[int, int, int] | None,
    line: Line | None,
    more: bytes | None,
) -> None:
    newest = known + ahead
    flags, blocks = match << 5 | (ECHO if echo else 0), b""
    if checksum is not None:
        flags |= CHECKSUM
        checksum = (newest + checksum[0], *checksum[1:])
        blocks += encode_checksum(*checksum)
    if line is not None:
        flags |= LINE
        blocks += encode_line(line)
    if more is not None:
        flags |= MORE
        blocks += encode_more(more)
    ack = newest + lag
    data = encode_inputs(flags, newest, ack, advantage, ack - unconfirmed, blocks, b"")
    message = decode(data, known)
    assert (message.newest, message.ack, message.confirmed) == (newest, ack, ack - unconfirmed)
    assert message.advantage == max(-127, min(127, advantage)), "saturated, never wrapped round"
    assert (message.checksum, message.line, message.more) == (checksum, line, more)
    assert message.flags >> 5 & 3 == match and message.flags & INPUTS
    assert bool(message.flags & ECHO) == echo
    assert bool(message.flags & FAR) == (not -128 <= lag < 128)


@given(st.data(), st.integers(1, 20), st.integers(0, 60))
@settings(max_examples=200, deadline=None)
def test_rows_past_the_known_frame_come_back_and_only_those(data: st.DataObject, width: int, count: int) -> None:
    rows = [data.draw(st.sampled_from([bytes(width), b"\1" * width, bytes(range(width))])) for _ in range(count)]
    changes: deque[Any] = deque()
    before = bytes(width)
    for frame, row in enumerate(rows):
        if row != before:
            changes.append((frame, *change_between(before, row)))
        before = row
    newest = count - 1
    acked = data.draw(st.integers(-1, newest))
    known = data.draw(st.integers(acked, newest + 5))
    room = data.draw(st.integers(0, 80))
    tokens, _ = encode_runs(changes, acked, newest, 10_000)
    datagram = encode_inputs(INPUTS, newest, -1, 0, -1, b"", tokens)
    last = rows[known] if 0 <= known <= newest else bytes(width)
    message = decode(datagram, known, last, room)
    assert message.rows == rows[known + 1 : min(newest, known + room) + 1]
    assert [frame for frame, _, _ in message.changes] == [frame for frame, _, _ in reversed(changes) if frame > acked]


def test_the_bytes_are_the_documented_ones() -> None:
    quiet = encode_inputs(INPUTS, 0x1234, 0x1230, -2, 0x122E, b"", b"")
    assert quiet == bytes([0x34, 0x80, 0x12, 0xFC, 0xFE, 2])
    assert len(quiet) == HEAD
    far = encode_inputs(INPUTS | 2 << 5, 300, -1, 0, -1, b"", b"\x10\x05")
    assert far == bytes([300 & 255, 0x80 | 0x40 | FAR, 1, (-301) & 255, 0, 0, (-301) & 255, (-301) >> 8 & 255]) + b"\x10\x05"
    assert encode_checksum(0x8123, 1, 0xDEADBEEF) == bytes.fromhex("2381efbeadde")
    assert encode_line(Line(1, 2, 0x0304, 0x0506, 7)) == bytes([1, 2, 4, 3, 6, 5, 7])
    assert encode_more(b"abc") == b"\3abc"


@pytest.mark.parametrize("frame", [65_530, 65_535, 65_536, 131_071, 2**31, 2**40])
def test_frames_are_taken_near_what_is_expected(frame: int) -> None:
    for step in (-3_000, -1, 0, 1, 7, 3_000):
        data = encode_inputs(INPUTS | CHECKSUM, frame + step, frame, 0, frame, encode_checksum(frame - 60, 0, 5), b"")
        message = decode(data, frame)
        assert (message.newest, message.ack) == (frame + step, frame)
        assert message.checksum == (frame - 60, 0, 5)


def test_a_message_that_rides_along_is_handed_out_unread() -> None:
    notice = encode_message(Notice(1800))
    data = encode_inputs(INPUTS | MORE, 5, 5, 0, 5, encode_more(notice), b"\x15\x01")
    message = decode(data)
    assert message.more == notice
    assert message.changes == [(5, 0x10, b"\1")]


@pytest.mark.parametrize("flags", [0, FAR, CHECKSUM, LINE, MORE, FAR | CHECKSUM | LINE | MORE])
def test_every_cut_of_the_head_and_its_blocks_is_truncated(flags: int) -> None:
    blocks = b""
    if flags & CHECKSUM:
        blocks += encode_checksum(10, 1, 2**32 - 1)
    if flags & LINE:
        blocks += encode_line(Line(255, 255, 65535, 65535, 255))
    if flags & MORE:
        blocks += encode_more(bytes(200))
    ack = 10_000 if flags & FAR else 10
    data = encode_inputs(flags & ~FAR, 10, ack, 0, ack, blocks, b"")
    assert data[1] == flags | INPUTS
    for end in range(len(data)):
        with pytest.raises(WireError) as caught:
            decode(data[:end])
        assert caught.value.reason == "truncated"


def test_a_message_that_claims_more_than_there_is_is_refused() -> None:
    with pytest.raises(WireError, match="truncated"):
        decode(encode_inputs(INPUTS | MORE, 1, 1, 0, 1, b"\xff\xff\xff\x7f", b""))
    with pytest.raises(WireError, match="number"):
        decode(encode_inputs(INPUTS | MORE, 1, 1, 0, 1, b"\xff\xff\xff\xff\x01", b""))


def test_a_frame_far_ahead_brings_no_more_rows_than_there_is_room_for() -> None:
    data = encode_inputs(INPUTS, 30_000, 0, 0, 0, b"", bytes([0x10 | 3 % 15, 9]))
    message = decode(data, 2, b"\0", 100)
    assert len(message.rows) <= 100
