"""The environments of other packages: which saver each gets, tried in a second instance too."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import gymnasium
import pytest

from rollback.envs.race import episode_of
from rollback.envs.saving.savers import saver_for
from rollback.errors import GameError
from rollback.state import checksum
from rollback.wire import pack_tree, unpack_tree
from tests.envs.real_environments import drawn, parallel, single

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

Make = Callable[[], Any]
QUICK = {
    "CartPole-v1": "generated",
    "FrozenLake-v1": "generated",
    "Blackjack-v1": "generated",
    "LunarLander-v3": "simulated again",
    "InvertedPendulum-v5": "mujoco",
    "Ant-v5": "mujoco",
}
SLOW = {"Taxi-v4": "generated", "Hopper-v5": "mujoco", "ALE/Pong-v5": "clone_state", "Pendulum-v1": "generated"}
PARALLEL: dict[str, tuple[str, dict[str, Any]]] = {
    "mpe2.simple_tag_v3": ("generated", {}),
    "mpe2.simple_spread_v3": ("generated", {}),
    "pettingzoo.butterfly.pistonball_v6": ("simulated again", {"n_pistons": 4}),
    "pettingzoo.atari.pong_v3": ("clone_state", {}),
}


SETTINGS = {"ALE/Pong-v5": {"repeat_action_probability": 0.0}}


def check(make: Make, name: str, frames: int) -> None:
    """Play `frames`, go back again and again as a match does, and move the state to a second instance."""
    env, episode = make()
    saver = saver_for(env, episode, another=make)
    assert saver.name == name
    dice = random.Random(5)
    episode.reset(31)
    saver.began(31)
    ring: list[tuple[Any, list[Any]]] = []
    loads = 0
    for frame in range(frames):
        if episode.is_over():
            episode.reset(frame)
            saver.began(frame)
            ring.clear()
        ring.append((saver.save(), []))
        action = episode.sample(dice)
        for _, since in ring:
            since.append(action)
        episode.step(action)
        saver.stepped(action)
        if dice.random() < 0.3:
            wanted = checksum(saver.save())
            state, since = ring[max(0, len(ring) - 1 - dice.randrange(8))]
            saver.load(state)
            for action in since:
                episode.step(action)
                saver.stepped(action)
            assert checksum(saver.save()) == wanted
            loads += 1
    assert loads > 2
    other, there = make()
    second = saver_for(other, there, another=make)
    there.reset(3)
    second.began(3)
    second.load(unpack_tree(pack_tree(saver.save())))
    if not episode.is_over():
        action = episode.sample(dice)
        assert repr(episode.step(action)) == repr(there.step(action))
    for one in (env, other):
        one.close()


@pytest.mark.parametrize("id", QUICK)
def test_a_quick_environment_of_each_kind_goes_back_and_moves(id: str) -> None:
    check(lambda: single(id), QUICK[id], 24)


def test_a_parallel_environment_goes_back_and_moves() -> None:
    check(lambda: parallel("mpe2.simple_tag_v3", max_cycles=20), "generated", 18)


@pytest.mark.nightly
@pytest.mark.parametrize("id", [*QUICK, *SLOW])
def test_every_environment_of_gymnasium_goes_back_and_moves(id: str) -> None:
    check(lambda: single(id, **SETTINGS.get(id, {})), {**QUICK, **SLOW}[id], 150)


@pytest.mark.nightly
@pytest.mark.parametrize("module", PARALLEL)
def test_every_parallel_environment_goes_back_and_moves(module: str) -> None:
    name, settings = PARALLEL[module]
    check(lambda: parallel(module, **settings), name, 60)


def test_an_ant_needs_more_than_what_its_physics_goes_on_from() -> None:
    env, episode = single("Ant-v5")
    saver = saver_for(env, episode)
    assert saver.name == "mujoco"
    assert saver.notes[0].startswith("MuJoCo's integration state: after load ")
    env.close()


def test_a_walker_of_box2d_is_refused_for_what_its_reset_leaves_behind_and_a_new_world_mends_it() -> None:
    env, episode = single("BipedalWalker-v3")
    with pytest.raises(GameError, match=r"BipedalWalker is not deterministic.* two fresh instances agree, so it is its reset"):
        saver_for(env, episode, another=lambda: single("BipedalWalker-v3"))
    env.close()

    class NewWorld(gymnasium.Wrapper[Any, Any, Any, Any]):
        def reset(self, **settings: Any) -> Any:
            walker: Any = self.env.unwrapped
            walker._destroy()
            walker.world = type(walker.world)()
            return self.env.reset(**settings)

    def mended() -> Any:
        env = NewWorld(single("BipedalWalker-v3")[0])
        return env, episode_of(env, lambda dice: drawn(env.action_space, dice))

    check(mended, "simulated again", 20)
