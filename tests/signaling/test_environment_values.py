"""Values as tokens, on this side alone; tests/browser holds them against the page's side."""

from __future__ import annotations

import array
import math
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as some

from rollback.errors import UsageError
from signaling.web.environment_values import MAX_DEPTH, flatten, rebuild

TOKENS: list[tuple[Any, str, list[Any]]] = [
    (None, "v", [None]),
    ([1, [2.5]], "lvlv", [2, 1, 1, 2.5]),
    ((1, "a"), "lvv", [2, 1, "a"]),
    ({"a": 1}, "ov", [1, "a", 1]),
    ({}, "o", [0]),
    ({0: "left"}, "mvv", [1, 0, "left"]),
    ({"0": 1}, "mvv", [1, "0", 1]),
    ({"b": 1, "-7": 2}, "mvvvv", [2, "b", 1, "-7", 2]),
    ({"007": 1, "-": 2}, "ovv", [2, "007", 1, "-", 2]),
    (b"ab", "b", [b"ab"]),
    (bytearray(b"ab"), "b", [b"ab"]),
    (array.array("h", [1]), "t", ["Int16Array", b"\1\0"]),
    (numpy.float64(1.5), "v", [1.5]),
    (numpy.int8(-3), "v", [-3]),
    (numpy.bool_(True), "v", [True]),
    (numpy.array(2.5), "v", [2.5]),
    (numpy.array([1, 2], "<i2"), "t", ["Int16Array", b"\1\0\2\0"]),
    (numpy.array([True, False]), "b", [b"\1\0"]),
    (numpy.array([1, 2, 3], "u1")[::2], "b", [b"\1\3"]),
    (numpy.zeros((1, 2), "u1"), "olvvb", [2, "shape", 2, 1, 2, "data", b"\0\0"]),
    (numpy.zeros(0, "f4"), "t", ["Float32Array", b""]),
]


@pytest.mark.parametrize(("value", "kinds", "values"), TOKENS, ids=lambda value: str(value)[:30])
def test_values_become_these_tokens(value: Any, kinds: str, values: list[Any]) -> None:
    found = flatten(value)
    assert found == (kinds, values)
    assert [type(item) for item in found[1]] == [type(item) for item in values]


def same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return (math.isnan(left) and math.isnan(right)) or (left == right and math.copysign(1, left) == math.copysign(1, right))
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and left == right


leaves = some.none() | some.booleans() | some.integers() | some.floats() | some.text() | some.binary()
keys = some.text() | some.integers() | some.none()
trees = some.recursive(leaves, lambda tree: some.lists(tree) | some.dictionaries(keys, tree), max_leaves=30)


@given(trees)
def test_what_was_flattened_is_rebuilt_as_it_was(tree: Any) -> None:
    assert same(tree, rebuild(*flatten(tree)))


@pytest.mark.parametrize("code", "bhHiIfdqQ")
def test_arrays_are_rebuilt_with_their_type(code: str) -> None:
    value = array.array(code, [1, 2])
    back = rebuild(*flatten(value))
    assert back == value and back.typecode == code


def test_negative_zero_has_a_token_of_its_own_on_the_way_in() -> None:
    assert math.copysign(1, rebuild("z", [])) == -1


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"a": [1, {2}]}, r"value\['a'\]\[1\]: set cannot cross to the page"),
        (object(), "value: object cannot cross"),
        (numpy.array([1j]), "an array of type 'Zd' cannot cross"),
        (numpy.array([1.5], "f2"), "an array of type 'e' cannot cross"),
        (numpy.array([None]), "an array of type 'O' cannot cross"),
        (numpy.array(["2020"], "datetime64[D]"), "ndarray cannot cross"),
        ({(1, frozenset()): 1}, r"value key\[1\]: frozenset cannot cross"),
    ],
)
def test_what_cannot_cross_is_named_with_its_place(value: Any, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        flatten(value)


def test_nesting_has_an_end() -> None:
    deep: list[Any] = []
    for _ in range(MAX_DEPTH):
        deep = [deep]
    flatten(deep)
    with pytest.raises(UsageError, match="nested deeper than 64 levels"):
        flatten([deep])


def test_a_token_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UsageError, match="'q'"):
        rebuild("q", [])
