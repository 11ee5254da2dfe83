"""The outline accepts whatever msgpack wrote of allowed objects, and nothing that msgpack would have to guess about."""

from __future__ import annotations

import msgpack
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rollback.errors import WireError
from rollback.wire.outline import check_outline
from tests.cases import every

ROOMY = {"max_depth": 64, "max_items": 10_000}

leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(),
    st.text(max_size=40),
    st.binary(max_size=40),
)
objects = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=20), st.dictionaries(st.text(max_size=5), inner, max_size=20)),
    max_leaves=40,
)


def items_in(value):
    if isinstance(value, dict):
        return 1 + sum(1 + items_in(entry) for entry in value.values())
    return 1 + sum(map(items_in, value)) if isinstance(value, list) else 1


def depth_of(value):
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inside is None else 1 + max(map(depth_of, inside), default=0)


def reason_of(data, **limits):
    with pytest.raises(WireError) as caught:
        check_outline(data, **{**ROOMY, **limits})
    return caught.value.reason


@given(objects)
def test_whole_objects_pass_at_exactly_their_depth_and_number_of_items(value):
    data = msgpack.packb(value)
    depth, items = depth_of(value), items_in(value)
    check_outline(data, max_depth=depth, max_items=items)
    assert reason_of(data, max_items=items - 1) == "oversized"
    if depth:
        assert reason_of(data, max_depth=depth - 1) == "deep"


@given(objects, st.binary(min_size=1, max_size=3))
def test_cut_and_lengthened_objects_do_not_pass(value, more):
    data = msgpack.packb(value)
    for end in range(len(data)):
        assert reason_of(data[:end]) == "truncated"
    assert reason_of(data + more) == "trailing"


@settings(max_examples=1000)
@given(st.binary(max_size=30))
@example(b"\xdc\x00\x02\xc0\xc0")
@example(b"\xde\x00\x01\xa0\xd9\x01a")
@example(b"\x92\xc7\x00\x01\xd4\x05a")
def test_what_passes_is_whole_for_msgpack_too(data):
    try:
        check_outline(data, **ROOMY)
    except WireError:
        return
    read = []
    unpacker = msgpack.Unpacker(
        strict_map_key=False, object_pairs_hook=list, unicode_errors="replace", ext_hook=lambda kind, body: kind
    )
    unpacker.feed(data)
    read = [*unpacker]
    assert len(read) == 1 and unpacker.tell() == len(data)


@every("head", range(256))
def test_every_first_byte_alone_is_whole_cut_or_unknown(head):
    data = bytes([head])
    whole = head < 0x80 or head >= 0xE0 or head in (0x80, 0x90, 0xA0, 0xC0, 0xC2, 0xC3)
    if whole:
        check_outline(data, **ROOMY)
    else:
        assert reason_of(data) == ("unknown" if head in (0xC1, 0xCA) else "truncated")


@pytest.mark.parametrize("head", [0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xD9, 0xDA, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF])
def test_every_claimed_length_is_held_against_what_is_there(head):
    for claim in (b"\xff", b"\xff\xff", b"\xff\xff\xff\xff", b"\xff" * 9):
        assert reason_of(bytes([head]) + claim) in ("truncated", "unknown", "trailing")


@every("kind", range(256))
def test_only_our_extensions_pass(kind):
    body = b"\xd4" + bytes([kind, 0])
    marked = b"\x91\xc7\x00" + bytes([kind])
    if kind in (3, 4, 5, 6):
        check_outline(body, **ROOMY)
        check_outline(marked, **ROOMY)
    elif kind in (1, 2):
        assert reason_of(body) == "unknown"
        check_outline(marked, **ROOMY)
    else:
        assert reason_of(body) == reason_of(marked) == "unknown"


def test_a_mark_stands_first_in_an_array_and_nowhere_else():
    mark = b"\xc7\x00\x01"
    for data in (b"\x93" + mark + b"\x01\x02", b"\xdc\x00\x01" + mark, b"\xdd\x00\x00\x00\x01" + mark):
        check_outline(data, **ROOMY)
    for data in (
        mark,
        b"\x92\x01" + mark,
        b"\x81\xa0" + mark,
        b"\x81" + mark + b"\x01",
        b"\xde\x00\x01" + mark + b"\x01",
    ):
        assert reason_of(data) == "unknown"
