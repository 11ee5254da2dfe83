from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.experimental.functional import FuncEnv

from rollback.envs.saving.native_functional import FunctionalState, functional_state
from rollback.envs.saving.probe import Episode
from rollback.envs.saving.savers import saver_for
from rollback.errors import GameError
from rollback.state import is_tree
from rollback.wire import pack_tree, unpack_tree
from tests.envs.faulty_environments import Bare, episode_of


class Place(NamedTuple):
    where: Any
    steps: int


@dataclasses.dataclass(frozen=True)
class Held:
    place: Place
    names: dict[str, tuple[int, ...]]


class Drift(FuncEnv[Any, Any, Any, Any, Any, Any, Any]):
    """Pure functions: a point that drifts, by the random number that is handed to them."""

    observation_space = spaces.Box(-1000, 1000, (2,), np.float64)
    action_space = spaces.Discrete(3)

    def initial(self, rng: Any, params: Any = None) -> Held:
        return Held(Place(np.array([rng, 0.0]), 0), {"seen": ()})

    def transition(self, state: Held, action: Any, rng: Any, params: Any = None) -> Held:
        place = Place(state.place.where + np.array([rng, float(action)]), state.place.steps + 1)
        return Held(place, {"seen": (*state.names["seen"], int(action))[-3:]})

    def observation(self, state: Held, rng: Any, params: Any = None) -> Any:
        return state.place.where

    def reward(self, state: Held, action: Any, next_state: Held, rng: Any, params: Any = None) -> float:
        return float(sum(next_state.names["seen"]))

    def terminal(self, state: Held, rng: Any, params: Any = None) -> bool:
        return state.place.steps >= 30


class Functional(gymnasium.Env[Any, Any]):
    """Holds the state that pure functions transform, as Gymnasium's own functional environments do."""

    def __init__(self) -> None:
        self.func_env = Drift()
        self.observation_space, self.action_space = Drift.observation_space, Drift.action_space
        self.state: Any = None
        self.rng = 0

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.rng = seed or 0
        self.state = self.func_env.initial(self.rng / 7)
        return self.func_env.observation(self.state, 0), {}

    def step(self, action: Any) -> Any:
        self.rng = self.rng * 48271 % 2147483647
        after = self.func_env.transition(self.state, action, self.rng / 2147483647)
        reward = self.func_env.reward(self.state, action, after, 0)
        self.state = after
        return self.func_env.observation(after, 0), reward, self.func_env.terminal(after, 0), False, {}


def played(steps: int = 5) -> tuple[Functional, Episode, FunctionalState]:
    env = Functional()
    episode = episode_of(env)
    episode.reset(5)
    for step in range(steps):
        episode.step(step % 3)
    own = functional_state(env)
    assert isinstance(own, FunctionalState)
    return env, episode, own


def test_a_functional_environment_gets_its_own_saver_and_its_wrappers_the_plan() -> None:
    env = Bare(Functional())
    saver = saver_for(env, episode_of(env), another=lambda: (lambda one: (one, episode_of(one)))(Bare(Functional())))
    assert saver.name == "functional" and saver.notes == ()
    assert any("Bare" in wrapper for wrapper in saver.wrappers)


def test_a_state_is_a_tree_and_comes_back_in_its_classes() -> None:
    env, episode, own = played()
    tree = own.save()
    assert is_tree(tree) and tree["state"]["names"] == {"seen": (2, 0, 1)}
    first = [repr(episode.step(1)) for _ in range(4)]
    own.load(unpack_tree(pack_tree(tree)))
    assert type(env.state) is Held and type(env.state.place) is Place and env.state.place.steps == 5
    assert [repr(episode.step(1)) for _ in range(4)] == first


def test_nothing_of_a_snapshot_is_kept() -> None:
    env, _, own = played()
    tree = own.save()
    own.load(tree)
    env.state.place.where[:] = 99.0
    assert 99.0 not in tree["state"]["place"][0]


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: None,
        lambda tree: {"state": tree["state"]},
        lambda tree: {**tree, "more": 1},
        lambda tree: {**tree, "rng": "x"},
        lambda tree: {**tree, "state": 4},
        lambda tree: {**tree, "state": {**tree["state"], "place": (np.zeros(3), 5)}},
        lambda tree: {**tree, "state": {**tree["state"], "place": (np.zeros(2, "f4"), 5)}},
        lambda tree: {**tree, "state": {**tree["state"], "place": (np.zeros(2),)}},
    ],
)
def test_a_state_of_another_form_is_refused_and_changes_nothing(change: Any) -> None:
    env, _, own = played()
    tree, before = own.save(), env.state
    with pytest.raises(GameError, match="functional environment"):
        own.load(change(tree))
    assert env.state is before


def test_a_state_that_cannot_be_written_is_told() -> None:
    env, _, own = played()
    env.state = Held(Place(object(), 1), {})
    with pytest.raises(GameError, match="holds what cannot be saved: "):
        own.save()


def test_what_has_no_pure_functions_is_left_to_others() -> None:
    env = Functional()
    env.func_env = None  # type: ignore[assignment]
    assert functional_state(env) is None
    env.func_env = object()  # type: ignore[assignment]
    assert functional_state(env) is None and functional_state(3) is None
