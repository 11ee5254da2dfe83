"""The wrapper that differs from itself is found among its likes, and an innocent one is never named."""

from __future__ import annotations

from typing import Any

import gymnasium
import pytest

from rollback.envs import from_gymnasium
from rollback.envs.saving.savers import saver_for
from rollback.errors import GameError
from rollback.testing import layers
from rollback.testing.layers import given_up_in, unlike_layer
from tests.envs import broken_environments as broken
from tests.envs.broken_environments import Field, Making
from tests.envs.toy_environments import Cliffs


class FlawedField(Field):
    """Differs from itself without any wrapper: a count that no reset begins anew."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def step(self, action: Any) -> Any:
        self.total += 1
        observation, _, *rest = super().step(action)
        return (observation, float(self.total), *rest)


class Tallying:
    """A wrapper of a parallel environment, whose count no reset begins anew."""

    def __init__(self, env: Any) -> None:
        self.env = env
        self.possible_agents = env.possible_agents
        self.action_space = env.action_space
        self.count = 0

    @property
    def agents(self) -> Any:
        return self.env.agents

    def reset(self, **settings: Any) -> Any:
        return self.env.reset(**settings)

    def step(self, actions: Any) -> Any:
        self.count += 1
        seen, rewards, *rest = self.env.step(actions)
        return (seen, {agent: reward + self.count for agent, reward in rewards.items()}, *rest)


class Unplayable(gymnasium.Env[Any, Any]):
    """Can be stepped by nobody."""

    action_space = Field.action_space

    def reset(self, **settings: Any) -> Any:
        raise RuntimeError("only from within")


@pytest.mark.parametrize("kind", [broken.BufferCounter, broken.ArrayCounter, broken.Generating, broken.Threaded])
def test_the_wrapper_is_named_also_between_honest_ones(kind: Any) -> None:
    env = broken.StepCounter(kind(broken.OwnDice(Field())))
    assert unlike_layer(env) == f"{kind.__name__} differs from itself, and OwnDice within it does not"


def test_layers_of_parallel_environments_are_played_too() -> None:
    assert unlike_layer(Tallying(Cliffs())) == "Tallying differs from itself, and Cliffs within it does not"


def test_honest_layers_are_not_named() -> None:
    assert unlike_layer(broken.StepCounter(broken.OwnDice(Field()))) is None
    assert unlike_layer(Cliffs()) is None


def test_an_environment_that_differs_without_any_wrapper_is_named_already() -> None:
    assert unlike_layer(broken.StepCounter(FlawedField())) is None


def test_layers_that_cannot_be_played_by_themselves_are_given_up() -> None:
    assert unlike_layer(broken.Rewarding(Unplayable())) is None


def test_the_environment_is_found_in_the_error_of_the_one_who_gave_it_up() -> None:
    with pytest.raises(GameError) as caught:
        Making(broken.BufferCounter)()
    assert isinstance(given_up_in(caught.value), broken.BufferCounter)


def test_errors_with_another_reason_lead_to_no_environment() -> None:
    with pytest.raises(GameError) as caught:
        from_gymnasium(Field, players=2, share="split")
    assert given_up_in(caught.value) is None
    assert given_up_in(ValueError("never raised")) is None


def test_the_choice_of_savers_is_where_it_is_looked_for() -> None:
    """The name of that function stands in the other file as a word."""
    assert saver_for.__name__ == layers._CHOICE
