"""Whatever an environment hands out becomes a state tree that shares nothing with it."""

from __future__ import annotations

import enum
import sys
from collections import OrderedDict, defaultdict, namedtuple
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.envs.kept_values import ALONE, LEFT_OUT, MAX_DEPTH, Copies, kept
from rollback.state import diff, why_not_tree

Pair = namedtuple("Pair", "one other")


class Colour(enum.IntEnum):
    RED = 3


@pytest.mark.parametrize(
    ("value", "tree"),
    [
        (None, None),
        (True, True),
        (3, 3),
        ("a", "a"),
        (b"a", b"a"),
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.str_("word"), "word"),
        (Colour.RED, 3),
        (OrderedDict(a=1), {"a": 1}),
        (defaultdict(int, a=np.int8(1)), {"a": 1}),
        ({np.int64(3): 1}, {3: 1}),
        (Pair(1, [2]), (1, [2])),
        ([1, (2, np.uint8(3))], [1, (2, 3)]),
        ({"a": object(), "b": 1}, {"b": 1}),
        ({object(): 1, "b": 1}, {"b": 1}),
        ((object(), 1), (None, 1)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_become_plain(value: Any, tree: Any) -> None:
    made = kept(value)
    assert made == tree and type(made) is type(tree)
    assert why_not_tree(made) is None


@pytest.mark.parametrize(
    "value",
    [object(), {1, 2}, np.array([object()]), np.array(["a"]), np.datetime64("2020-01-01"), 1 << 5000, lambda: 0],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_tree_is_left_out(value: Any) -> None:
    assert kept(value) is LEFT_OUT
    assert repr(LEFT_OUT) == "LEFT_OUT"


def test_arrays_are_copied_and_of_the_plain_class() -> None:
    array = np.arange(6.0).reshape(2, 3)
    tree = kept({"one": array, "masked": np.ma.masked_array([1, 2])})
    array[:] = 0
    assert tree["one"].sum() == 15
    assert type(tree["masked"]) is np.ndarray


def test_lists_and_dicts_are_copied() -> None:
    value = {"a": [1, {"b": 2}]}
    tree = kept(value)
    value["a"][1]["b"] = 5
    assert tree == {"a": [1, {"b": 2}]}


def test_what_contains_itself_ends() -> None:
    loop: dict[str, Any] = {}
    loop["loop"] = loop
    tree, depth = kept(loop), 0
    while "loop" in tree:
        tree, depth = tree["loop"], depth + 1
    assert depth < MAX_DEPTH
    assert why_not_tree(kept(loop)) is None


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3) | st.tuples(inner),
    max_leaves=12,
)


@given(plain)
def test_trees_stay_what_they_are(tree: Any) -> None:
    assert diff(kept(tree), tree) == []


def test_what_could_not_be_copied_is_remembered_once() -> None:
    copies = Copies()
    assert copies.info(None) == {} == copies.info({}) and copies.info({"a": np.int64(1)}) == {"a": 1}
    assert copies.view(np.float32(2)) == 2.0 and copies.notes == ()
    assert copies.info({"a": 1, "b": object()}) == {"a": 1} == copies.info({"a": 1, "c": print})
    assert copies.info(object()) == {}
    assert copies.view(object()) is None
    assert len(copies.notes) == 2 and "infos" in copies.notes[0] and "seen" in copies.notes[1]


def test_a_view_is_a_copy_that_nobody_can_write_into() -> None:
    copies, array = Copies(), np.arange(3.0)
    view = copies.view(array)
    array[:] = 7
    assert view.tolist() == [0, 1, 2] and not view.flags.writeable
    assert copies.dtype is array.dtype
    assert copies.view(np.array([object()])) is None and copies.dtype is array.dtype


@pytest.mark.parametrize("spoil", [lambda view: view.copy(), lambda view: view[:2], lambda view: view.astype("f4"), list])
def test_what_was_seen_is_shared_only_where_nobody_can_write_into_it(spoil: Any) -> None:
    copies = Copies()
    view = copies.view(np.arange(3.0))
    assert copies.seen_again(view) is view
    given = spoil(view)
    again = copies.seen_again(given)
    assert again is not given
    assert np.array_equal(again, given) and type(again) is type(given)


def test_who_else_holds_an_array_is_counted() -> None:
    def step(array: Any) -> tuple[Any, float]:
        return array, 1.0

    made, _ = step(np.zeros(3))
    assert sys.getrefcount(made) == ALONE
    holders: list[Any] = []
    for keep in (holders.append, lambda array: holders.append((array,)), lambda array: holders.append(memoryview(array))):
        array = np.zeros(3)
        keep(array)
        made, _ = step(array)
        del array
        assert sys.getrefcount(made) > ALONE
