"""States packed a slice at a time: the same bytes as at once, from every peer that holds the same state."""

from __future__ import annotations

import math
import random
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.errors import UsageError
from rollback.state import MAX_DEPTH, checksum
from rollback.wire import pack_tree, unpack_tree
from rollback.wire.slices import BULK, CHUNK, packed_slices


def packed(tree: Any) -> bytes:
    return b"".join(packed_slices(tree))


leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.binary(max_size=9)
    | st.text(st.characters(codec=None), max_size=5)
)
keys = st.text(max_size=4) | st.integers(-5, 300) | st.binary(max_size=3) | st.booleans() | st.none()
keys = keys | st.tuples(st.integers(0, 3), st.text(max_size=2))
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.lists(inner, max_size=18).map(tuple)
        | st.dictionaries(keys, inner, max_size=6)
        | st.dictionaries(st.text(max_size=3), inner, max_size=18)
    ),
    max_leaves=40,
)


@given(trees)
@settings(max_examples=150, deadline=None)
def test_the_slices_joined_are_what_is_packed_at_once(tree: Any) -> None:
    assert packed(tree) == pack_tree(tree)


def shuffled(tree: Any, dice: random.Random) -> Any:
    """Return an equal tree whose dicts were filled in another order."""
    if type(tree) is dict:
        entries = [(key, shuffled(value, dice)) for key, value in tree.items()]
        dice.shuffle(entries)
        return dict(entries)
    if type(tree) in (list, tuple):
        return type(tree)([shuffled(item, dice) for item in tree])
    return tree


@given(trees, st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_equal_states_give_equal_bytes_in_whatever_order_their_dicts_were_filled(tree: Any, seed: int) -> None:
    other = shuffled(tree, random.Random(seed))
    assert packed(other) == packed(tree)


@given(trees)
@settings(max_examples=60, deadline=None)
def test_what_a_follower_unpacks_has_the_checksum_of_the_state_and_packs_to_the_same_bytes(tree: Any) -> None:
    data = packed(tree)
    back = unpack_tree(data)
    assert checksum(back) == checksum(tree)
    assert packed(back) == data


def test_tuples_lists_and_signs_of_zero_are_told_apart_for_a_step_can_tell_them_apart_too() -> None:
    different = [(1, 2), [1, 2], [1, 2.0], [1, True], 0.0, -0.0, [0.0, 1.5], [-0.0, 1.5], "a", b"a", {1: 2}, {"1": 2}]
    assert len({packed(tree) for tree in different}) == len(different)


@pytest.mark.parametrize("size", [1, 3, 40, BULK + 7])
def test_every_nan_is_written_as_the_same_one(size: int) -> None:
    numpy = pytest.importorskip("numpy")
    odd = struct.unpack("<d", b"\1\0\0\0\0\0\xf8\xff")[0]
    assert struct.pack("<d", odd) != struct.pack("<d", math.nan)
    for wrap in (
        lambda nan: nan,
        lambda nan: [nan] * size,
        lambda nan: (*range(size), nan),
        lambda nan: {"x": [1.5] * size + [nan]},
        lambda nan: {number: nan for number in range(size)},
        lambda nan: numpy.array([[nan, -0.0]] * size),
        lambda nan: numpy.array([complex(nan, 2.0), 1.0] * size),
        lambda nan: [numpy.float64(nan)],
    ):
        assert packed(wrap(odd)) == packed(wrap(math.nan))
        assert checksum(unpack_tree(packed(wrap(odd)))) == checksum(wrap(odd))
    assert packed(numpy.array([-0.0, 1.0])) != packed(numpy.array([0.0, 1.0]))


def test_arrays_are_written_as_at_once_whatever_their_layout_and_size() -> None:
    numpy = pytest.importorskip("numpy")
    base = numpy.arange(60_000, dtype="<i4").reshape(300, 200)
    for array in (base, base.T, base[::2, ::3], base.astype(">f8"), base > 5, base[0, 0], numpy.zeros((0, 3)), base[:1]):
        tree = {"a": array, "b": [array, 1]}
        assert packed(tree) == pack_tree(tree)
        assert type(unpack_tree(packed(tree))["a"]) is type(array)


@pytest.mark.parametrize(
    "tree",
    [
        [0.5] * 200_000,
        list(range(-100_000, 100_000)),
        [(number, number * 0.5, None) for number in range(30_000)],
        {f"unit {number}": {"x": number, "name": "tank", "hp": 1.5} for number in range(9_000)},
        {number: [number] for number in range(20_000)},
        ["text"] * 70_000,
        bytes(3_000_000),
        [[[[number]]] for number in range(20_000)],
    ],
    ids=["floats", "ints", "tuples", "dicts", "int keys", "texts", "bytes", "nested"],
)
def test_a_large_state_comes_in_many_small_slices(tree: Any) -> None:
    slices = list(packed_slices(tree))
    assert b"".join(slices) == pack_tree(tree)
    assert len(slices) > 4 and max(map(len, slices)) <= 2 * CHUNK


def test_what_is_no_tree_is_refused_with_its_place() -> None:
    with pytest.raises(UsageError, match=r"is of type builtins\.set"):
        packed([1, {"a": {1, 2}}])
    deep: Any = []
    for _ in range(70):
        deep = [deep]
    with pytest.raises(UsageError, match="nested deeper than 64"):
        packed(deep)
    with pytest.raises(UsageError, match="the key"):
        packed({frozenset(): 1})


names = st.sampled_from(["a", "b", "ä", "z", "\ud800", "names"])
records = st.dictionaries(names, leaves, max_size=4)


@settings(max_examples=200)
@given(st.dictionaries(st.text(st.characters(codec=None), max_size=3), records, min_size=1, max_size=8))
def test_records_written_by_one_call_are_what_they_are_one_by_one(tree: Any) -> None:
    assert packed(tree) == pack_tree(tree)


@pytest.mark.parametrize(
    "odd",
    [
        *({"x": 1.5}, {"y": 1, "x": 2}, {}, {"x": 2**80}, {1: 2}, {"x": (1,)}, {"x": [1]}, {"x": {"y": 1}}, {"x": "\ud800"}, 7),
        {f"{number:02}": number for number in range(40)},
    ],
)
def test_one_odd_record_among_many_changes_no_byte(odd: Any) -> None:
    tree = {f"cell {number}": {"x": number, "y": -number} for number in range(300)} | {"cell 17": odd}
    assert packed(tree) == pack_tree(tree)
    assert packed({"deep": [tree]}) == pack_tree({"deep": [tree]})


def test_records_of_the_greatest_depth_are_refused_as_ever() -> None:
    tree: Any = {"r": {"x": 1}}
    for _ in range(MAX_DEPTH - 1):
        tree = [tree]
    with pytest.raises(UsageError, match="nested deeper"):
        packed(tree)
    assert packed(tree[0]) == pack_tree(tree[0])


def test_large_states_of_records_come_in_small_slices() -> None:
    tree = {f"region {row}": {f"cell {cell}": {"x": row, "y": cell} for cell in range(128)} for row in range(200)}
    slices = list(packed_slices(tree))
    assert len(slices) > 20 and max(map(len, slices)) <= CHUNK
    assert b"".join(slices) == pack_tree(tree)
