"""How an environment is drawn is each peer's own matter: it is no state, and no state of a peer's changes it."""

from __future__ import annotations

from typing import Any

import gymnasium
import pytest

from rollback.envs import from_gymnasium, from_parallel_env
from rollback.envs.names import game_factory
from rollback.envs.plans.leaves import kept_names
from rollback.envs.plans.plan import Plan
from rollback.state import checksum
from rollback.wire import pack_tree, unpack_tree


def cart(mode: str | None) -> Any:
    return from_gymnasium(lambda: gymnasium.make("CartPole-v1", render_mode=mode), 2, "race")


def climbers(mode: str | None) -> Any:
    from mpe2 import simple_spread_v3

    return from_parallel_env(lambda: simple_spread_v3.parallel_env(render_mode=mode))


@pytest.mark.parametrize("make", [cart, climbers])
def test_a_peer_that_draws_and_one_that_cannot_hold_the_same_states(make: Any) -> None:
    first, second = make("rgb_array"), make(None)
    for game in (first, second):
        game.reset(3)
    for frame in range(40):
        first.render()
        assert checksum(first.save()) == checksum(second.save()), frame
        for game in (first, second):
            game.step([game.idle(player) for player in range(game.players)])
    second.load(unpack_tree(pack_tree(first.save())))
    assert checksum(first.save()) == checksum(second.save())


def test_one_that_is_made_by_name_and_one_that_is_made_by_hand_hold_the_same_states() -> None:
    first, second = game_factory("gym:CartPole-v1?share=race")(), cart(None)
    for game in (first, second):
        game.reset(9)
        game.step([1, 0])
    assert checksum(first.save()) == checksum(second.save())


def test_no_state_of_a_peers_opens_a_window() -> None:
    env = gymnasium.make("CartPole-v1", render_mode="rgb_array")
    env.reset(seed=1)
    plan = Plan(env)
    tree = unpack_tree(pack_tree(plan.save()))
    assert "rgb_array" not in str(tree)
    plan.load({**tree, "env.unwrapped": {**tree["env.unwrapped"], "render_mode": "human", "gravity": 1.5}})
    assert env.unwrapped.render_mode == "rgb_array"
    assert env.unwrapped.gravity == 1.5  # type: ignore[attr-defined]


def test_no_state_of_a_peers_says_which_file_a_video_is_written_to() -> None:
    kept = kept_names(gymnasium.wrappers.RecordVideo)
    assert {"video_folder", "name_prefix", "_video_name"} <= kept
    assert "episode_id" not in kept
