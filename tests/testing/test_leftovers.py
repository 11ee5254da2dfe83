"""What a load left as it was gets its name, and what cannot be compared is no suspect."""

from __future__ import annotations

import random
import types
from typing import Any

import pytest

from rollback.testing.leftovers import leftovers


def thing(**values: Any) -> Any:
    return types.SimpleNamespace(**values)


@pytest.mark.parametrize(
    ("one", "other", "names"),
    [
        (thing(a=1, b=[1, 2]), thing(a=1, b=[1, 2]), []),
        (thing(a=1, b=2), thing(a=1, b=3), ["b"]),
        (thing(a=1), thing(a=1.5), ["a"]),
        (thing(a=1, b=1), thing(a=1), ["b"]),
        (thing(a=1), thing(a=1, b=1), ["b"]),
        (thing(wind=thing(speed=1, from_=2)), thing(wind=thing(speed=3, from_=2)), ["wind.speed"]),
        (thing(balls=[thing(x=1), thing(x=2)]), thing(balls=[thing(x=1), thing(x=9)]), ["balls[1].x"]),
        (thing(balls=[thing(x=1)]), thing(balls=[]), ["balls"]),
        (thing(by={"a": thing(x=1)}), thing(by={"a": thing(x=2)}), ["by['a'].x"]),
        (thing(by={"a": thing(x=1)}), thing(by={"b": thing(x=1)}), ["by"]),
        (thing(free={1, 2}), thing(free={1, 3}), ["free"]),
        (thing(free={1, 2}), thing(free={2, 1}), []),
        (thing(act=len), thing(act=print), []),
        (thing(b=1, a=1), thing(b=2, a=2), ["b", "a"]),
    ],
)
def test_attributes_that_differ_are_named_in_their_order(one: Any, other: Any, names: list[str]) -> None:
    assert leftovers(one, other) == names


def test_a_generator_in_another_state_is_named() -> None:
    one, other = random.Random(1), random.Random(1)
    assert leftovers(thing(dice=one), thing(dice=other)) == []
    other.random()
    assert leftovers(thing(dice=one), thing(dice=other)) == ["dice"]


def test_what_contains_itself_is_looked_at_to_an_end() -> None:
    one, other = thing(x=1), thing(x=2)
    one.me, other.me = one, other
    names = leftovers(one, other)
    assert names[0] == "x" and "me.x" in names and len(names) < 10


def test_games_without_attributes_have_nothing_left_over() -> None:
    assert leftovers(3, 3) == []
    assert leftovers(object(), object()) == []
