"""Names of classes and constants: what a snapshot may call up, and what not."""

from __future__ import annotations

import collections
import os
import random
import threading
import types
from enum import Enum
from typing import Any

import gymnasium
import numpy
import pytest

from rollback.envs.plans.names import Names, is_ordinary, name_of
from rollback.errors import GameError


class Env:
    class Inner:
        pass


class Slotted:
    __slots__ = ("a",)


class Mixed(Slotted):
    pass


NAMES = Names((gymnasium.Wrapper, Env))


@pytest.mark.parametrize("cls", [Env, Env.Inner, Slotted, Mixed, types.SimpleNamespace, collections.UserDict, gymnasium.Env])
def test_classes_written_in_python_are_ordinary(cls: type) -> None:
    assert is_ordinary(cls)


@pytest.mark.parametrize(
    "cls", [int, list, threading.Lock().__class__, numpy.ndarray, random.Random, Exception, type("Sub", (list,), {}), type]
)
def test_classes_that_hold_more_than_attributes_are_not(cls: type) -> None:
    assert not is_ordinary(cls)


@pytest.mark.parametrize("cls", [Env, Env.Inner, Slotted, gymnasium.Wrapper, gymnasium.spaces.Discrete, collections.UserDict])
def test_a_class_of_the_packages_is_found(cls: type) -> None:
    assert NAMES.class_named(name_of(cls)) is cls


@pytest.mark.parametrize(
    "name",
    [
        "os:_Environ",
        "subprocess:Popen",
        "builtins:object",
        "tests.envs.plans.test_names:Nobody",
        "tests.envs.plans.test_names:Env.Nobody",
        "tests.envs.plans.test_names:random.Random",
        "tests.envs.plans.test_names:name_of",
        "tests.envs.never_imported:Env",
        "gymnasium",
        ":",
        "",
        "x" * 1000,
        5,
        None,
        ("os", "system"),
    ],
)
def test_any_other_is_refused(name: Any) -> None:
    with pytest.raises(GameError):
        NAMES.class_named(name)


def test_two_local_classes_of_one_name_have_two_names() -> None:
    def local() -> type:
        class Local:
            pass

        return Local

    names, one, two = Names((Env,)), local(), local()
    first, second = names.of_class(one), names.of_class(two)
    assert first != second
    assert (names.class_named(first), names.class_named(second)) == (one, two)
    assert names.of_class(one) == first
    assert names.is_met(two)
    assert not names.is_met(Env)


def test_constants_are_named_after_themselves_where_that_leads_to_them() -> None:
    names = Names((Env,))
    assert names.of_constant(name_of, "env.a") == "rollback.envs.plans.names:name_of"
    assert names.of_constant(os, "env.b") == "module os"
    assert names.of_constant(Enum, "env.c") == "enum:Enum"
    local = lambda: 1  # noqa: E731
    assert names.of_constant(local, "env.d") == "at env.d"
    assert names.constant_named("at env.d") is local
    assert names.constant_named("module os") is os


def test_a_second_constant_in_the_same_place_is_numbered() -> None:
    names = Names((Env,))
    makers = [lambda: 1, lambda: 2, lambda: 3]
    named = [names.of_constant(maker, "env.a") for maker in (*makers, *makers)]
    assert named == ["at env.a", "at env.a#1", "at env.a#2"] * 2
    assert [names.constant_named(name) for name in named] == [*makers, *makers]


def test_constants_that_are_new_each_time_do_not_pile_up() -> None:
    names = Names((Env,))
    for _ in range(1000):
        newest = lambda: 1  # noqa: E731
        name = names.of_constant(newest, "env.a")
    assert names.constant_named(name) is newest
    assert sum(map(len, names._constants.values())) < 300


def test_equal_spaces_have_one_name() -> None:
    names = Names((Env,))
    first, second = gymnasium.spaces.Discrete(3), gymnasium.spaces.Discrete(3)
    assert names.of_constant(first, "env.s", is_equal_enough=True) == names.of_constant(second, "env.s", is_equal_enough=True)
    assert names.of_constant(gymnasium.spaces.Discrete(4), "env.s", is_equal_enough=True) == "at env.s#1"


@pytest.mark.parametrize("name", ["builtins:list", "builtins:int", "collections:deque"])
def test_what_a_default_dict_makes_is_always_there(name: str) -> None:
    assert isinstance(Names((Env,)).constant_named(name), type)


@pytest.mark.parametrize("name", ["builtins:eval", "os:system", "at env.nothing", "module os", "gymnasium:make", 5, None])
def test_a_constant_that_the_environment_does_not_have_is_refused(name: Any) -> None:
    with pytest.raises(GameError):
        Names((gymnasium.Wrapper, Env)).constant_named(name)


def test_functions_of_the_environments_own_package_are_there() -> None:
    name = "tests.envs.plans.test_names:test_equal_spaces_have_one_name"
    assert Names((gymnasium.Wrapper, Env)).constant_named(name) is test_equal_spaces_have_one_name
