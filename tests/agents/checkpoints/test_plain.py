"""Plain values: copied, limited, and written in one form only."""

from __future__ import annotations

import json
import math
from collections import OrderedDict
from decimal import Decimal
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.agents.checkpoints.plain import dumped, parsed, plain
from rollback.errors import UsageError

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=4)
NUMBERS = st.integers(-(2**200), 2**200) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_plain_values_come_back_as_they_were_and_are_written_in_one_form(value: object) -> None:
    text = dumped(plain(value, "it"))
    back = parsed(text)
    assert (back == value and repr(back) == repr(plain(value, "it"))) or isinstance(value, dict | list)
    assert dumped(back) == text


def test_a_copy_is_returned_and_tuples_become_lists() -> None:
    inner = [1]
    given_ = OrderedDict(a=(1, inner), b=MappingProxyType({"c": 2}))
    found = plain(given_, "it")
    assert found == {"a": [1, [1]], "b": {"c": 2}} and type(found) is type(found["b"]) is dict
    inner.append(2)
    assert found["a"] == [1, [1]]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (np.int64(3), "holds a numpy.int64, which JSON does not know: make it an int, a float or a list"),
        (np.float64(3), "numpy.float64"),
        (np.zeros(2), "numpy.ndarray"),
        ([{"a": {1}}], "builtins.set"),
        (b"bytes", "builtins.bytes"),
        (Decimal(1), "decimal.Decimal"),
        (math.nan, "holds nan, and only finite numbers can be saved"),
        ([-math.inf], "holds -inf"),
        ({1: 2}, "has the key 1, and keys must be text"),
        ("\ud800", "no valid Unicode"),
        ({"\udfff": 1}, "no valid Unicode"),
        (2**4096, "more than 4096 bits"),
        (-(2**5000), "more than 4096 bits"),
    ],
)
def test_what_is_not_plain_is_told(value: object, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        plain(value, "it")
    assert str(caught.value).startswith("it ") and told in str(caught.value)


def test_what_is_too_deep_is_told_and_one_level_less_is_taken() -> None:
    deep: object = 1
    for _ in range(16):
        deep = [deep]
    assert parsed(dumped(plain(deep, "it"))) == deep
    with pytest.raises(UsageError, match="it is nested deeper than 16 levels"):
        plain([deep], "it")
    with pytest.raises(UsageError, match="is nested deeper than 16 levels"):
        parsed(json.dumps([deep]).encode())
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(UsageError, match="nested deeper"):
        plain(loop, "it")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"[" * 1_000_000, "is nested deeper than 16 levels"),
        (b'{"a":' * 100_000, "is nested deeper than 16 levels"),
        (b'"' + b"\\" * 999_999, "is no JSON"),
        (b'"' + b'\\"' * 500_000, "is no JSON"),
        (b'{"a":1,"a":2}', "a key stands there twice"),
        (b"[NaN]", "NaN is no number"),
        (b"[-Infinity]", "is no number"),
        (b"9" * 5000, "is no JSON"),
        (b"\xff\xfe\x00", "is no JSON"),
        (b"", "is no JSON"),
        (b"[1,]", "is no JSON"),
        (b"__import__('os')", "is no JSON"),
        (b"]" * 100_000 + b"[" * 100, "is no JSON"),
    ],
    ids=range(13),
)
def test_json_from_outside_is_refused_in_a_sentence_and_in_one_pass(text: bytes, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        parsed(text)
    assert told in str(caught.value) and len(str(caught.value)) < 150


def test_brackets_in_texts_are_no_depth() -> None:
    told = {"a": "[" * 100 + '\\"{[' * 30}
    assert parsed(dumped(told)) == told


@given(st.binary(max_size=60) | st.text('[]{}",:\\0 1eE.-au', max_size=60).map(str.encode))
def test_any_bytes_are_parsed_or_refused(text: bytes) -> None:
    try:
        parsed(text)
    except UsageError:
        return
    json.loads(text)
