"""Whatever the space and whatever the bytes: a legal action, the same one again, and every legal action comes back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rollback.envs.codecs.spaces import SpaceCodec, codec_for, fresh
from rollback.errors import ActionError, GameError

WHOLE = (np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64)
FLOATS = (np.float16, np.float32, np.float64)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, max_side=3)


@st.composite
def discretes(draw: st.DrawFn) -> spaces.Discrete[Any]:
    dtype = draw(st.sampled_from(WHOLE))
    limits = np.iinfo(dtype)
    start = draw(st.integers(max(limits.min, -(2**63)), min(limits.max, 2**63 - 1)))
    count = draw(st.integers(1, min(limits.max - start + 1, limits.max, 2**63 - 1)))
    return spaces.Discrete(count, start=start, dtype=dtype)


@st.composite
def multi_discretes(draw: st.DrawFn) -> spaces.MultiDiscrete[Any]:
    dtype = draw(st.sampled_from((np.int8, np.uint8, np.int32, np.int64)))
    shape = draw(SHAPES)
    nvec = draw(hnp.arrays(dtype, shape, elements=st.integers(1, 60)))
    start = draw(hnp.arrays(dtype, shape, elements=st.integers(max(np.iinfo(dtype).min, -9), 9)))
    return spaces.MultiDiscrete(nvec, dtype=dtype, start=start)


@st.composite
def whole_boxes(draw: st.DrawFn) -> spaces.Box[Any]:
    dtype = draw(st.sampled_from(WHOLE))
    limits = np.iinfo(dtype)
    shape = draw(SHAPES.filter(lambda shape: np.prod(shape) <= 8))
    pair = hnp.arrays(dtype, shape, elements=st.integers(int(limits.min), int(limits.max)))
    one, other = draw(pair), draw(pair)
    return spaces.Box(np.minimum(one, other), np.maximum(one, other), dtype=dtype)


@st.composite
def float_boxes(draw: st.DrawFn, *, bounded: bool = False) -> spaces.Box[Any]:
    dtype = draw(st.sampled_from(FLOATS))
    shape = draw(SHAPES.filter(lambda shape: np.prod(shape) <= 8))
    numbers = st.floats(width=np.dtype(dtype).itemsize * 8, allow_nan=False, allow_infinity=not bounded)  # type: ignore[arg-type]
    pair = hnp.arrays(dtype, shape, elements=numbers)
    one, other = draw(pair), draw(pair)
    low, high = np.minimum(one, other), np.maximum(one, other)
    assume(not np.isposinf(low).any() and not np.isneginf(high).any())
    return spaces.Box(low, high, dtype=dtype)


LEAVES = st.one_of(
    discretes(),
    multi_discretes(),
    st.one_of(st.integers(1, 20), st.lists(st.integers(1, 3), min_size=1, max_size=3)).map(spaces.MultiBinary),
    whole_boxes(),
    float_boxes(),
)
SPACES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(spaces.Tuple),
        st.dictionaries(st.text(max_size=3), inner, max_size=3).map(spaces.Dict),
        st.lists(inner, min_size=1, max_size=3).map(spaces.OneOf),
    ),
    max_leaves=5,
)
BITS = st.one_of(st.none(), st.integers(2, 10))


def codec_of(space: spaces.Space[Any], bits: int | None = None) -> SpaceCodec:
    try:
        return codec_for(space, bits=bits)
    except GameError as error:
        assume("can travel" not in str(error))  # too wide, which other tests are about
        raise


def legal(draw: st.DrawFn, space: Any) -> Any:
    """Draw an element of a space, in the form that `sample` gives."""
    match space:
        case spaces.Discrete():
            return space.dtype.type(draw(st.integers(int(space.start), int(space.start) + int(space.n) - 1)))
        case spaces.Tuple():
            return tuple(legal(draw, part) for part in space.spaces)
        case spaces.Dict():
            return {key: legal(draw, part) for key, part in space.spaces.items()}
        case spaces.OneOf():
            place = draw(st.integers(0, len(space.spaces) - 1))
            return np.int64(place), legal(draw, space.spaces[place])
        case spaces.MultiBinary():
            low, high = np.zeros(space.shape, np.int8), np.ones(space.shape, np.int8)
        case spaces.MultiDiscrete():
            low, high = space.start, space.start + (space.nvec - 1)
        case _:
            low, high = space.low, space.high
    values = []
    for least, most in zip(low.reshape(-1).tolist(), high.reshape(-1).tolist(), strict=True):
        if space.dtype.kind == "f":
            values.append(draw(st.floats(least, most, width=space.dtype.itemsize * 8)))
        else:
            values.append(draw(st.integers(int(least), int(most))))
    return np.array(values, dtype=space.dtype).reshape(space.shape)


def flat(action: Any) -> Any:
    """Return what an action is to the last bit, so that -0.0 is not 0.0 and an int32 is no int64."""
    match action:
        case dict():
            return [(key, flat(value)) for key, value in action.items()]
        case tuple():
            return tuple(flat(value) for value in action)
        case np.ndarray():
            return "array", action.dtype.str, action.shape, action.tobytes()
    return type(action), int(action)


@settings(max_examples=120)
@given(st.data(), SPACES, BITS)
def test_any_bytes_are_a_legal_action_that_stays_itself(
    data: st.DataObject, space: spaces.Space[Any], bits: int | None
) -> None:
    codec = codec_of(space, bits)
    action = codec.decode(data.draw(st.binary(min_size=codec.size, max_size=codec.size)))
    assert space.contains(action)
    again = codec.encode(action)
    assert len(again) == codec.size
    assert flat(codec.decode(again)) == flat(action)
    assert codec.encode(codec.decode(again)) == again


@settings(max_examples=200)
@given(st.data(), SPACES)
def test_every_legal_action_comes_back_to_the_last_bit(data: st.DataObject, space: spaces.Space[Any]) -> None:
    codec = codec_of(space)
    action = legal(data.draw, space)
    assert space.contains(action)
    with_arrays = codec.decode(codec.encode(action))
    assert flat(with_arrays) == flat(action)
    assert flat(fresh(with_arrays)) == flat(action)


@settings(max_examples=100)
@given(st.data(), SPACES, BITS)
def test_two_codecs_of_one_space_are_the_same(data: st.DataObject, space: spaces.Space[Any], bits: int | None) -> None:
    one, other = codec_of(space, bits), codec_of(space, bits)
    received = data.draw(st.binary(min_size=one.size, max_size=one.size))
    assert one.describe() == other.describe()
    assert flat(one.decode(received)) == flat(other.decode(received))
    assert len(one.describe()) <= 160


@settings(max_examples=100)
@given(st.data(), SPACES)
def test_any_legal_action_will_do_as_the_idle_one(data: st.DataObject, space: spaces.Space[Any]) -> None:
    codec_of(space)
    action = legal(data.draw, space)
    codec = codec_for(space, idle=action)
    assert flat(codec.idle) == flat(action)
    assert space.contains(codec.decode(b"\xff" * codec.size))


@settings(max_examples=150)
@given(st.data(), float_boxes(bounded=True), st.integers(2, 12))
def test_a_level_is_never_further_away_than_half_a_step(data: st.DataObject, space: spaces.Box[Any], bits: int) -> None:
    codec = codec_of(space, bits)
    action = legal(data.draw, space)
    found = codec.decode(codec.encode(action))
    for value, got, low, high in zip(*(a.reshape(-1).tolist() for a in (action, found, space.low, space.high)), strict=True):
        # Quarters, or the widest boxes overflow. Three levels about 0 may stand a whole even step apart on one side.
        quarter = (high / 4 - low / 4) / (2**bits - 2)
        rounding = max(abs(low), abs(high)) * float(np.finfo(space.dtype).eps) + float(np.finfo(space.dtype).smallest_subnormal)
        assert abs(value / 4 - got / 4) <= quarter * (1.001 if bits == 2 else 0.751) + rounding


@given(float_boxes(bounded=True), st.integers(2, 12))
def test_both_bounds_and_zero_are_levels(space: spaces.Box[Any], bits: int) -> None:
    codec = codec_of(space, bits)
    for action in (space.low, space.high):
        assert np.array_equal(codec.decode(codec.encode(action)), action)
    if ((space.low <= 0) & (space.high >= 0)).all():
        assert np.array_equal(codec.decode(codec.encode(np.zeros_like(space.low))), np.zeros_like(space.low))
        assert not np.asarray(codec.idle).any()


@settings(max_examples=200)
@given(SPACES, st.one_of(st.none(), st.text(max_size=3), st.floats(), st.integers(), st.lists(st.integers(), max_size=4)))
def test_what_is_encoded_is_in_the_space_and_all_else_is_refused_in_words(space: spaces.Space[Any], action: Any) -> None:
    codec = codec_of(space)
    try:
        data = codec.encode(action)
    except ActionError as error:
        assert "is no action of" in str(error) and "\n" not in str(error)
    else:
        assert space.contains(codec.decode(data))


@pytest.mark.nightly
@settings(max_examples=8000, deadline=None)
@given(st.data(), SPACES, BITS)
def test_any_bytes_at_length(data: st.DataObject, space: spaces.Space[Any], bits: int | None) -> None:
    codec = codec_of(space, bits)
    action = codec.decode(data.draw(st.binary(min_size=codec.size, max_size=codec.size)))
    assert space.contains(action)
    assert flat(codec.decode(codec.encode(action))) == flat(action)
