"""What goes into a column comes out of it, in few bytes, whatever it is."""

from __future__ import annotations

import json
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.envs.data.columns import Column, Numbers, Texts, Tree, plain_json

LEAVES = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=5)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3) | st.tuples(inner, inner)
    ),
    max_leaves=8,
)


def filled(*values: Any) -> Column:
    column = Column()
    for value in values:
        column.add(value)
    return column


@given(st.lists(VALUES, max_size=6))
def test_what_a_column_holds_is_what_json_makes_of_what_it_was_given(values):
    column = filled(*values)
    assert [plain_json(value) for value in column.values()] == [plain_json(value) for value in values]
    assert column.rows == len(values)


@given(st.lists(VALUES, min_size=1, max_size=5))
def test_equal_values_make_equal_columns(values):
    one, two = filled(*values), filled(*values)
    assert type(one.held) is type(two.held) and one.size == two.size
    assert list(map(repr, one.values())) == list(map(repr, two.values()))


@pytest.mark.parametrize(
    ("values", "dtype", "shape", "size"),
    [
        ((1, 2, 3), "<i8", (), 24),
        ((True, False), "|b1", (), 2),
        ((0.5, -0.0), "<f8", (), 16),
        (((1, 2), (3, 4)), "<i8", (2,), 32),
        (([True, False], [False, False]), "|b1", (2,), 4),
        ((((1.0, 2.0), (3.0, 4.0)),), "<f8", (2, 2), 32),
        ((numpy.zeros((2, 3), numpy.float32),), "<f4", (2, 3), 24),
        ((numpy.int64(3), numpy.int64(4)), "<i8", (), 16),
        ((numpy.zeros(4, numpy.uint8), numpy.ones(4, numpy.uint8)), "|u1", (4,), 8),
    ],
)
def test_numbers_of_one_kind_take_their_bytes_and_no_more(values, dtype, shape, size):
    column = filled(*values)
    assert isinstance(column.held, Numbers)
    assert (column.held.dtype, column.held.shape, column.size) == (dtype, shape, size)
    for value, back in zip(values, column.values(), strict=True):
        assert type(back) is type(value)
        assert numpy.array_equal(back, value)


@pytest.mark.parametrize(
    "values",
    [
        (1, 0.5),
        (1, True),
        (1, 2**63),
        ((1, 2), (1, 2, 3)),
        ((1, 2), None),
        (None, 1),
        (numpy.zeros(2, numpy.float32), numpy.zeros(2, numpy.float64)),
        (numpy.zeros(2), numpy.zeros(3)),
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ("left", "right"),
        (b"\x00\xff",),
        ([],),
    ],
    ids=repr,
)
def test_what_does_not_fit_is_told_as_json_and_nothing_is_lost(values):
    column = filled(*values, *values)
    assert isinstance(column.held, Texts)
    assert list(column.values()) == [plain_json(value) for value in (*values, *values)]


def test_containers_have_a_column_for_each_entry():
    column = filled({"at": (1, 2), "who": "ann"}, {"at": (3, 4), "who": "bob"})
    assert isinstance(column.held, Tree)
    assert isinstance(column.held.entries["at"].held, Numbers) and isinstance(column.held.entries["who"].held, Texts)
    assert list(column.values()) == [{"at": (1, 2), "who": "ann"}, {"at": (3, 4), "who": "bob"}]
    mixed = filled((1, 0.5), (2, 1.5))
    assert isinstance(mixed.held, Tree) and list(mixed.values()) == [(1, 0.5), (2, 1.5)]


def test_an_entry_that_changes_its_kind_spoils_only_its_own_column():
    column = filled({"a": 1, "b": 2}, {"a": "x", "b": 3})
    assert isinstance(column.held, Tree)
    assert isinstance(column.held.entries["a"].held, Texts) and isinstance(column.held.entries["b"].held, Numbers)
    assert list(column.values()) == [{"a": 1, "b": 2}, {"a": "x", "b": 3}]


def test_an_array_may_be_changed_after_it_was_added():
    array = numpy.arange(3)
    column = filled(array)
    array[:] = 9
    column.add(array)
    assert [list(each) for each in column.values()] == [[0, 1, 2], [9, 9, 9]]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (b"\x01\xff", "01ff"),
        ({1: (2, None)}, {"1": [2, None]}),
        (numpy.float32(0.5), 0.5),
        (numpy.array([[1, 2]]), [[1, 2]]),
        (2**80, 2**80),
    ],
    ids=repr,
)
def test_json_tells_what_it_can_and_the_rest_as_text(value, told):
    assert plain_json(value) == told
    json.dumps(plain_json(value), allow_nan=False)


def test_what_contains_itself_ends():
    loop: list[Any] = []
    loop.append(loop)
    json.dumps(plain_json(loop))


def test_none_takes_no_room():
    column = filled(*[None] * 1000)
    assert column.size == 0 and list(column.values()) == [None] * 1000
