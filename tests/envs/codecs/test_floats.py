"""Floats: to the last bit without `bits`, to the nearest level with it; NaN and numbers out of bounds never get through."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from rollback.envs.codecs.floats import ExactFloats, LevelFloats, floats_of
from rollback.envs.codecs.spaces import codec_for
from rollback.errors import ActionError, GameError

F16, F32, F64 = np.float16, np.float32, np.float64
FLOATS = [F16, F32, F64]
LETTER = {F16: "e", F32: "f", F64: "d"}


@pytest.mark.parametrize("dtype", FLOATS)
def test_minus_zero_subnormal_numbers_and_bounds_come_back_to_the_last_bit(dtype: Any) -> None:
    tiny = np.finfo(dtype).smallest_subnormal
    action = np.array([-0.0, 0.0, tiny, -tiny, 1.0, -1.0, np.nextafter(dtype(1), dtype(0))], dtype)
    space = spaces.Box(-1, 1, action.shape, dtype)
    codec = codec_for(space)
    assert codec.encode(action) == action.astype(action.dtype.newbyteorder("<")).tobytes()
    found = codec.decode(codec.encode(action))
    assert found.tobytes() == action.tobytes() and found.dtype == dtype and not found.flags.writeable


@pytest.mark.parametrize("dtype", FLOATS)
def test_every_kind_of_nan_and_what_is_out_of_bounds_become_that_component_of_the_idle_action(dtype: Any) -> None:
    codec = codec_for(spaces.Box(-1, 1, (2,), dtype), idle=[0.5, -0.25])
    letter, width = LETTER[dtype], np.dtype(dtype).itemsize
    fine = struct.pack(f"<{letter}", 0.125)
    ones = b"\xff" * width  # a NaN with a sign
    signalling = {2: b"\x01\x7c", 4: b"\x01\x00\x80\x7f", 8: b"\x01\x00\x00\x00\x00\x00\xf0\x7f"}[width]
    outside = [struct.pack(f"<{letter}", value) for value in (float("nan"), float("inf"), float("-inf"), 1.001, -2.0)]
    for data in (ones, signalling, *outside):
        assert codec.decode(data + fine).tolist() == [0.5, 0.125]
        assert codec.decode(fine + data).tolist() == [0.125, -0.25]
        assert codec.decode(data + data).tolist() == [0.5, -0.25]
        assert not codec.decode(data + fine).flags.writeable


def test_unbounded_sides() -> None:
    space = spaces.Box(np.array([-np.inf, 0, -np.inf], F32), np.array([0, np.inf, np.inf], F32), dtype=F32)
    codec = codec_for(space)
    action = np.array([-3e38, 3e38, 1e-45], F32)
    assert codec.decode(codec.encode(action)).tobytes() == action.tobytes()
    assert codec.decode(codec.encode([-np.inf, np.inf, np.inf])).tolist() == [-np.inf, np.inf, np.inf]
    assert codec.decode(np.array([1, -1, np.nan], "<f4").tobytes()).tolist() == [0, 0, 0]
    with pytest.raises(ActionError, match=r"component 1 is -1.0, and 0.0 to inf is allowed"):
        codec.encode([0, -1, 0])


@pytest.mark.parametrize(
    "action",
    [
        [0.5, -1],
        (0.5, -1.0),
        np.array([0.5, -1.0]),
        np.array([0.5, -1.0], F16),
        np.array([0.5, -1.0], ">f8"),
        np.array([0.5, 9.0, -1.0])[::2],
        [F64(0.5), np.int8(-1)],
        np.array([0.5, -1.0], np.longdouble),
    ],
    ids=lambda action: f"{type(action).__name__}-{getattr(action, 'dtype', '')}",
)
def test_numbers_of_any_form_are_taken(action: Any) -> None:
    codec = codec_for(spaces.Box(-1, 1, (2,), F32))
    assert codec.decode(codec.encode(action)).tolist() == [0.5, -1.0]


def test_numbers_are_rounded_to_the_dtype_as_numpy_does_and_then_compared() -> None:
    space = spaces.Box(F32(-0.1), F32(0.1), (1,), F32)
    codec = codec_for(space)
    assert float(F32(0.1)) > 0.1  # the premise: the bound is no decimal number
    assert codec.decode(codec.encode([0.1]))[0] == F32(0.1)
    assert codec.decode(codec.encode([0.1 + 1e-10]))[0] == F32(0.1)  # rounds to the bound, and is within
    with pytest.raises(ActionError, match=r"component 0 is 0\.1000000"):
        codec.encode([0.1 + 1e-7])
    assert codec.decode(codec.encode([1e-300]))[0] == 0.0


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (
            [2.0, 0.0],
            "[2.0, 0.0] is no action of Box(-1.0, 1.0, (2,), float32): component 0 is 2.0, and -1.0 to 1.0 is allowed",
        ),
        ([0.0, np.nan], "component 1 is nan"),
        ([0.0, -np.inf], "component 1 is -inf"),
        ([0.0], "shape (2,) is needed, not (1,)"),
        (0.5, "shape (2,) is needed, not ()"),
        ([[0.0, 0.0]], "shape (2,) is needed, not (1, 2)"),
        ([0.0, [1.0]], "an array of shape (2,) is needed"),
        (["0", "1"], "float32 numbers are needed, not <U1"),
        ([None, None], "float32 numbers are needed, not object"),
        ([1j, 0], "float32 numbers are needed, not complex128"),
        (np.array([1, 2], "datetime64[s]"), "float32 numbers are needed, not datetime64[s]"),
        (None, "shape (2,) is needed, not ()"),
        ([1e300, 0.0], "float32 cannot hold it"),
    ],
)
@pytest.mark.parametrize("bits", [None, 8])
def test_what_is_outside_a_box_is_refused(action: Any, words: str, bits: int | None) -> None:
    with pytest.raises(ActionError) as raised:
        codec_for(spaces.Box(-1, 1, (2,), F32), bits=bits).encode(action)
    assert words in str(raised.value)


def test_an_unbounded_box_does_not_take_a_finite_number_for_infinity() -> None:
    codec = codec_for(spaces.Box(-np.inf, np.inf, (1,), F32))
    with pytest.raises(ActionError, match="float32 cannot hold it"):
        codec.encode([1e300])
    with pytest.raises(ActionError, match="float16 cannot hold it"):
        codec_for(spaces.Box(-np.inf, np.inf, (1,), F16)).encode([70000])


def test_a_float_of_the_other_byte_order_has_the_same_inputs() -> None:
    swapped, native = spaces.Box(-1, 1, (2,), np.dtype(">f4")), spaces.Box(-1, 1, (2,), F32)
    assert codec_for(swapped).encode([0.5, -1]) == codec_for(native).encode([0.5, -1])
    found = codec_for(swapped).decode(codec_for(native).encode([0.5, -1]))
    assert found.tolist() == [0.5, -1] and not found.flags.writeable and swapped.contains(found)


def test_a_long_double_is_refused() -> None:
    if np.dtype(np.longdouble).itemsize == 8:  # where it is a float64, it is one
        assert codec_for(spaces.Box(-1, 1, (1,), np.longdouble)).size == 8
    else:
        with pytest.raises(GameError, match="differs from machine to machine, use float64 or less"):
            codec_for(spaces.Box(-1, 1, (1,), np.longdouble))


def test_spaces_of_no_dimension_and_of_no_component() -> None:
    point = codec_for(spaces.Box(-1, 1, (), F32))
    assert point.size == 4 and point.decode(point.encode(0.5)).shape == () and point.encode(F32(0.5)) == point.encode(0.5)
    assert point.decode(b"\xff" * 4).shape == ()
    empty = codec_for(spaces.Box(-1, 1, (0,), F32))
    assert empty.encode([]) == b"\x00" and empty.decode(b"\x00").shape == (0,) and empty.decode(b"\x00").dtype == F32


def test_bits_make_a_bounded_box_narrower_and_leave_all_else_exact() -> None:
    box = spaces.Box(-1, 1, (4,), F32)
    assert isinstance(floats_of(box, 8, np.zeros(4)), LevelFloats)
    assert [codec_for(box, bits=bits).size for bits in (2, 3, 8, 16)] == [1, 2, 4, 8]
    assert isinstance(floats_of(spaces.Box(0, np.inf, (2,), F32), 8, np.zeros(2)), ExactFloats)
    assert isinstance(floats_of(spaces.Box(-1, 1, (2,), F16), 16, np.zeros(2)), ExactFloats)  # as narrow as it is
    for space in (spaces.Discrete(5), spaces.MultiBinary(3), spaces.Box(0, 9, (2,), np.uint8)):
        assert codec_for(space, bits=8).describe() == codec_for(space).describe()
    both = spaces.Dict({"aim": box, "speed": spaces.Box(-np.inf, np.inf, (1,), F32)})
    assert codec_for(both, bits=8).size == 4 + 4


@pytest.mark.parametrize("bits", range(2, 13))
def test_levels_of_mirrored_bounds_are_mirrored(bits: int) -> None:
    codec = codec_for(spaces.Box(-3, 3, (1,), F64), bits=bits)
    levels = [float(codec.decode(number.to_bytes(codec.size, "little"))[0]) for number in range(2**bits - 1)]
    assert levels[0] == -3.0 and levels[-1] == 3.0 and levels[2 ** (bits - 1) - 1] == 0.0
    assert levels == [-level for level in reversed(levels)]
    assert levels == sorted(set(levels))
    steps = np.diff(levels)
    assert steps.max() - steps.min() < 1e-12
    # The number left over is no level, and means the idle action.
    assert codec.decode((2**bits - 1).to_bytes(codec.size, "little")).tolist() == [0.0]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 1 / 3, 2 / 3, 1]),
        (-1, 0, [-1, -2 / 3, -1 / 3, 0]),
        (2, 5, [2, 3, 4, 5]),
        (-1, 1, [-1, 0, 1]),
        (-1, 100, [-1, 0, 100]),
        (-100, 1, [-100, 0, 1]),
        (4, 4, [4, 4, 4, 4]),
    ],
)
def test_the_levels_of_two_bits(low: float, high: float, expected: list[float]) -> None:
    codec = codec_for(spaces.Box(low, high, (1,), F64), bits=2)
    found = [float(codec.decode(bytes([number]))[0]) for number in range(len(expected))]
    assert found == pytest.approx(expected, abs=1e-15)
    assert found[0] == low and found[-1] == high
    assert len(expected) == 4 or 0.0 in found


def test_encoding_takes_the_nearest_level() -> None:
    codec = codec_for(spaces.Box(0, 15, (1,), F32), bits=4)
    for value, level in ((0.4, 0), (0.6, 1), (7.49, 7), (7.51, 8), (14.9, 15), (15, 15)):
        assert codec.encode([value]) == bytes([level])
    assert codec.encode([0.5]) == b"\x00"  # halfway: the lower one, everywhere


def test_components_with_other_bounds_have_other_levels() -> None:
    space = spaces.Box(np.array([-1, 0, 10], F32), np.array([1, 255, 20], F32), dtype=F32)
    codec = codec_for(space, bits=8)
    assert codec.encode([0, 7, 10]).hex() == "7f0700"
    assert codec.decode(bytes.fromhex("fe07ff")).tolist() == [1.0, 7.0, 20.0]
    assert codec.idle.tolist() == [0.0, 0.0, 10.0]


def test_an_idle_action_between_two_levels_becomes_the_nearest_and_is_told() -> None:
    codec = codec_for(spaces.Box(0, 15, (1,), F32), bits=4, idle=[3.2])
    assert codec.idle.tolist() == [3.0]
    assert codec.describe() == "levels4(1,float32,0.0..15.0) idle=03"


@pytest.mark.parametrize("dtype", FLOATS)
def test_bounds_that_floats_can_hardly_hold(dtype: Any) -> None:
    tiny, widest = float(np.finfo(dtype).smallest_subnormal), float(np.finfo(dtype).max)
    for low, high in ((-tiny, tiny), (0, tiny), (-widest, widest), (-widest, tiny), (tiny, widest), (-tiny, widest)):
        space = spaces.Box(np.array([low], dtype), np.array([high], dtype), dtype=dtype)
        codec = codec_for(space, bits=5)
        for number in range(32):
            action = codec.decode(bytes([number]))
            assert space.contains(action)
            assert codec.decode(codec.encode(action)).tobytes() == action.tobytes()
        assert codec.decode(codec.encode([low])).tolist() == [low] and codec.decode(codec.encode([high])).tolist() == [high]


def test_levels_that_round_to_one_float_are_encoded_as_the_first_of_them() -> None:
    near = np.nextafter(F16(1), F16(2))
    codec = codec_for(spaces.Box(F16(1), near, (1,), F16), bits=4)
    inputs = {codec.encode(codec.decode(bytes([number]))) for number in range(16)}
    assert len(inputs) == 2 and b"\x00" in inputs


def test_no_level_is_minus_zero() -> None:
    for low, high in ((-0.0, 1.0), (-1.0, -0.0), (-1.0, 1.0)):
        codec = codec_for(spaces.Box(low, high, (1,), F32), bits=3)
        for number in range(8):
            value = codec.decode(bytes([number]))[0]
            assert value != 0 or not np.signbit(value)
