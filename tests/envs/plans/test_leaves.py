"""What is saved by value, kept by reference or left alone."""

from __future__ import annotations

import re
import types
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

import gymnasium
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.envs.plans.leaves import COINS, is_atom, is_constant, is_left_alone, kept_names, read_coin, write_coin
from rollback.errors import GameError
from rollback.state import is_tree


@pytest.mark.parametrize(
    "value", [None, True, 1, 2**90, 1.5, "a", b"a", (), (1, ("a", (None,))), numpy.float32(1), numpy.int8(1), numpy.bool_(True)]
)
def test_an_atom_stands_in_a_tree_as_it_is(value: Any) -> None:
    assert is_atom(value)
    assert is_tree(value)


@pytest.mark.parametrize("value", [[], {}, ([],), (1, (2, {3})), 1j, numpy.zeros(2), object(), numpy.str_("a"), Fraction(1)])
def test_what_can_change_or_does_not_stand_in_a_tree_is_no_atom(value: Any) -> None:
    assert not is_atom(value)


def test_tuples_that_are_very_deep_are_walked() -> None:
    deep: Any = 1
    for _ in range(50):
        deep = (deep,)
    assert not is_atom(deep)


COINS_SEEN = [
    3 + 4j,
    complex("nan"),
    numpy.complex64(1 - 2j),
    numpy.complex128(1e300j),
    numpy.str_("text"),
    numpy.bytes_(b"text"),
    numpy.datetime64("2020-02-03T04:05"),
    numpy.timedelta64(5, "ms"),
    range(3, 10, 2),
    slice(None, 4, -1),
    Decimal("1.50"),
    Fraction(-2, 7),
    datetime(2020, 1, 2, 3, 4, 5, 6),
    date(2020, 1, 2),
    time(3, 4, 5),
    timedelta(days=-1, microseconds=3),
]


@pytest.mark.parametrize("coin", COINS_SEEN, ids=repr)
def test_a_coin_comes_back_as_it_was(coin: Any) -> None:
    written = write_coin(coin)
    assert written is not None
    assert is_tree(written)
    back = read_coin(*written)
    assert type(back) is type(coin)
    assert repr(back) == repr(coin)


def test_every_kind_of_coin_was_tried() -> None:
    assert {write_coin(coin)[0] for coin in COINS_SEEN} == {name for name, _ in COINS.values()}  # type: ignore[index]


@pytest.mark.parametrize("value", [slice([], 1), object(), [1], "text", 5])
def test_what_is_no_coin_is_not_written_as_one(value: Any) -> None:
    assert write_coin(value) is None


@given(
    st.sampled_from([name for name, _ in COINS.values()]),
    st.recursive(
        st.none() | st.integers() | st.floats() | st.text(max_size=9), lambda part: st.tuples(part, part), max_leaves=4
    ),
)
def test_what_nobody_writes_is_refused_or_read(name: str, written: Any) -> None:
    try:
        read_coin(name, written)
    except GameError as refused:
        assert len(str(refused)) < 300


@pytest.mark.parametrize(
    ("name", "written"),
    [("Popen", "x"), ("Decimal", "9" * 5000), ("datetime64", ("O", 1)), ("range", [1, 2]), ("complex", None)],
)
def test_a_made_up_coin_is_refused(name: str, written: Any) -> None:
    with pytest.raises(GameError, match="snapshot holds"):
        read_coin(name, written)


@pytest.mark.parametrize(
    "value", [int, len, re, lambda: 1, partial(len), numpy.sin, numpy.dtype("f4"), re.compile("a"), ..., [].append]
)
def test_code_and_descriptions_are_constants(value: Any) -> None:
    assert is_constant(value)


@pytest.mark.parametrize("value", [[], {}, 5, object(), gymnasium.spaces.Discrete(2)])
def test_other_things_are_no_constants(value: Any) -> None:
    assert not is_constant(value)


def of(module: str, name: str) -> Any:
    return types.new_class(name, (), {}, lambda inside: inside.update(__module__=module))()


@pytest.mark.parametrize(
    ("module", "name", "expected"),
    [
        ("pygame.surface", "Surface", True),
        ("pygame.time", "Clock", True),
        ("pygame.font", "Font", True),
        ("pyglet.window", "Window", True),
        ("matplotlib.figure", "Figure", True),
        ("gymnasium.envs.mujoco.mujoco_rendering", "MujocoRenderer", True),
        ("pygame.rect", "Rect", False),
        ("pygame.math", "Vector2", False),
        ("pygame.sprite", "Group", False),
        ("pygamelike", "Surface", False),
        ("mpe2.core", "World", False),
    ],
)
def test_windows_are_known_by_their_package(module: str, name: str, expected: bool) -> None:
    thing = of(module, name)
    assert is_left_alone(thing) is expected
    assert is_left_alone([thing, (thing,)]) is expected
    assert is_left_alone({"a": thing}) is expected
    assert not is_left_alone([thing, 1])


def test_an_empty_list_is_no_window() -> None:
    assert not any(map(is_left_alone, ([], (), {}, None, "pygame")))


def test_a_list_that_contains_itself_is_no_window() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert not is_left_alone(loop)


def test_environments_keep_what_describes_them_and_others_do_not() -> None:
    env = gymnasium.make("CartPole-v1")
    assert {"spec", "_saved_kwargs", "metadata"} <= kept_names(type(env)) & kept_names(type(env.unwrapped))
    assert kept_names(dict) == frozenset()
    assert "episode_start_time" in kept_names(gymnasium.wrappers.RecordEpisodeStatistics)
