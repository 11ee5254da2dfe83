from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest

from rollback.envs.saving.likeness import likeness
from tests.envs.faulty_environments import Bare, Telling, Walk


class Tuned(Walk):
    def __init__(self, speed: float = 1.0) -> None:
        super().__init__()
        self.speed = speed


def test_environments_that_are_made_alike_are_alike() -> None:
    assert likeness(Bare(Walk())) == likeness(Bare(Walk()))
    assert hash(likeness(Bare(Walk()))) == hash(likeness(Bare(Walk())))


@pytest.mark.parametrize("other", [Walk(), Bare(Bare(Walk())), Bare(Telling()), Bare(Tuned())])
def test_other_classes_and_other_wrappers_are_not(other: Any) -> None:
    assert likeness(Bare(Walk())) != likeness(other)


def test_other_settings_are_not() -> None:
    assert likeness(Tuned(1.0)) == likeness(Tuned(1.0)) != likeness(Tuned(2.0))


def test_settings_of_a_registered_environment_count() -> None:
    def made(**settings: Any) -> Any:
        return gymnasium.make("CliffWalking-v1", **settings)

    assert likeness(made()) == likeness(made())
    assert likeness(made()) != likeness(made(is_slippery=True))


def test_functions_that_do_other_things_are_not() -> None:
    first, second, third = Walk(), Walk(), Walk()
    first.rule = second.rule = lambda: 1  # type: ignore[attr-defined]
    third.rule = lambda: 2  # type: ignore[attr-defined]
    assert likeness(first) == likeness(second) != likeness(third)


def test_what_an_environment_drew_when_it_was_made_is_no_setting() -> None:
    first, second = Walk(), Walk()
    first.size, second.size = np.float64(0.25), np.float64(0.75)  # type: ignore[attr-defined]
    assert likeness(first) == likeness(second)
    first.size = 0.25  # type: ignore[attr-defined]  # which somebody gave
    assert likeness(first) != likeness(second)
