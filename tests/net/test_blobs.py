from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.errors import WireError
from rollback.net.blobs import FRAGMENT, LAST, MORE, Assembly, fragments
from rollback.net.transport import MAX_BLOB, MAX_MESSAGE


@pytest.mark.parametrize("size", [0, 1, FRAGMENT - 1, FRAGMENT, FRAGMENT + 1, 5 * FRAGMENT, 1_000_003])
def test_a_blob_arrives_as_it_was_and_no_fragment_is_above_what_is_accepted(size):
    blob = bytes(index * 31 % 251 for index in range(size))
    cut = list(fragments(blob))
    assembly = Assembly()
    *early, last = [assembly.take(fragment) for fragment in cut]
    assert all(part is None for part in early) and last == blob
    assert max(map(len, cut)) <= MAX_MESSAGE
    assert len(cut) == max(1, -(-size // FRAGMENT))


@given(st.lists(st.binary(max_size=3 * FRAGMENT), min_size=1, max_size=4))
@settings(max_examples=30, deadline=None)
def test_blobs_one_after_the_other_stay_apart(blobs):
    assembly = Assembly()
    arrived = [done for blob in blobs for part in fragments(blob) if (done := assembly.take(part)) is not None]
    assert arrived == blobs


@pytest.mark.parametrize("fragment", [b"", b"\x02abc", b"\xff", bytes(MAX_MESSAGE + 1)])
def test_a_fragment_that_breaks_the_rules_is_refused_and_changes_nothing(fragment):
    assembly = Assembly()
    assert assembly.take(bytes([MORE]) + b"one ") is None
    with pytest.raises(WireError, match="malformed"):
        assembly.take(fragment)
    assert assembly.take(bytes([LAST]) + b"two") == b"one two"


@given(st.lists(st.binary(max_size=40), max_size=60))
def test_any_bytes_are_taken_or_refused_with_a_wire_error(messages):
    assembly = Assembly()
    for message in messages:
        try:
            blob = assembly.take(message)
        except WireError as error:
            assert error.reason == "malformed"
        else:
            assert blob is None or message[0] == LAST


def test_a_blob_that_grows_above_the_limit_is_swallowed_to_its_end_and_the_next_one_arrives():
    assembly = Assembly()
    part = bytes([MORE]) + bytes(FRAGMENT)
    for _ in range(2 * MAX_BLOB // FRAGMENT):
        assert assembly.take(part) is None
        assert assembly._size <= MAX_BLOB + 1 and len(assembly._held) <= MAX_BLOB
    with pytest.raises(WireError, match="oversized"):
        assembly.take(bytes([LAST]) + b"end")
    assert assembly.take(bytes([LAST]) + b"next") == b"next"


def test_fragments_without_an_end_and_without_content_take_no_memory():
    assembly = Assembly()
    tracemalloc.start()
    try:
        for _ in range(100_000):
            assert assembly.take(bytes([MORE])) is None
        assert tracemalloc.get_traced_memory()[0] < 10_000
    finally:
        tracemalloc.stop()
    assert assembly.take(bytes([LAST]) + b"end") == b"end"


def test_a_blob_of_exactly_the_limit_arrives():
    blob = bytes(MAX_BLOB)
    assembly = Assembly()
    results = [assembly.take(fragment) for fragment in fragments(blob)]
    assert results[-1] == blob
