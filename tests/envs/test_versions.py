"""The version of an environment names what decides its course."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import gymnasium
import pytest

from rollback.envs import from_gymnasium, from_parallel_env
from rollback.envs.making import made_quietly, maker_of_id
from rollback.envs.versions import version_of
from tests.envs.toy_environments import Cliffs, Walk

ALWAYS = f"gymnasium {version('gymnasium')}, numpy {version('numpy')}, saved by x"


@pytest.mark.parametrize(
    ("id", "packages"),
    [("CartPole-v1", []), ("LunarLander-v3", ["box2d"]), ("InvertedPendulum-v5", ["mujoco"]), ("ALE/Pong-v5", ["ale-py"])],
)
def test_the_engine_of_an_environment_counts(id: str, packages: list[str]) -> None:
    env = made_quietly(maker_of_id(id, {}))
    told = version_of(env, "x")
    assert told.endswith(ALWAYS)
    for package in packages:
        assert version(package) in told.removesuffix(ALWAYS)
    assert bool(told.removesuffix(ALWAYS)) == bool(packages)


def test_packages_of_wrappers_and_converters_count() -> None:
    game = from_parallel_env("pettingzoo.classic.rps_v2")
    assert f"pettingzoo {version('pettingzoo')}, gymnasium" in game.game_version


def test_the_saver_counts_since_snapshots_travel() -> None:
    assert from_gymnasium(Walk, share="race", idle=0).game_version.endswith("saved by generated")
    assert version_of(Walk(), "generated") != version_of(Walk(), "deepcopy")


def test_our_own_environments_have_our_version() -> None:
    import rollback

    assert f"rollback {rollback.__version__}" in version_of(made_quietly(maker_of_id("rollback/Pong-v0", {})), "x")


def test_what_has_no_version_is_left_out() -> None:
    class Ours(gymnasium.Wrapper[Any, Any, Any, Any]):
        pass

    assert version_of(Ours(Walk()), "x") == ALWAYS == version_of(Cliffs(), "x")
