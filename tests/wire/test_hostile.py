"""Bytes that nobody sent in good faith: each is a message within all limits, or a reason to drop it."""

from __future__ import annotations

import random
import tracemalloc
from collections import Counter

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.errors import WireError
from rollback.wire import Bye, Hello, Notice, decode_inputs, decode_message
from rollback.wire.inputs import INPUTS
from rollback.wire.limits import MAX_DATAGRAM, MAX_REASON
from rollback.wire.runs import payload_lengths
from tests.cases import every
from tests.wire.golden import datagrams

REASONS = {"truncated", "oversized", "kind", "msgpack", "field", "token", "number"}
ROOM = 128


def verdict(data: bytes, width: int = 1, known: int = 40) -> str:
    """Decode as a session would; return the reason to drop the datagram, or `ok` for a message within the limits."""
    try:
        if len(data) > 1 and data[1] & INPUTS:
            inputs = decode_inputs(data, known, bytes(width), ROOM, payload_lengths(width))
            assert len(inputs.rows) <= ROOM and all(len(row) == width for row in inputs.rows)
            assert len(inputs.changes) <= len(data)
            assert abs(inputs.newest - known) <= 32_768
            assert -127 - 1 <= inputs.advantage <= 127
            if inputs.more is not None:
                assert len(inputs.more) <= len(data)
                verdict(inputs.more)
            return "ok"
        message = decode_message(data)
    except WireError as error:
        assert error.reason in REASONS, error.reason
        assert len(str(error)) < 200, "an error quotes no more than it must"
        return error.reason
    match message:
        case Hello():
            assert 0 < message.nonce < 2**32 and len(message.facts) <= 64 and len(message.players) <= 16
        case Bye():
            assert len(message.reason) <= MAX_REASON and -1 <= message.confirmed <= 2**40
        case Notice():
            assert -1 <= message.end <= 2**40
    return "ok"


@pytest.mark.parametrize("width", [1, 2, 5, 64])
def test_every_truncation_of_every_golden_datagram(width: int) -> None:
    seen = Counter(verdict(data[:end], width) for data in datagrams() for end in range(len(data)))
    assert seen["truncated"] > 50 and seen["msgpack"] > 50


@pytest.mark.parametrize("width", [1, 2, 5, 64])
def test_every_flipped_bit_of_every_golden_datagram(width: int) -> None:
    seen: Counter[str] = Counter()
    for data in datagrams():
        for place in range(len(data)):
            for bit in range(8):
                seen[verdict(data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :], width)] += 1
    assert seen["ok"] > 100 and seen["msgpack"] > 100 and seen["field"] > 100 and seen["token"] > 20


@pytest.mark.parametrize("seed", range(4))
def test_a_hundred_thousand_random_byte_strings(seed: int) -> None:
    dice = random.Random(seed)
    seen: Counter[str] = Counter()
    heads = [b"", b"\0\1", b"\0\2", b"\0\3", b"\x29\x80\0", b"\x29\x8f\0"]
    for number in range(25_000):
        data = heads[number % len(heads)] + dice.randbytes(dice.choice([0, 1, 3, 7, 12, 30, 100]))
        seen[verdict(data, dice.choice([1, 2, 9]), dice.choice([-1, 40, 2**33]))] += 1
    assert set(seen) >= {"ok", "truncated", "kind", "msgpack", "token"}


@given(st.binary(max_size=80), st.sampled_from([b"", b"\0\1", b"\0\2", b"\0\3", b"\x29\x80\0", b"\x29\x9f\0"]))
@settings(max_examples=2_000, deadline=None)
def test_bytes_of_any_shape(data: bytes, head: bytes) -> None:
    verdict(head + data)


leaves = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=5)
keys = st.text(max_size=3) | st.integers(0, 20)
trees = st.recursive(
    leaves | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=14) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=30,
)


@given(trees, st.integers(1, 3))
@settings(max_examples=500, deadline=None)
def test_packed_trees_of_any_shape(tree: object, kind: int) -> None:
    verdict(bytes([0, kind]) + msgpack.packb(tree, use_bin_type=True))


@pytest.mark.nightly
@pytest.mark.timeout(1200)
@given(st.binary(max_size=2_000))
@settings(max_examples=200_000, deadline=None)
def test_two_hundred_thousand_byte_strings_of_any_shape(data: bytes) -> None:
    verdict(data)


@every("depth", [1, 10, 100, 400, 600, 1_000, 1_024, 1_025, 5_000, 16_000])
@every("kind", [1, 2, 3])
@every("step", [b"\x91", b"\x81\xa0", b"\x92\xc0"])
def test_nesting_of_every_depth(depth: int, kind: int, step: bytes) -> None:
    assert verdict((bytes([0, kind]) + step * depth + b"\x90")[:MAX_DATAGRAM]) in ("msgpack", "field")


def test_frames_far_from_the_expected_one_bring_no_more_than_there_is_room_for() -> None:
    for newest in (0, 1, 255, 32_767, 32_768, 40_000, 65_535):
        for known in (-1, 0, 40, 70_000, 2**40):
            data = bytes([newest & 255, INPUTS, newest >> 8, 0, 0, 0])
            assert verdict(data, 1, known) == "ok"


def test_a_datagram_takes_no_more_memory_than_the_limits_say() -> None:
    """The largest datagrams that pass, and claims of millions, cost kilobytes."""
    largest = [
        bytes([41, INPUTS, 0, 0, 0, 0]) + b"\x1f\x00\x00\x01" * 4_000,
        bytes([41, INPUTS, 0x7F, 0, 0, 0]),
        b"\0\1" + b"\xdd\xff\xff\xff\xff" * 3_000,
        b"\0\1" + b"\x91" * 1_020 + b"\xdf\xff\xff\xff\xff",
        b"\0\2\x95\xdb\xff\xff\xff\xff",
    ]
    tracemalloc.start()
    try:
        for data in largest:
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            verdict(data)
            assert tracemalloc.get_traced_memory()[1] - before < 3_000_000
    finally:
        tracemalloc.stop()
