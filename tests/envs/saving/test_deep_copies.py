from __future__ import annotations

import copy
from typing import Any

import pytest

from rollback.envs.saving.deep_copies import DeepCopies
from rollback.envs.saving.probe import refusal
from rollback.errors import GameError
from rollback.state import checksum
from tests.envs.faulty_environments import Bare, Handled, Walk, episode_of


class Fresh(Walk):
    """Copies to a fresh one, as environments with EzPickle do."""

    def __deepcopy__(self, memo: Any) -> Any:
        return Fresh()


class Owned(Walk):
    """Holds what refers back to it."""

    def __init__(self) -> None:
        super().__init__()
        self.part = {"owner": self, "row": [1]}


@pytest.mark.parametrize("make", [Walk, Fresh, Owned])
def test_copies_agree_also_where_the_environment_copies_to_a_fresh_one(make: Any) -> None:
    env = Bare(make())
    episode = episode_of(env)
    assert refusal(DeepCopies(env), episode) is None


def test_a_fresh_copy_is_what_it_would_have_been() -> None:
    env = Fresh()
    env.reset(seed=1)
    env.step(1)
    assert copy.deepcopy(env).clock == 0 != env.clock


def test_references_back_to_the_environment_stay_such() -> None:
    env = Owned()
    saver = DeepCopies(env)
    state = saver.save()
    env.part["row"].append(2)
    saver.load(state)
    assert env.part["owner"] is env and env.part["row"] == [1]


def test_attributes_that_came_later_are_gone_after_a_load() -> None:
    env = Walk()
    saver = DeepCopies(env)
    state = saver.save()
    env.late = 1  # type: ignore[attr-defined]
    saver.load(state)
    assert not hasattr(env, "late")


def test_what_cannot_be_copied_is_refused_by_the_probe() -> None:
    env = Handled()
    try:
        assert "TypeError" in (refusal(DeepCopies(env), episode_of(env)) or "")
    finally:
        env.close()


def test_the_digest_tells_states_apart_and_nothing_else() -> None:
    env = Bare(Walk())
    saver = DeepCopies(env)
    env.reset(seed=1)
    first = checksum(saver.digest())
    state = saver.save()
    env.step(1)
    assert checksum(saver.digest()) != first
    saver.load(state)
    assert checksum(saver.digest()) == first


@pytest.mark.parametrize("state", [None, {}, b"", DeepCopies(Walk()).save()])
def test_copies_of_another_object_are_refused(state: Any) -> None:
    saver = DeepCopies(Walk())
    with pytest.raises(GameError, match="only into the environment object they were taken from"):
        saver.load(state)
