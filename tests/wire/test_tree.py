"""Packed trees: exact, canonical, the same in both implementations of msgpack, and harmless whatever arrives."""

from __future__ import annotations

import math
import os
import random
import struct
import subprocess
import sys
import tracemalloc

import msgpack
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rollback.errors import UsageError, WireError
from rollback.state import MAX_DEPTH, checksum, diff
from rollback.wire.tree import pack_tree, unpack_tree
from tests.cases import every

SIGNALLING_NAN = struct.unpack("<d", b"\x01\0\0\0\0\0\xf0\x7f")[0]
REASONS = {"oversized", "truncated", "deep", "unknown", "trailing", "malformed"}

texts = st.text(st.characters(exclude_categories=()), max_size=6)
keys = st.one_of(texts, st.integers(), st.binary(max_size=4), st.booleans(), st.none(), st.floats(allow_nan=False))
keys = st.one_of(keys, st.tuples(keys, keys))
dtypes = st.sampled_from(["?", "i1", "<i2", ">i4", "<i8", "u1", "<u4", "<u8", "<f2", ">f4", "<f8", "<c8", ">c16"])


@st.composite
def arrays(draw):
    dtype = np.dtype(draw(dtypes))
    shape = tuple(draw(st.lists(st.integers(0, 3), max_size=3)))
    size = int(np.prod(shape, dtype=int)) * dtype.itemsize
    data = draw(st.binary(min_size=size, max_size=size))
    if dtype.kind == "b":
        data = bytes(byte & 1 for byte in data)
    return np.frombuffer(data, dtype).reshape(shape).copy()


numbers = arrays().filter(lambda array: array.size and array.dtype.kind != "c").map(lambda array: array.flat[0])
leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts, st.binary(max_size=20), arrays(), numbers)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.lists(inner, max_size=4).map(tuple), st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=12,
)


def assert_exact(a, b):
    """Equal to the bit and the type, which neither == nor checksum would tell."""
    assert type(a) is type(b)
    if isinstance(a, dict):
        assert {*map(identity, a)} == {*map(identity, b)}
        for key in a:
            assert_exact(a[key], b[key])
    elif isinstance(a, list | tuple):
        assert len(a) == len(b)
        for left, right in zip(a, b, strict=True):
            assert_exact(left, right)
    elif isinstance(a, np.ndarray | np.generic):
        assert (a.dtype.str, a.shape, a.tobytes()) == (b.dtype.str, b.shape, b.tobytes())
    elif isinstance(a, float):
        assert struct.pack("<d", a) == struct.pack("<d", b)
    else:
        assert a == b


def identity(key):
    return type(key).__name__, repr(key)


def turned(tree):
    """The same tree with every dict's keys in the opposite order."""
    if type(tree) is dict:
        return {key: turned(tree[key]) for key in reversed(tree)}
    return type(tree)(map(turned, tree)) if type(tree) in (list, tuple) else tree


@given(trees)
def test_a_tree_comes_back_exactly_as_it_was(tree):
    back = unpack_tree(pack_tree(tree))
    assert_exact(tree, back)
    assert diff(tree, back) == [] and checksum(tree) == checksum(back)
    assert_exact(tree, unpack_tree(pack_tree(tree, canonical=False)))


@given(trees)
def test_equal_trees_have_equal_bytes_also_after_a_round_trip(tree):
    packed = pack_tree(tree)
    assert pack_tree(turned(tree)) == packed
    assert pack_tree(unpack_tree(packed)) == packed


def test_the_order_of_keys_is_kept_when_asked():
    tree = {"b": 1, "a": {2: 0, 1: 0}}
    back = unpack_tree(pack_tree(tree, canonical=False))
    assert list(back) == ["b", "a"] and list(back["a"]) == [2, 1]
    assert list(unpack_tree(pack_tree(tree))) == ["a", "b"]


EDGES = [
    *[0, -1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 2**4000, -(2**4000), 1 << (8 * 65_536 - 2)],
    *[0.0, -0.0, math.inf, -math.inf, math.nan, SIGNALLING_NAN, 5e-324, "\ud800", "a\udfffb", "é\0", b"", b"\xff"],
    *[np.float32(0.1), np.float64(0.1), np.int8(-1), np.uint64(2**64 - 1), np.True_, np.zeros((0, 3)), np.array(5)],
]


@every("place", range(len(EDGES)))
def test_every_edge_of_every_leaf_is_exact(place):
    leaf = EDGES[place]
    for tree in (leaf, [leaf], (leaf,), {"k": leaf}, {3: leaf}):
        assert_exact(tree, unpack_tree(pack_tree(tree)))


def test_an_unpacked_array_is_writable_and_its_own():
    data = bytearray(pack_tree(np.arange(4)))
    array = unpack_tree(data)
    array[0] = 7
    data[-1] ^= 255
    assert array.tolist() == [7, 1, 2, 3] and array.flags.owndata


def test_a_fortran_array_comes_back_in_c_order():
    array = unpack_tree(pack_tree(np.asfortranarray(np.arange(6).reshape(2, 3))))
    assert array.flags.c_contiguous and array.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_packed_trees_look_as_ever():
    tree = {"a": (1, [2.5, ()]), b"b": None, "c": {1: "x", (2, True): 2**64}, "d": np.array([[1, -2]], "<i2")}
    assert pack_tree(tree).hex() == (
        "84a16193c700010192cb400400000000000091c70001a16395c7000201a17893c7000102c3c709030100000000000000"
        "00a164c71905033c693202010000000000000002000000000000000100feffc40162c0"
    )


@pytest.mark.parametrize("value", [{"a": object()}, {1, 2}, [bytearray()], {math.nan: 1}, 1j, [1 << 8 * 65_536]])
def test_what_is_no_tree_is_not_packed(value):
    with pytest.raises(UsageError, match=r"a state tree holds only|keys are str|keep it smaller"):
        pack_tree(value)


def nested(levels, wrap):
    tree = 1
    for _ in range(levels):
        tree = wrap(tree)
    return tree


@pytest.mark.parametrize("wrap", [lambda t: [t], lambda t: (t,), lambda t: {"k": t}, lambda t: {1: t}])
def test_64_levels_travel_and_no_more(wrap):
    deepest = nested(MAX_DEPTH, wrap)
    assert unpack_tree(pack_tree(deepest)) == deepest
    with pytest.raises(WireError, match="deep: a tree nested deeper than 8 levels"):
        unpack_tree(pack_tree(nested(9, wrap)), max_depth=8)
    with pytest.raises(UsageError, match="nested deeper"):
        pack_tree(nested(MAX_DEPTH + 1, wrap))


def refused(data, **limits):
    with pytest.raises(WireError) as caught:
        unpack_tree(data, **limits)
    assert caught.value.reason in REASONS and str(caught.value).startswith(f"{caught.value.reason}: ")
    return caught.value.reason


def array_body(dtype=b"<i4", shape=(2,), data=bytes(8), dimensions=None):
    count = len(shape) if dimensions is None else dimensions
    return bytes([len(dtype)]) + dtype + struct.pack(f"<B{len(shape)}Q", count, *shape) + data


@every(
    ("name", "data", "reason"),
    [
        ("nothing", b"", "truncated"),
        ("trailing bytes", b"\x01\x02", "trailing"),
        ("a byte msgpack never uses", b"\xc1", "unknown"),
        ("a float of 32 bits, which pack_tree never writes", b"\xca\0\0\0\0", "unknown"),
        ("a timestamp", b"\xd6\xff\0\0\0\0", "unknown"),
        ("an unknown extension", b"\xd4\x07\0", "unknown"),
        ("a mark outside of an array", b"\xc7\x00\x01", "unknown"),
        ("a mark in second place", b"\x92\x01\xc7\x00\x01", "unknown"),
        ("a mark with a body", b"\x91\xd4\x01\0", "unknown"),
        ("a mark as a key", b"\x81\xc7\x00\x01\x00", "unknown"),
        ("a list of 2**31", b"\xdd\x80\0\0\0", "truncated"),
        ("a dict of 2**32 - 1", b"\xdf\xff\xff\xff\xff\1\1", "truncated"),
        ("a short length", b"\xdc\x01", "truncated"),
        ("bytes of 4 GiB", b"\xc6\xff\xff\xff\xff12345", "truncated"),
        ("an extension of 4 GiB", b"\xc9\xff\xff\xff\xff\x0512345", "truncated"),
        ("a text that is no UTF-8", b"\xa1\xff", "malformed"),
        ("surrogates that are no UTF-8", b"\xd4\x04\xff", "malformed"),
        ("an int key outside of pairs", b"\x81\x01\x01", "malformed"),
        ("a list as a key", b"\x81\x90\x01", "malformed"),
        ("a list as a key of pairs", b"\x93\xc7\x00\x02\x90\x01", "malformed"),
        ("a key without a value", b"\x92\xc7\x00\x02\x01", "malformed"),
        ("nan as a key", b"\x93\xc7\x00\x02\xcb\x7f\xf8\0\0\0\0\0\0\x01", "malformed"),
        ("the same key twice", b"\x82\xa1a\x01\xa1a\x02", "malformed"),
        ("the same pair twice", b"\x95\xc7\x00\x02\x01\x01\x01\x02", "malformed"),
        ("an array without a body", msgpack.packb(msgpack.ExtType(5, b"")), "unknown"),
        ("an array of objects", msgpack.packb(msgpack.ExtType(5, array_body(b"|O8"))), "unknown"),
        ("an array of a long dtype", msgpack.packb(msgpack.ExtType(5, array_body(b"<i4,<f8" * 9))), "unknown"),
        ("an array without a shape", msgpack.packb(msgpack.ExtType(5, b"\3<i4")), "truncated"),
        ("an array of half a shape", msgpack.packb(msgpack.ExtType(5, b"\3<i4\2" + bytes(9))), "truncated"),
        ("an array of 33 dimensions", msgpack.packb(msgpack.ExtType(5, array_body(shape=(1,) * 33))), "truncated"),
        ("an array of 2**31", msgpack.packb(msgpack.ExtType(5, array_body(shape=(2**31,)))), "truncated"),
        ("an array whose size wraps", msgpack.packb(msgpack.ExtType(5, array_body(shape=(2**62, 4)))), "truncated"),
        (
            "an empty array of a huge side",
            msgpack.packb(msgpack.ExtType(5, array_body(shape=(2**63, 0), data=b""))),
            "truncated",
        ),
        ("an array with too much", msgpack.packb(msgpack.ExtType(5, array_body(shape=(1,)))), "truncated"),
        ("a bool of 2", msgpack.packb(msgpack.ExtType(5, array_body(b"|b1", (1,), b"\2"))), "malformed"),
        ("a number of two", msgpack.packb(msgpack.ExtType(6, b"\3<i4" + bytes(8))), "truncated"),
        ("an int too wide", msgpack.packb(msgpack.ExtType(3, bytes(65_537))), "oversized"),
    ],
)
def test_what_breaks_a_rule_is_refused(name, data, reason):
    assert refused(data) == reason
    if not name.startswith("trailing"):
        assert refused(b"\x92\x01" + data) == reason  # in a list too


def test_zero_sized_arrays_with_large_sides_are_no_crash():
    body = array_body(shape=(2**31 - 1,) * 31 + (0,), data=b"")
    assert refused(msgpack.packb(msgpack.ExtType(5, body))) == "malformed"


def test_limits_are_the_callers():
    data = pack_tree([1, 2, 3, 4])
    assert unpack_tree(data, max_bytes=len(data), max_items=5) == [1, 2, 3, 4]
    assert refused(data, max_bytes=len(data) - 1) == "oversized"
    assert refused(data, max_items=4) == "oversized"
    assert refused(b"\xdd\x00\x10\x00\x00" + bytes(2**20)) == "oversized"


@pytest.mark.parametrize("bomb", [b"\x91", b"\x81\xa0", b"\xdd\x00\x0f\xff\xff", b"\xdf\x00\x03\xff\xff\xa0"])
def test_nested_bombs_are_refused_without_growth(bomb):
    data = bomb * (2**20 // len(bomb))
    tracemalloc.start()
    try:
        assert refused(data) in ("deep", "truncated")
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_keys_made_to_collide_are_refused():
    width = sys.hash_info.modulus
    flood = {place * width: None for place in range(300)}
    assert unpack_tree(pack_tree(flood)) == flood
    pairs = [msgpack.ExtType(2, b"")]
    for place in range(1, 3000):
        pairs += [msgpack.ExtType(3, (place * width).to_bytes(12, "big")), None]
    assert refused(msgpack.packb(pairs)) == "oversized"


@settings(max_examples=1000)
@given(st.binary(max_size=80))
@example(b"\x92\xc7\x00\x01\xc7\x00\x01")
def test_any_bytes_are_a_tree_or_a_reason(data):
    try:
        tree = unpack_tree(data)
    except WireError as error:
        assert error.reason in REASONS
    else:
        assert_exact(unpack_tree(pack_tree(tree)), tree)


@given(trees, st.randoms(use_true_random=False))
def test_damaged_trees_are_a_tree_or_a_reason(tree, random):
    data = bytearray(pack_tree(tree))
    for end in range(len(data)):
        refused(data[:end])
    for _ in range(20):
        damaged = bytearray(data)
        for _ in range(random.randint(1, 3)):
            damaged[random.randrange(len(damaged))] = random.randrange(256)
        try:
            assert checksum(unpack_tree(bytes(damaged))) >= 0
        except WireError as error:
            assert error.reason in REASONS


PARITY = """
import hashlib, random, sys
import msgpack
from rollback.errors import WireError
from rollback.wire.tree import pack_tree, unpack_tree

def grown(draw, depth):
    kind = draw.randrange(10 if depth else 7)
    if kind == 0: return draw.choice([None, True, False, -0.0, float("nan"), float("inf")])
    if kind == 1: return draw.randrange(-300, 300)
    if kind == 2: return draw.getrandbits(draw.randrange(1, 200)) * draw.choice([1, -1])
    if kind == 3: return draw.random()
    if kind == 4: return "".join(draw.choice("ab\\u00e9\\ud800\\U0001f600") for _ in range(draw.randrange(40)))
    if kind == 5: return draw.randbytes(draw.randrange(300))
    if kind == 6: return (draw.randrange(9),)
    inner = [grown(draw, depth - 1) for _ in range(draw.randrange(20))]
    if kind == 7: return inner
    if kind == 8: return tuple(inner)
    return {draw.choice([place, str(place), (place, b"k"), -place / 2]): item for place, item in enumerate(inner)}

seen = hashlib.sha256()
refused = 0
for seed in range(150):
    draw = random.Random(seed)
    data = pack_tree(grown(draw, 4))
    assert pack_tree(unpack_tree(data)) == data
    seen.update(data)
    for _ in range(20):
        damaged = bytearray(data)
        damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        try:
            seen.update(pack_tree(unpack_tree(bytes(damaged))))
        except WireError as error:
            refused += 1
            seen.update(error.reason.encode())
assert refused > 500
print(msgpack.Packer.__module__, seen.hexdigest())
"""


def test_the_pure_python_msgpack_of_the_browser_packs_unpacks_and_refuses_the_same():
    answers = {}
    for pure in ("", "1"):
        env = {**os.environ, "MSGPACK_PUREPYTHON": pure}
        run = subprocess.run([sys.executable, "-c", PARITY], env=env, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        module, digest = run.stdout.split()
        answers[module] = digest
    assert len(answers) == 2, "both runs used the same implementation"
    assert len(set(answers.values())) == 1


def test_without_numpy_an_array_is_refused_in_one_sentence_and_the_rest_works():
    code = f"""
import sys
sys.modules["numpy"] = None
from rollback.errors import WireError
from rollback.wire.tree import pack_tree, unpack_tree
assert unpack_tree(pack_tree({{"a": (1, 2.5, 2**70)}})) == {{"a": (1, 2.5, 2**70)}}
try:
    unpack_tree({pack_tree([np.arange(3)])!r})
except WireError as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout == "unknown: this tree holds numpy arrays: pip install numpy\n", run.stderr


@pytest.mark.parametrize("seed", range(20))
def test_random_large_states_come_back(seed):
    draw = random.Random(seed)
    tree = {
        "units": [{"id": place, "at": (draw.random(), draw.random()), "hp": draw.randrange(100)} for place in range(200)],
        "map": np.frombuffer(draw.randbytes(4096), np.uint8).reshape(64, 64),
        ("rng", 1): (3, tuple(draw.getrandbits(32) for _ in range(625)), None),
    }
    assert diff(unpack_tree(pack_tree(tree)), tree) == []
