"""Whole numbers: what is taken kindly, what is refused, and how few bits they take."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from rollback.envs.codecs.fields import NumberArray, OneNumber, numbers_of
from rollback.envs.codecs.spaces import codec_for
from rollback.errors import ActionError, GameError

WHOLE = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64]
INT64 = np.iinfo(np.int64)


@pytest.mark.parametrize("dtype", WHOLE)
def test_a_discrete_decodes_to_its_own_dtype(dtype: Any) -> None:
    space = spaces.Discrete(5, start=2, dtype=dtype)
    for value in range(2, 7):
        found = codec_for(space).decode(codec_for(space).encode(value))
        assert type(found) is type(space.sample()) is dtype and found == value and space.contains(found)


@pytest.mark.parametrize(
    "action",
    [3, np.int8(3), np.uint64(3), np.int64(3), np.array(3), np.array(3, np.uint8), 3.0, np.float32(3.0), np.array(3.0)],
    ids=lambda action: f"{type(action).__name__}-{getattr(action, 'dtype', '')}",
)
@pytest.mark.parametrize("count", [5, 500])
def test_a_discrete_takes_any_form_of_a_whole_number(action: Any, count: int) -> None:
    codec = codec_for(spaces.Discrete(count))
    assert codec.encode(action) == codec.encode(3) == bytes([3]).ljust(codec.size, b"\0")


def test_bools_are_the_numbers_0_and_1() -> None:
    codec = codec_for(spaces.Discrete(500))
    for value in (True, np.True_, np.array(True)):
        assert codec.encode(value) == codec.encode(1)
    assert codec_for(spaces.Discrete(2)).encode(np.True_) == b"\x01"


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (5, "5 is no action of Discrete(5): 0 to 4 are allowed"),
        (-1, "-1 is no action of Discrete(5): 0 to 4 are allowed"),
        (2**70, "0 to 4 are allowed"),
        (np.int64(-(2**63)), "0 to 4 are allowed"),
        (2.5, "2.5 is no action of Discrete(5): one whole number is needed"),
        (float("nan"), "nan is no action of Discrete(5): one whole number is needed"),
        (float("inf"), "one whole number is needed"),
        (1e300, "0 to 4 are allowed"),
        ("3", "'3' is no action of Discrete(5): one whole number is needed"),
        (None, "None is no action of Discrete(5): one whole number is needed"),
        ([3], "[3] is no action of Discrete(5): one whole number is needed"),
        (np.array([3]), "array([3]) is no action of Discrete(5): one whole number is needed"),
        (np.array("3"), "one whole number is needed"),
        (np.array(None), "one whole number is needed"),
        ({}, "{} is no action of Discrete(5): one whole number is needed"),
        (np.datetime64(3, "s"), "one whole number is needed"),
        (3j, "3j is no action of Discrete(5): one whole number is needed"),
    ],
)
def test_what_is_outside_a_discrete_is_refused(action: Any, words: str) -> None:
    with pytest.raises(ActionError) as raised:
        codec_for(spaces.Discrete(5)).encode(action)
    assert words in str(raised.value)


def test_a_discrete_that_starts_elsewhere_names_its_own_bounds() -> None:
    with pytest.raises(ActionError, match=r"3 is no action of Discrete\(3, start=-1\): -1 to 1 are allowed"):
        codec_for(spaces.Discrete(3, start=-1)).encode(3)


def test_the_widest_discretes() -> None:
    codec = codec_for(spaces.Discrete(INT64.max, start=INT64.min))
    assert codec.size == 8
    for value in (INT64.min, -2, 0 - 1 - 2**40):
        assert codec.decode(codec.encode(value)) == value
    assert codec.decode(b"\xff" * 8) == codec.idle == INT64.min
    huge = spaces.Discrete(2**63 + 5, dtype=np.uint64)
    assert codec_for(huge).decode(codec_for(huge).encode(2**63 + 4)) == 2**63 + 4


@pytest.mark.parametrize(("count", "bits"), [(1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (256, 8), (257, 9)])
def test_a_number_takes_as_many_bits_as_its_values_need(count: int, bits: int) -> None:
    assert OneNumber(spaces.Discrete(count), 0).bits == bits
    assert numbers_of(spaces.MultiDiscrete([count, count]), [0, 0]).bits == 2 * bits
    if count <= 256:
        assert numbers_of(spaces.Box(0, count - 1, (3,), np.uint8), [0, 0, 0]).bits == 3 * bits


def test_a_controller_of_buttons_and_directions_takes_one_byte() -> None:
    # The fourteen bits of a controller of eight directions and eleven buttons, and not thirteen bytes.
    pad = spaces.Dict({"pad": spaces.Discrete(8), "buttons": spaces.MultiBinary(11)})
    assert codec_for(pad).size == 2
    assert codec_for(spaces.MultiDiscrete([5, 2, 2])).size == 1


@pytest.mark.parametrize(
    "action",
    [
        [1, 0, 4],
        (1, 0, 4),
        np.array([1, 0, 4]),
        np.array([1, 0, 4], np.int8),
        np.array([1, 0, 4], np.uint64),
        [1.0, 0.0, 4.0],
        np.array([1, 0, 4], np.float32),
        [np.int16(1), np.uint8(0), 4],
        np.array([1, 0, 4], object),
        np.array([np.int64(1), 0.0, np.array(4)], object),
        np.arange(12)[::4] * 0 + np.array([1, 0, 4]),
    ],
    ids=lambda action: f"{type(action).__name__}-{getattr(action, 'dtype', '')}",
)
@pytest.mark.parametrize("space", [spaces.MultiDiscrete([5, 5, 5]), spaces.Box(0, 4, (3,), np.int16)], ids=str)
def test_arrays_take_any_form_of_whole_numbers(space: spaces.Space[Any], action: Any) -> None:
    codec = codec_for(space)
    found = codec.decode(codec.encode(action))
    assert found.dtype == space.dtype and found.tolist() == [1, 0, 4] and not found.flags.writeable


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ([1, 0], "[1, 0] is no action of MultiDiscrete([5 5 5]): shape (3,) is needed, not (2,)"),
        ([[1, 0, 4]], "shape (3,) is needed, not (1, 3)"),
        (3, "shape (3,) is needed, not ()"),
        ([1, 0, 5], "[1, 0, 5] is no action of MultiDiscrete([5 5 5]): 5 is not in 0..4"),
        ([-1, 0, 4], "-1 is not in 0..4"),
        (np.array([2**63, 0, 0], np.uint64), "9223372036854775808 is not in 0..4"),
        ([2**80, 0, 0], "is not in 0..4"),
        ([1, 0, 0.5], "0.5 is no whole number"),
        ([1, 0, float("nan")], "nan is no whole number"),
        ([1, 0, float("inf")], "inf is no whole number"),
        ([1, [0], 2], "an array of shape (3,) is needed"),
        (["1", "0", "2"], "1 is no whole number"),
        ([None, None, None], "None is no whole number"),
        (None, "shape (3,) is needed, not ()"),
        ([1j, 0, 0], "1j is no whole number"),
        ({}, "shape (3,) is needed, not ()"),
    ],
)
def test_what_is_outside_an_array_of_numbers_is_refused(action: Any, words: str) -> None:
    with pytest.raises(ActionError) as raised:
        codec_for(spaces.MultiDiscrete([5, 5, 5])).encode(action)
    assert words in str(raised.value)


def test_multibinary_takes_bools_and_refuses_other_numbers() -> None:
    codec = codec_for(spaces.MultiBinary((2, 2)))
    assert codec.encode([[True, False], [False, True]]) == codec.encode(np.eye(2)) == b"\x09"
    with pytest.raises(ActionError, match=r"is no action of MultiBinary\(\(2, 2\)\): 2 is not in 0..1"):
        codec.encode([[2, 0], [0, 0]])


def test_ranges_may_differ_from_component_to_component() -> None:
    space = spaces.Box(np.array([-5, 0, 100], np.int16), np.array([5, 0, 1000], np.int16), dtype=np.int16)
    codec = codec_for(space)
    assert codec.size == 2  # 4 + 0 + 10 bits
    assert codec.decode(codec.encode([-5, 0, 1000])).tolist() == [-5, 0, 1000]
    assert codec.idle.tolist() == [0, 0, 100]
    assert codec.describe() == "box(3,int16,-5..5,0..0,100..1000) idle=0500"
    with pytest.raises(ActionError, match=r"99 is not in 100\.\.1000"):
        codec.encode([0, 0, 99])


@pytest.mark.parametrize("dtype", WHOLE)
def test_a_box_over_the_whole_dtype_takes_the_bytes_of_the_dtype(dtype: Any) -> None:
    limits = np.iinfo(dtype)
    space = spaces.Box(int(limits.min), int(limits.max), (2,), dtype)
    codec = codec_for(space)
    assert codec.size == 2 * np.dtype(dtype).itemsize
    action = codec.decode(codec.encode(np.array([limits.min, limits.max], dtype)))
    assert action.tolist() == [limits.min, limits.max] and space.contains(action)


def test_unbounded_sides_of_whole_numbers_are_those_of_the_dtype() -> None:
    space = spaces.Box(-np.inf, np.inf, (1,), np.int32)
    codec = codec_for(space)
    assert codec.size == 4 and codec.idle.tolist() == [0]
    assert codec.decode(codec.encode([-(2**31)])).tolist() == [-(2**31)]


def test_a_component_out_of_range_becomes_that_component_of_the_idle_action() -> None:
    codec = codec_for(spaces.MultiDiscrete([3, 3, 4]), idle=[2, 1, 3])
    assert codec.decode(bytes([0b11_11_11 & 0b00_11_11])).tolist() == [2, 1, 0]
    assert codec.decode(bytes([0b01_00_11])).tolist() == [2, 0, 1]


def test_spaces_of_no_dimension_and_of_no_component() -> None:
    point = spaces.Box(0, 9, (), np.uint8)
    assert codec_for(point).encode(np.uint8(7)) == codec_for(point).encode(7) == b"\x07"
    assert codec_for(point).decode(b"\x07").shape == ()
    assert codec_for(point).decode(b"\xff").shape == ()
    empty = spaces.Box(0, 9, (0,), np.uint8)
    assert codec_for(empty).encode([]) == b"\x00"
    assert codec_for(empty).decode(b"\x05").shape == (0,)


def test_a_layout_ignores_what_stands_above_it() -> None:
    layout = numbers_of(spaces.MultiDiscrete([4, 4]), [0, 0])
    assert isinstance(layout, NumberArray)
    assert layout.unpack(0b1111_10_01).tolist() == [1, 2]
    assert OneNumber(spaces.Discrete(4), 0).unpack(0b1111_10) == 2


def test_a_dtype_that_cannot_hold_its_own_values_is_refused_when_the_codec_is_made() -> None:
    assert codec_for(spaces.Discrete(100, start=28, dtype=np.int8)).decode(b"\x63") == 127
    with pytest.raises(GameError, match=r"Discrete\(101, start=28, dtype=int8\) reaches past what int8 can hold"):
        codec_for(spaces.Discrete(101, start=28, dtype=np.int8))
    assert codec_for(spaces.MultiDiscrete([100], start=[28], dtype=np.int8)).decode(b"\x63").tolist() == [127]
