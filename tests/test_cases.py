"""Cases that are run as one test: each of them is run, and each that fails is named."""

from __future__ import annotations

import inspect
import re

import pytest

from tests.cases import every, more_at_night


def test_all_cases_are_run_and_those_that_fail_are_named() -> None:
    seen = []

    @every(("left", "right"), [(1, 1), (1, 2), (3, 3), (4, 5)])
    def equal(left: int, right: int) -> None:
        seen.append(left)
        assert left == right

    with pytest.raises(BaseExceptionGroup, match="2 of 4 cases failed") as caught:
        equal()
    assert seen == [1, 1, 3, 4]
    assert [error.__notes__ for error in caught.value.exceptions] == [
        ["in the case of left, right = 1, 2"],
        ["in the case of left, right = 4, 5"],
    ]


def test_one_that_fails_alone_is_raised_itself_and_cases_may_be_crossed() -> None:
    @every("seed", range(3), ids=lambda seed: f"seed {seed}")
    @every("word", ["a", "b"], ids=["first", "second"])
    def odd(seed: int, word: str) -> None:
        if (seed, word) == (2, "b"):
            pytest.fail("this one")

    with pytest.raises(pytest.fail.Exception, match="this one") as caught:
        odd()
    assert caught.value.__notes__ == ["in the case of word = second", "in the case of seed = seed 2"]


async def test_a_test_that_awaits_is_run_too() -> None:
    @every("number", [1, 2])
    async def small(number: int) -> None:
        assert number < 2

    with pytest.raises(AssertionError) as caught:
        await small()
    assert caught.value.__notes__ == ["in the case of number = 2"]


@every("number", [1, 2])
@pytest.mark.parametrize("other", [3])
def test_fixtures_and_parameters_are_given_as_ever(tmp_path, number, other):
    assert tmp_path.is_dir() and number < other


def test_what_is_left_to_pytest_are_the_other_arguments() -> None:
    @every("number", [1])
    def fact(number: int, tmp_path: object) -> None: ...

    assert list(inspect.signature(fact).parameters) == ["tmp_path"]


def test_a_mistake_in_the_use_is_told_at_once() -> None:
    with pytest.raises(AssertionError, match="there is no case of seed"):
        every("seed", [])
    with pytest.raises(AssertionError, match=re.escape("fact takes no number")):

        @every("number", [1])
        def fact() -> None: ...


def test_the_first_are_for_each_run_and_the_others_for_the_night() -> None:
    first, second, third = more_at_night("abc", 2)
    assert [each.values for each in (first, second, third)] == [("a",), ("b",), ("c",)]
    assert [[mark.name for mark in each.marks] for each in (first, second, third)] == [[], [], ["nightly"]]
