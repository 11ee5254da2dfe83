"""Blocks of rows come back, are small, and refuse every other byte string within bounds."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.errors import WireError
from rollback.wire.blocks import check_rows, pack_rows, unpack_rows

widths = st.integers(1, 40)


@given(widths, st.data())
def test_rows_come_back(width, data):
    pool = data.draw(st.lists(st.binary(min_size=width, max_size=width), min_size=1, max_size=3))
    rows = data.draw(st.lists(st.sampled_from(pool), min_size=1, max_size=60))
    packed = pack_rows(b"".join(rows), width)
    assert unpack_rows(packed, width, len(rows)) == b"".join(rows)


@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 600])
@pytest.mark.parametrize("width", [1, 2, 64, 1024])
def test_random_rows_of_every_size_come_back(count, width):
    rows = random.Random(count * width).randbytes(count * width)
    packed = pack_rows(rows, width)
    assert unpack_rows(packed, width, count) == rows
    assert len(packed) < len(rows) * 1.02 + 8  # what cannot be packed hardly grows


def test_rows_that_stay_the_same_cost_nothing():
    assert pack_rows(bytes(600), 2) == b""
    assert pack_rows(b"\1\2" * 300, 2) == b"\0\2\1\2"
    assert unpack_rows(b"", 2, 300) == bytes(600)


def test_a_change_costs_three_bytes():
    rows = b"\5" * 40 + b"\7" * 60
    assert pack_rows(rows, 1) == b"\0\1\5" + bytes([39, 1, 2])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x05", "half a number"),
        (b"\x80", "half a number"),
        (b"\xff\xff\xff\xff\x01\x00", "half a number"),
        (b"\x00\x0b" + bytes(11), "more or less"),
        (b"\x0b\x00", "more or less"),
        (b"\x00\x05\x01", "more or less"),
        (b"\xff\xff\x7f\x00", "more or less"),
    ],
)
def test_what_is_no_block_is_refused(data, words):
    for read in (unpack_rows, check_rows):
        with pytest.raises(WireError, match=words):
            read(data, 2, 5)


@settings(max_examples=500)
@given(st.binary(max_size=60), widths, st.integers(1, 100))
def test_any_bytes_are_rows_of_the_right_size_or_refused(data, width, count):
    try:
        assert len(unpack_rows(data, width, count)) == width * count
    except WireError as error:
        assert error.reason == "malformed"
        with pytest.raises(WireError, match="malformed"):
            check_rows(data, width, count)
    else:
        check_rows(data, width, count)


def test_a_check_makes_nothing_of_the_rows_that_a_few_bytes_claim():
    data, size = b"\xff\xff\x24\x01\x07", 1024 * 600
    assert len(unpack_rows(data, 1024, 600)) == size, "the premise"
    tracemalloc.start()
    try:
        check_rows(data, 1024, 600)
        assert tracemalloc.get_traced_memory()[1] < 10_000
    finally:
        tracemalloc.stop()


def test_claims_of_many_zeros_allocate_nothing():
    tracemalloc.start()
    try:
        with pytest.raises(WireError):
            unpack_rows(b"\xff\xff\x7f\x00" * 1000, 1, 10)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()
