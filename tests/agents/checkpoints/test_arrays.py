"""Arrays: what they hold, how their bytes look, and one sentence for each that is none."""

from __future__ import annotations

import io
import math
import struct
from array import array

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.agents.checkpoints.arrays import TYPES, Array, array_from_npy, npy_from_array
from rollback.errors import UsageError

SHAPES = [(), (0,), (3,), (2, 3), (3, 0), (1, 2, 3), (2, 1, 2, 2)]


@pytest.mark.parametrize("typecode", TYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_bytes_are_those_that_numpy_writes_and_come_back_as_they_were(shape: tuple[int, ...], typecode: str) -> None:
    numbers = np.arange(math.prod(shape)).astype(TYPES[typecode]).reshape(shape)
    file = io.BytesIO()
    np.save(file, numbers)
    mine = Array(shape, typecode, array(typecode, numbers.tobytes()))
    assert npy_from_array(mine) == file.getvalue()
    assert array_from_npy(file.getvalue()) == mine
    assert mine.nested() == numbers.tolist()
    assert Array.of(numbers.tolist(), typecode).nested() == numbers.tolist()


def test_every_bit_of_a_float_comes_back() -> None:
    odd = [0x7FF0000000000001, 0xFFF8DEADBEEF0000, 0x8000000000000000, 0x7FF0000000000000, 1]
    numbers = array("d", struct.pack("<5Q", *odd))
    back = array_from_npy(npy_from_array(Array((5,), "d", numbers)))
    assert list(struct.unpack("<5Q", back.data.tobytes())) == odd


def test_two_arrays_are_equal_where_every_bit_is() -> None:
    assert Array.of([math.nan]) == Array.of([math.nan])
    assert Array.of([0.0]) != Array.of([-0.0])
    assert Array.of([1, 2], "i") != Array.of([1, 2], "q") != Array.of([[1, 2]], "q")
    assert Array.of([1]) != [1.0]
    assert hash(Array.of([1, 2])) == hash(Array.of([1, 2]))


def test_the_numbers_are_copied_and_their_size_is_told() -> None:
    numbers = array("h", [1, 2])
    made = Array((2,), "h", numbers)
    numbers[0] = 9
    assert made.data.tolist() == [1, 2] and made.size == 4
    made.nested()[0] = 7
    assert made.nested() == [1, 2]


@pytest.mark.parametrize(
    ("shape", "typecode", "data", "told"),
    [
        ((1,), "L", [1], "cannot hold the type 'L': take one of d, f, q, i, h, B"),
        ((1,), "u", ["a"], "cannot hold the type 'u'"),
        ((2,), "d", [1.0], "holds 2 numbers, and 1 are given"),
        ((1, 1, 1, 1, 1), "d", [1.0], "cannot have the shape"),
        ((-1,), "d", [], "cannot have the shape"),
        ((2**31,), "d", [], "cannot have the shape"),
        ((1.0,), "d", [1.0], "cannot have the shape"),
        ((True,), "d", [1.0], "cannot have the shape"),
        ((1,), "d", ["one"], "cannot hold these numbers"),
        ((1,), "h", [40_000], "cannot hold these numbers"),
        ((1,), "i", [1.5], "cannot hold these numbers"),
        ((1,), "B", [-1], "cannot hold these numbers"),
    ],
)
def test_what_is_no_array_is_told(shape: object, typecode: str, data: object, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        Array(shape, typecode, data)  # type: ignore[arg-type]
    assert told in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("values", [[[1, 2], [3]], [[1], 2], [[[1]], [[2, 3]]]])
def test_rows_of_different_lengths_are_told(values: object) -> None:
    with pytest.raises(UsageError, match="must all have the same length"):
        Array.of(values)


def test_a_deep_list_is_refused_and_not_followed_down() -> None:
    deep: object = 1
    for _ in range(10_000):
        deep = [deep]
    with pytest.raises(UsageError):
        Array.of(deep)


def header(text: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def padded(shape: str, described: str = "<f8") -> bytes:
    text = f"{{'descr': '{described}', 'fortran_order': False, 'shape': {shape}, }}"
    return header(text.ljust(-(-(11 + len(text)) // 64) * 64 - 11) + "\n")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is no array in the .npy format 1.0"),
        (b"\x93NUMPY\x02\x00" + bytes(200), "is no array in the .npy format 1.0"),
        (b"\x93NUMPY\x01\x00", "is no array in the .npy format 1.0"),
        (b"\x93NUMPY\x01\x00\xff\xff" + bytes(70_000), "cut or too long"),
        (padded("(2,)")[:-1], "cut or too long"),
        (padded("(2,)") + bytes(15), "holds another count of numbers"),
        (padded("(2,)") + bytes(17), "holds another count of numbers"),
        (padded("(9999999999, 9999999999)"), "at most 67108864 are read"),
        (padded("(8388609,)"), "holds 67108872 bytes of numbers, and at most 67108864 are read"),
        (padded("(1, 1, 1, 1, 1)") + bytes(8), "describes no array"),
        (padded("(-1,)"), "describes no array"),
        (padded("(02,)") + bytes(16), "describes no array"),
        (padded("(2)") + bytes(16), "describes no array"),
        (padded("(1,)", "|O8") + bytes(8), "describes no array"),
        (padded("(1,)", ">f8") + bytes(8), "describes no array"),
        (padded("(1,)", "<u8") + bytes(8), "holds numbers of the type <u8, and only <f8, <f4, <i8, <i4, <i2, |u1 are read"),
        (padded("(1,)").replace(b"False", b"True ") + bytes(8), "describes no array"),
        (header("{'descr': __import__('os').abort()}"), "describes no array"),
    ],
)
def test_bytes_that_are_no_array_are_told(content: bytes, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        array_from_npy(content)
    assert told in str(caught.value)


@settings(max_examples=150)
@given(st.data())
def test_any_change_of_an_array_s_bytes_is_refused_or_gives_exactly_those_bytes_back(data: st.DataObject) -> None:
    content = bytearray(npy_from_array(Array.of([[1, 2], [3, 4]], data.draw(st.sampled_from(list("dfih"))))))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    changed = bytes(content[: data.draw(st.integers(0, len(content)))]) + data.draw(st.binary(max_size=3))
    try:
        found = array_from_npy(changed)
    except UsageError:
        return
    assert npy_from_array(found) == changed
