from __future__ import annotations

from typing import Any

import pytest

from rollback.envs.saving.own_state import OwnMethods, chain_of, first_of, methods_hook, own_methods
from rollback.errors import GameError
from tests.envs.faulty_environments import Bare, Refusing, Saving, Telling, Walk, WithPath


class Answering:
    """Answers for what it wraps, as PettingZoo's wrappers do."""

    def __init__(self, env: Any) -> None:
        self.env = env

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["env"], name)


def test_a_chain_goes_from_the_outermost_wrapper_to_the_environment() -> None:
    walk = Walk()
    outer = Bare(Bare(walk))
    assert [type(link) for link in chain_of(outer)] == [Bare, Bare, Walk]
    assert list(chain_of(walk)) == [walk]


def test_a_chain_of_several_environments_is_theirs_one_after_the_other() -> None:
    assert [type(link) for link in chain_of([Bare(Walk()), Telling()])] == [Bare, Walk, Telling]


def test_a_chain_that_bites_its_tail_ends() -> None:
    walk = Answering(None)
    walk.env = walk
    assert len(list(chain_of(walk))) == 64


@pytest.mark.parametrize(
    ("env", "words"),
    [(Telling(), "get_state/set_state of Telling"), (Saving(), "save/load of Saving"), (Walk(), None), (WithPath(), None)],
)
def test_the_users_own_methods_are_found_where_they_take_no_more_than_a_state(env: Any, words: str | None) -> None:
    assert [method.words for method in own_methods(Bare(env))] == ([words] if words else [])


def test_a_wrapper_that_answers_for_its_environment_is_not_taken_for_the_owner() -> None:
    inside = Telling()
    outer = Answering(inside)
    assert callable(outer.get_state)  # the premise
    assert [method.owner for method in own_methods(outer)] == [inside]


def test_the_hook_finds_owners_and_nobody_else() -> None:
    env = Bare(Telling())
    own = methods_hook(own_methods(env))
    assert own(env) is None
    found = own(env.unwrapped)
    assert isinstance(found, OwnMethods) and found.name == "get_state"


def test_the_methods_are_used_as_they_are() -> None:
    env = Telling()
    env.reset(seed=3)
    (found,) = own_methods(env)
    state = found.save()
    shown = env.step(1)[0].tolist()
    env.step(2)
    found.load(state)
    assert env.step(1)[0].tolist() == shown


def test_what_a_method_raises_is_told_in_a_sentence() -> None:
    (found,) = own_methods(Refusing())
    with pytest.raises(GameError, match="get_state/set_state of Refusing: a state was refused by RuntimeError: not now"):
        found.load({})


def test_the_first_of_several_hooks_that_knows_an_object_is_asked() -> None:
    asked: list[str] = []

    def hook(name: str, answer: Any) -> Any:
        def own(thing: Any) -> Any:
            asked.append(name)
            return answer

        return own

    answer = OwnMethods(Telling(), ("get_state", "set_state"))
    assert first_of(hook("a", None), hook("b", answer), hook("c", None))(1) is answer
    assert asked == ["a", "b"]
    assert first_of(hook("d", None))(1) is None
