"""Arrays that share memory."""

from __future__ import annotations

from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.envs.plans.arena import VIEW, owner_of, shared_memory
from rollback.envs.plans.names import Names
from rollback.errors import GameError

NAMES = Names((object,))


class Env:
    pass


@st.composite
def views(draw: Any) -> tuple[Any, Any]:
    """An array that owns its memory, and something seen in it."""
    owner = (
        numpy.arange(24.0)
        .reshape(draw(st.sampled_from([(24,), (4, 6), (2, 3, 4)])), order=draw(st.sampled_from("CF")))
        .copy("K")
    )
    view = owner
    for _ in range(draw(st.integers(1, 3))):
        deed = draw(st.integers(0, 4))
        if deed == 0 and view.ndim and len(view) > 1:
            view = view[1:]
        elif deed == 1 and view.ndim:
            view = view[:: draw(st.sampled_from([-1, 2]))]
        elif deed == 2:
            view = view.T
        elif deed == 3 and view.ndim > 1:
            view = view[0]
        else:
            view = view.view("i8")
    return owner, view[...]


@given(views())
def test_a_view_is_the_same_view_of_other_memory(both: tuple[Any, Any]) -> None:
    owner, view = both
    about = VIEW.about(view, NAMES, "")
    VIEW.check(about, {"memory": owner}, NAMES)
    other = owner.copy("K")
    again = VIEW.shell(about, {"memory": other}, NAMES)
    assert (again.dtype, again.shape, again.strides) == (view.dtype, view.shape, view.strides)
    assert again.tobytes() == view.tobytes()
    assert owner_of(again) is other
    assert again.size == 0 or numpy.shares_memory(again, other)


@given(st.integers(-300, 300), st.lists(st.integers(-1, 30), max_size=3), st.lists(st.integers(-50, 50), max_size=3))
def test_a_made_up_view_never_leaves_its_memory(offset: int, shape: list[int], strides: list[int]) -> None:
    owner = numpy.arange(8, dtype="u1")
    about = ("|u1", offset, tuple(shape), tuple(strides), True)
    try:
        VIEW.check(about, {"memory": 0}, NAMES)
        made = VIEW.shell(about, {"memory": owner}, NAMES)
    except (GameError, ValueError):
        return
    low, high = numpy.lib.array_utils.byte_bounds(made)
    start, end = numpy.lib.array_utils.byte_bounds(owner)
    assert made.size == 0 or (start <= low and high <= end)


@pytest.mark.parametrize("dtype", ["O", "|O", "V8", "<U4", "float64", None, 5])
def test_only_numbers_are_seen(dtype: Any) -> None:
    with pytest.raises(GameError):
        VIEW.check((dtype, 0, (1,), (8,), True), {"memory": 0}, NAMES)


def test_a_locked_view_stays_locked() -> None:
    owner = numpy.zeros(4)
    view = owner[1:]
    view.flags.writeable = False
    assert not VIEW.shell(VIEW.about(view, NAMES, ""), {"memory": owner.copy()}, NAMES).flags.writeable


def test_only_memory_that_is_seen_twice_is_shared() -> None:
    lone, owner = numpy.zeros(4)[1:], numpy.zeros(4)
    assert shared_memory([lone, owner]) == {}
    assert list(shared_memory([lone, owner, owner[2:]])) == [id(owner)]
    hidden = numpy.zeros(4)
    found = shared_memory([hidden[1:], hidden[:2]])
    assert next(iter(found.values())) is hidden
