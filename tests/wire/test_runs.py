"""Runs: any rows come back as they were, from any frame that was acknowledged, in few bytes."""

from __future__ import annotations

import random
from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.errors import WireError
from rollback.wire.runs import (
    Change,
    change_between,
    changed_row,
    decode_runs,
    encode_runs,
    payload_lengths,
    put_varint,
    take_varint,
)

widths = st.integers(1, 64)


def changes_of(rows: list[bytes], before: bytes) -> deque[Change]:
    """Return the changes in rows that begin at frame 0, as a queue notes them."""
    changes: deque[Change] = deque()
    for frame, row in enumerate(rows):
        if row != before:
            changes.append((frame, *change_between(before, row)))
        before = row
    return changes


def rebuilt(changes: list[Change], start: int, newest: int, last: bytes) -> list[bytes]:
    """Return the rows of frames start + 1 .. newest, by changing `last` where a change says so."""
    by_frame = {frame: (token, delta) for frame, token, delta in changes}
    rows = []
    for frame in range(start + 1, newest + 1):
        if frame in by_frame:
            last = changed_row(last, *by_frame[frame])
        rows.append(last)
    return rows


@st.composite
def histories(draw: st.DrawFn) -> tuple[int, list[bytes]]:
    """Draw rows of one width: some frames change a little, some a lot, most not at all."""
    width = draw(widths)
    dice = random.Random(draw(st.integers(0, 2**32)))
    chance = draw(st.sampled_from([0.0, 0.02, 0.2, 0.7, 1.0]))
    row, rows = bytearray(width), []
    for _ in range(draw(st.integers(0, 200))):
        if dice.random() < chance:
            for _ in range(dice.choice([1, 1, 1, 3, width])):
                row[dice.randrange(width)] = dice.randrange(256)
        rows.append(bytes(row))
    return width, rows


@given(widths, st.data())
@settings(deadline=None)
def test_a_change_turns_one_row_into_the_other_and_back(width: int, data: st.DataObject) -> None:
    before, after = (
        data.draw(st.binary(min_size=width, max_size=width)),
        data.draw(st.binary(min_size=width, max_size=width)),
    )
    if before == after:
        return
    token, delta = change_between(before, after)
    assert token & 15 == 0 and token >> 4
    assert len(delta) == payload_lengths(width)[token >> 4]
    assert changed_row(before, token, delta) == after
    assert changed_row(after, token, delta) == before


@given(histories(), st.data())
@settings(max_examples=200, deadline=None)
def test_rows_come_back_from_any_acknowledged_frame(history: tuple[int, list[bytes]], data: st.DataObject) -> None:
    width, rows = history
    newest = len(rows) - 1
    acked = data.draw(st.integers(-1, newest))
    tokens, reached = encode_runs(changes_of(rows, bytes(width)), acked, newest, 1_000_000)
    assert reached == newest
    last = rows[acked] if acked >= 0 else bytes(width)
    changes = decode_runs(tokens, 0, newest, payload_lengths(width))
    assert [frame for frame, _, _ in changes] == sorted((frame for frame, _, _ in changes), reverse=True)
    assert all(acked < frame <= newest for frame, _, _ in changes)
    assert rebuilt(changes, acked, newest, last) == rows[acked + 1 :]


@given(histories(), st.integers(0, 400))
@settings(max_examples=200, deadline=None)
def test_what_does_not_fit_is_cut_at_the_new_end(history: tuple[int, list[bytes]], room: int) -> None:
    width, rows = history
    newest = len(rows) - 1
    tokens, reached = encode_runs(changes_of(rows, bytes(width)), -1, newest, room)
    assert len(tokens) <= room
    assert -1 <= reached <= newest
    changes = decode_runs(tokens, 0, reached, payload_lengths(width))
    assert rebuilt(changes, -1, reached, bytes(width)) == rows[: reached + 1], "the oldest rows are the most wanted"


def test_rows_that_do_not_change_cost_nothing() -> None:
    assert encode_runs(deque(), 3, 1000, 1000) == (b"", 1000)
    assert decode_runs(b"", 0, 1000, payload_lengths(4)) == []


def test_a_changed_byte_costs_two_bytes() -> None:
    changes = changes_of([b"\0"] * 9 + [b"\7"] * 4, b"\0")
    tokens, _ = encode_runs(changes, 5, 12, 1000)
    assert tokens == bytes([0x10 | 9, 7])


def test_a_change_long_ago_names_its_frame() -> None:
    changes = changes_of([b"\0"] * 600 + [b"\7"] * 40, b"\0")
    tokens, _ = encode_runs(changes, 5, 639, 1000)
    assert tokens == bytes([0x1F, 600 & 255, 600 >> 8, 7])
    assert decode_runs(tokens, 0, 639, payload_lengths(1)) == [(600, 0x10, b"\7")]


@pytest.mark.parametrize(
    ("width", "lengths"),
    [
        (1, {1: 1}),
        (2, {1: 1, 2: 1, 3: 2}),
        (3, {1: 1, 2: 1, 4: 1, 7: 3}),
        (4, {1: 1, 8: 1, 15: 4}),
        (5, {1: 2, 2: 2, 4: 1, 7: 5}),
        (64, {1: 16, 8: 16, 15: 64}),
    ],
)
def test_the_mask_names_quarters(width: int, lengths: dict[int, int]) -> None:
    table = payload_lengths(width)
    assert {mask: table[mask] for mask in lengths} == lengths
    assert table[0] == 0, "a change that changes nothing is illegal"
    assert len(table) == 16


def test_a_mask_that_names_an_empty_quarter_is_illegal() -> None:
    assert payload_lengths(1)[2:] == (0,) * 14
    assert payload_lengths(2)[4] == payload_lengths(3)[8] == payload_lengths(5)[8] == 0


def reason_of(data: bytes, newest: int = 100, width: int = 1) -> str:
    with pytest.raises(WireError) as caught:
        decode_runs(data, 0, newest, payload_lengths(width))
    return caught.value.reason


def test_illegal_tokens_are_named() -> None:
    assert reason_of(b"\x05\x01") == "token"  # no quarter
    assert reason_of(b"\x20\x01") == "token"  # a quarter that rows of one byte do not have
    assert reason_of(b"\x10") == "truncated"
    assert reason_of(b"\x1f") == reason_of(b"\x1f\x01") == "truncated"
    assert reason_of(b"\xf0\x01\x02\x03", width=4) == "truncated"
    assert reason_of(b"\x15\x01" * 9, newest=30) == "token"  # back past frame 0
    assert reason_of(b"\x10\x01", newest=-1) == "token"


@given(st.binary(max_size=60), st.integers(-1, 70_000), widths)
@settings(max_examples=1_000, deadline=None)
def test_any_bytes_are_changes_in_range_or_an_error(data: bytes, newest: int, width: int) -> None:
    try:
        changes = decode_runs(data, 0, newest, payload_lengths(width))
    except WireError as error:
        assert error.reason in ("truncated", "token")
        return
    frames = [frame for frame, _, _ in changes]
    assert frames == sorted(set(frames), reverse=True)
    assert all(0 <= frame <= newest for frame in frames)
    for _, token, delta in changes:
        assert len(changed_row(bytes(width), token, delta)) == width


@given(st.integers(0, 2**28 - 1))
@settings(deadline=None)
def test_numbers_come_back(value: int) -> None:
    out = bytearray(b"x")
    put_varint(out, value)
    assert take_varint(bytes(out), 1) == (value, len(out))
    assert len(out) <= 5
    with pytest.raises(IndexError):
        take_varint(bytes(out[:-1]), 1)


def test_a_number_of_five_bytes_is_refused() -> None:
    with pytest.raises(WireError, match="number"):
        take_varint(b"\xff\xff\xff\xff\x01", 0)
