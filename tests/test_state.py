"""What a state tree is, what its checksum looks at, and what diff says; arrays and the pure trees alike."""

from __future__ import annotations

import enum
import math
import os
import struct
import subprocess
import sys
from collections import namedtuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.errors import UsageError
from rollback.state import MAX_DEPTH, MISSING, Difference, checksum, diff, is_tree, size_of, why_not_tree

SIGNALLING_NAN = struct.unpack("<d", b"\x01\0\0\0\0\0\xf0\x7f")[0]

texts = st.text(st.characters(exclude_categories=()), max_size=6)
keys = st.one_of(texts, st.integers(), st.binary(max_size=4), st.booleans(), st.none(), st.floats(allow_nan=False))
keys = st.one_of(keys, st.tuples(keys, keys))
dtypes = st.sampled_from(["?", "i1", "<i2", ">i4", "<i8", "u1", "<u4", "<u8", "<f2", "<f4", "<f8", ">f8", "<c8", "<c16"])


@st.composite
def arrays(draw):
    dtype = np.dtype(draw(dtypes))
    shape = tuple(draw(st.lists(st.integers(0, 3), max_size=3)))
    size = int(np.prod(shape, dtype=int)) * dtype.itemsize
    data = draw(st.binary(min_size=size, max_size=size))
    if dtype.kind == "b":
        data = bytes(byte & 1 for byte in data)
    return np.frombuffer(data, dtype).reshape(shape).copy()


leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-3, 3), st.floats(), texts, st.binary(max_size=20), arrays()
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.lists(inner, max_size=4).map(tuple), st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=12,
)
EQUAL = {
    "key order": ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    "key order of mixed keys": ({1: 1, "b": 2, (1, "x"): 3}, {(1, "x"): 3, "b": 2, 1: 1}),
    "minus zero": (0.0, -0.0),
    "minus zero in a list": ([1.0, 0.0], [1.0, -0.0]),
    "minus zero as a key": ({0.0: 1}, {-0.0: 1}),
    "payload of nan": (math.nan, SIGNALLING_NAN),
    "payload of nan in a list": ([0.5, math.nan], [0.5, SIGNALLING_NAN]),
    "numpy int": ([1, 2], [np.int8(1), np.uint64(2)]),
    "numpy bool": (True, np.True_),
    "numpy float": (0.5, np.float32(0.5)),
    "numpy key": ({1: 2, 3: 4}, {np.int32(1): 2, 3: 4}),
    "width of a complex array": (np.array([1 + 2j, -0.0], "c8"), np.array([1 + 2j, 0.0], "c16")),
    "width of an int array": (np.arange(3, dtype=np.int8), np.arange(3, dtype=np.uint64)),
    "width of a float array": (np.array([0.5, -0.0], np.float16), np.array([0.5, 0.0], np.float64)),
    "byte order": (np.arange(3, dtype=">i4"), np.arange(3, dtype="<i4")),
    "memory order": (np.arange(6).reshape(2, 3), np.asfortranarray(np.arange(6).reshape(2, 3))),
    "nan in an array": (np.array([math.nan]), np.frombuffer(struct.pack("<d", SIGNALLING_NAN), "<f8")),
    "strided array": (np.arange(10)[::2], np.array([0, 2, 4, 6, 8])),
}
DIFFERENT = {
    "bool and int": (True, 1),
    "bool and int inside": ((True, 2), (1, 2)),
    "int and float": (1, 1.0),
    "ints and floats": ([1, 2], [1.0, 2.0]),
    "str and bytes": ("a", b"a"),
    "list and tuple": ([1], (1,)),
    "empty list and tuple": ([], ()),
    "empty dict and list": ({}, []),
    "none and false": (None, False),
    "none and empty": (None, ""),
    "where strings part": (["ab", "c"], ["a", "bc"]),
    "where lists part": ([[1], [2, 3]], [[1, 2], [3]]),
    "int key and str key": ({1: 0}, {"1": 0}),
    "int key and bool key": ({1: 0}, {True: 0}),
    "swapped values": ({"a": 1, "b": 2}, {"a": 2, "b": 1}),
    "wide ints": (2**64, 2**64 + 1),
    "sign of wide ints": (2**80, -(2**80)),
    "shape": (np.zeros((2, 3), int), np.zeros((3, 2), int)),
    "no dimensions": (np.array(1), np.array([1])),
    "array and list": (np.array([1]), [1]),
    "int and bool array": (np.array([1]), np.array([True])),
    "int and float array": (np.array([1]), np.array([1.0])),
    "past 2**63": (np.array([2**64 - 1], np.uint64), np.array([-1])),
    "surrogates": ("\ud800", "\ud801"),
    "infinities": (math.inf, -math.inf),
    "infinity and nan in an array": (np.array([math.inf], np.float32), np.array([math.nan], np.float32)),
}


@pytest.mark.parametrize("name", EQUAL)
def test_what_does_not_matter_leaves_the_checksum_and_diff_alone(name):
    a, b = EQUAL[name]
    assert checksum(a) == checksum(b) and checksum({"in": [a]}) == checksum({"in": [b]})
    assert diff(a, b) == [] and diff({"in": [a]}, {"in": [b]}) == []


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_matters_changes_the_checksum_and_shows_in_diff(name):
    a, b = DIFFERENT[name]
    assert checksum(a) != checksum(b) and checksum({"in": [a]}) != checksum({"in": [b]})
    assert diff(a, b) and diff({"in": [a]}, {"in": [b]})


@given(trees, trees)
def test_diff_is_empty_exactly_when_checksums_are_equal(a, b):
    assert (diff(a, b) == []) == (checksum(a) == checksum(b))
    assert diff(a, a) == [] and is_tree(a)


@given(trees, st.data())
def test_one_changed_leaf_is_one_difference(tree, data):
    left, right = [tree, 1, tree], [tree, 2, tree]
    (only,) = diff(left, right)
    assert (only.path, only.left, only.right) == ("[1]", 1, 2)
    assert checksum(left) != checksum(right)


@given(st.dictionaries(keys, leaves, max_size=6), st.randoms())
def test_the_order_of_keys_never_matters(tree, random):
    shuffled = list(tree.items())
    random.shuffle(shuffled)
    assert checksum(tree) == checksum(dict(shuffled)) and diff(tree, dict(shuffled)) == []


def test_small_trees_all_have_checksums_of_their_own():
    # Exhaustive where the forms of the encoding meet: sequences of ints, floats, strings, mixed and nested ones.
    atoms = [None, False, True, 0, 1, 0.0, 1.0, 2**63, -(2**63) - 1, "", "a", "ab", b"", b"a", "1", "\0"]
    pairs = [*((a,) for a in atoms), *((a, b) for a in atoms for b in atoms)]
    pool = [*atoms, (), [], {}, *pairs, *map(list, pairs), *([pair] for pair in pairs), *((pair,) for pair in pairs)]
    for key in (None, False, True, 0, 1, 2**63, 1.5, "", "a", b"", (), (0,), ("a", 1)):
        pool += [{key: atom} for atom in atoms]
    pool += [{"a": a, "b": b} for a in atoms for b in atoms] + [{0: a, 1: b} for a in atoms for b in atoms]
    pool += [{"a": a, 1: b} for a in atoms for b in atoms]
    sums = {checksum(tree) for tree in pool}
    assert len(pool) > 1500 and len(sums) == len(pool)


def test_checksums_are_the_same_as_ever():
    # Peers of different versions compare these: a change here is a change of the protocol.
    game = {"ball": {"velocity": (3, -4), "spin": 0.25}, "names": ["ann", "bob"], 7: {True: b"x", None: 2**70}}
    grid = {"map": np.arange(6, dtype=np.int16).reshape(2, 3), "seen": np.array([True]), "p": np.float32(0.1)}
    golden = [
        (None, 0xEB1109BF78911DD2),
        (bytes(64), 0x105D365ECA22C5D2),
        (tuple(range(12)), 0xDF2DA47D33F47AA0),
        (game, 0x44B5B7726AEBC7CC),
        (grid, 0x55246D3734A282AE),
    ]
    assert [checksum(tree) for tree, _ in golden] == [value for _, value in golden]
    assert all(0 <= value < 2**64 for _, value in golden)


def test_checksums_do_not_depend_on_the_process():
    code = "from rollback.state import checksum; print(checksum({'a': 1, 'b': [2.5, None], 3: 'c', (1, 'x'): b'd'}))"
    sums = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert sums == {f"{checksum({'a': 1, 'b': [2.5, None], 3: 'c', (1, 'x'): b'd'})}\n"}


def test_the_module_imports_no_numpy():
    code = "import sys; import rollback.state; print('numpy' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert answer == "False\n"


@pytest.mark.parametrize(
    ("a", "b", "shown"),
    [
        ({"ball": {"velocity": [1, 3]}}, {"ball": {"velocity": [1, 4]}}, ["ball.velocity[1]: 3 != 4"]),
        (1, 2, ["state: 1 != 2"]),
        ({"a": 1}, {"b": 2}, ["a: 1 != missing", "b: missing != 2"]),
        ({"trail": [1, 2, 3]}, {"trail": [1, 5]}, ["len(trail): 3 != 2", "trail[1]: 2 != 5"]),
        ([], [1], ["len(state): 0 != 1"]),
        ({"odd key": {3: 1}}, {"odd key": {3: 2}}, ["['odd key'][3]: 1 != 2"]),
        ({(1, "x"): 1}, {(1, "x"): 2}, ["[(1, 'x')]: 1 != 2"]),
        ({"m": np.array([[1, 2], [3, 4]])}, {"m": np.array([[1, 2], [9, 4]])}, ["m[1][0]: 3 != 9"]),
        ({"m": np.zeros((2, 3))}, {"m": np.zeros((3, 2))}, ["m.shape: (2, 3) != (3, 2)"]),
        (np.array([1], "i4"), np.array([1.0]), ["state.dtype: 'int32' != 'float64'"]),
        (np.array([1 + 2j, 3j]), np.array([2 + 1j, 3j]), ["[0]: (1+2j) != (2+1j)"]),
        (np.array([2**64 - 1], np.uint64), np.array([-1]), [f"[0]: {2**64 - 1} != -1"]),
        (bytes(20), bytes(19) + b"\1", ["[19]: 0 != 1"]),
        (b"ab", b"ac", ["state: b'ab' != b'ac'"]),
        ([10**5000], [1], ["[0]: <int too large to show> != 1"]),
        ("x" * 100, "y", ["state: '" + "x" * 76 + "... != 'y'"]),
    ],
)
def test_a_difference_names_the_path_and_both_values(a, b, shown):
    assert [str(difference) for difference in diff(a, b)] == shown


def test_the_missing_side_is_a_sentinel():
    assert diff({}, {"a": None}) == [Difference("a", MISSING, None)]


def test_diff_stops_at_its_limit():
    assert len(diff([0] * 500, [1] * 500)) == 100
    assert len(diff(np.zeros(500), np.ones(500), limit=7)) == 7
    with pytest.raises(UsageError, match="limit must be at least 1, not 0"):
        diff(1, 2, limit=0)


class Color(enum.IntEnum):
    RED = 1


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"ball": {"sprite": object()}}, "ball.sprite is of type builtins.object"),
        ({"a": [1, {2, 3}]}, r"a\[1\] is of type builtins.set"),
        (bytearray(3), "the state is of type builtins.bytearray"),
        ({"c": Color.RED}, "c is of type .*Color"),
        (Point(1, 2), "Point"),
        (1j, "complex"),
        (np.array(["a"]), "numpy.ndarray of <U1"),
        (np.zeros(2, "i4,f8"), "numpy.ndarray of"),
        (np.zeros(2).view(np.recarray), "recarray"),
        (np.array([object()]), "of object"),
        (np.complex128(1j), "numpy.complex128"),
        (np.str_("a"), "numpy.str_"),
        (np.datetime64("2020-01-01"), "numpy.datetime64"),
        ({"a": {math.nan: 1}}, r"a has the key nan of type float"),
        ({(1, math.nan): 1}, "the state has the key"),
        ({frozenset(): 1}, "of type frozenset"),
        ([1 << 8 * 65_536], "is an int of more than 65536 bytes"),
        ({1 << 8 * 65_536: 1}, "has the key <int too large to show>"),
    ],
)
def test_what_is_no_tree_is_named_with_path_and_type(value, words):
    why = why_not_tree(value)
    assert why is not None and not is_tree(value)
    with pytest.raises(UsageError, match=words):
        raise UsageError(why)
    for ask in (size_of, lambda tree: diff(tree, 1), lambda tree: diff(1, tree)):
        with pytest.raises(UsageError, match=words):
            ask(value)


@pytest.mark.parametrize("value", [{"s": object()}, [np.array(["a"])], {"a": {math.nan: 1}}, Point(1, 2), [Color.RED]])
def test_the_checksum_of_no_tree_says_why(value):
    with pytest.raises(UsageError) as caught:
        checksum(value)
    assert str(caught.value) == why_not_tree(value)


def nested(levels, wrap):
    tree = 1
    for _ in range(levels):
        tree = wrap(tree)
    return tree


@pytest.mark.parametrize("wrap", [lambda t: [t], lambda t: (t,), lambda t: {"k": t}, lambda t: {b"": 0, 1: t}])
def test_trees_nest_64_levels_and_no_more(wrap):
    inside = nested(MAX_DEPTH - 1, wrap)
    assert checksum(inside) and is_tree(inside) and diff(inside, inside) == []
    for levels in (MAX_DEPTH + 1, 100_000):
        tree = nested(levels, wrap)
        for ask in (checksum, size_of):
            with pytest.raises(UsageError, match="nested deeper than 64 levels, or contains itself"):
                ask(tree)


def test_a_tree_that_contains_itself_is_refused():
    loop: list = [1]
    loop.append({"again": loop})
    for ask in (checksum, size_of, lambda tree: diff(tree, tree)):
        with pytest.raises(UsageError, match="contains itself"):
            ask(loop)


def test_deep_keys_are_refused():
    with pytest.raises(UsageError, match="has the key"):
        checksum({nested(MAX_DEPTH, lambda t: (t,)): 1})


@settings(max_examples=50)
@given(trees)
def test_size_of_grows_with_the_tree(tree):
    assert size_of([tree, tree]) > size_of(tree) > 0


@pytest.mark.parametrize(("tree", "low", "high"), [(bytes(64), 64, 80), (np.zeros(100), 800, 820), ({"a": 1}, 4, 20)])
def test_size_of_is_about_right(tree, low, high):
    assert low <= size_of(tree) <= high
