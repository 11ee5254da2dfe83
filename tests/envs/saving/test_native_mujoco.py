from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from rollback.envs.saving.native_mujoco import MujocoState, mujoco_state
from rollback.errors import GameError
from rollback.wire import pack_tree, unpack_tree
from tests.envs.real_environments import single

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


def played(id: str, *, has_arrays: bool, seed: int = 3) -> tuple[Any, Any, MujocoState]:
    env, episode = single(id)
    episode.reset(seed)
    shown(episode, 12)
    own = mujoco_state(has_arrays=has_arrays)(env.unwrapped.data)
    assert isinstance(own, MujocoState)
    return env, episode, own


def shown(episode: Any, steps: int = 8) -> list[str]:
    dice = random.Random(2)
    return [repr(episode.step(episode.sample(dice))) for _ in range(steps)]


@pytest.mark.parametrize(
    ("id", "has_arrays"), [("InvertedPendulum-v5", False), ("InvertedPendulum-v5", True), ("Ant-v5", True)]
)
def test_a_state_is_one_array_and_comes_back_also_from_the_wire(id: str, has_arrays: bool) -> None:
    _, episode, own = played(id, has_arrays=has_arrays)
    state = own.save()
    kept = state.copy()
    first = shown(episode)
    assert len(set(first)) == 8 and np.array_equal(state, kept)
    for again in (state, unpack_tree(pack_tree(state))):
        own.load(again)
        assert np.array_equal(own.save(), kept)
        assert shown(episode) == first
        assert np.array_equal(again, kept)


def test_an_ant_looks_at_more_than_its_integration_state() -> None:
    _, episode, own = played("Ant-v5", has_arrays=False)
    state = own.save()
    first = shown(episode)
    own.load(state)
    assert shown(episode)[0] != first[0]


def test_a_second_simulation_takes_the_state() -> None:
    _, episode, own = played("Ant-v5", has_arrays=True)
    _, other, there = played("Ant-v5", has_arrays=True, seed=8)
    state = own.save()
    assert not np.array_equal(there.save(), state)
    there.load(state)
    assert shown(other) == shown(episode)


def test_where_bodies_are_is_right_after_a_load_before_any_step() -> None:
    env, episode, own = played("InvertedPendulum-v5", has_arrays=False)
    state = own.save()
    shown(episode, 5)
    own.load(state)
    after = env.unwrapped.data.geom_xpos.copy()
    own._kinematics = None  # type: ignore[assignment]
    shown(episode, 5)
    stale = env.unwrapped.data.geom_xpos.copy()
    own.load(state)
    assert np.array_equal(env.unwrapped.data.geom_xpos, stale) and not np.array_equal(after, stale)


@pytest.mark.parametrize("has_arrays", [False, True])
@pytest.mark.parametrize(
    "change", [lambda state: state[:-1], lambda state: state.astype("f4"), lambda state: state.tolist(), lambda state: None]
)
def test_what_is_no_such_array_is_refused(change: Any, has_arrays: bool) -> None:
    _, _, own = played("InvertedPendulum-v5", has_arrays=has_arrays)
    before = own.save()
    with pytest.raises(GameError, match=r"a state of this simulation is an array of [0-9]+ float64"):
        own.load(change(own.save()))
    assert np.array_equal(own.save(), before)


def test_the_model_is_constant_and_what_is_not_of_mujoco_is_left_to_others() -> None:
    env, _, _ = played("InvertedPendulum-v5", has_arrays=False)
    own = mujoco_state(has_arrays=False)
    model = own(env.unwrapped.model)
    assert model is not None and model.save() is None
    model.load(None)
    assert own(env) is None and own(np.zeros(3)) is None and own(None) is None
