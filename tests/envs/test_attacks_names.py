"""Snapshots that would run something of a peer's choosing, through names that lead out of the environment."""

from __future__ import annotations

import importlib
import os
from typing import Any

import gymnasium
import pytest

from rollback.envs.plans.names import Names, name_of
from rollback.envs.plans.plan import Plan
from rollback.errors import GameError
from rollback.state import checksum
from rollback.wire import pack_tree, unpack_tree


def of_here() -> None:
    """Do nothing."""


class Toggling:
    """Its own `act` is hidden by the way it acts at present."""

    def __init__(self) -> None:
        self.act = self.one
        self.steps = 0

    def act(self) -> None:  # type: ignore[no-redef]
        """Do nothing."""

    def one(self) -> None:
        self.steps += 1
        self.act = self.two  # type: ignore[method-assign]

    def two(self) -> None:
        self.steps += 10
        self.act = self.one  # type: ignore[method-assign]


def planned() -> tuple[gymnasium.Env[Any, Any], Plan]:
    env = gymnasium.make("CartPole-v1")
    env.reset(seed=1)
    return env, Plan(env)


def with_attribute(tree: dict[str, Any], name: str, kind: str, about: str, value: Any) -> dict[str, Any]:
    """Return the tree with one more object at an attribute of the innermost environment."""
    structure = list(tree["structure"])
    place = next(place for place, entry in enumerate(structure) if entry[0] == "env.unwrapped")
    path, own, cls, links = structure[place]
    structure[place] = (path, own, cls, (*links, (name, len(structure))))
    structure.append((f"env.unwrapped.{name}", kind, about, ()))
    return {**tree, "structure": tuple(structure), f"env.unwrapped.{name}": value}


@pytest.mark.parametrize(
    "about",
    [
        "gymnasium:os.popen",
        "gymnasium.envs.registration:importlib.import_module",
        "gymnasium.envs.registration:load_env_creator",
        "gymnasium.envs.classic_control.cartpole:np.load",
        "gymnasium.envs.classic_control.cartpole:gym.make",
        "gymnasium.envs.classic_control.utils:verify_number_and_cast",
    ],
)
def test_a_step_of_a_peers_choosing_is_refused(about: str) -> None:
    env, plan = planned()
    tree = unpack_tree(pack_tree(plan.save()))
    before = checksum(tree)
    with pytest.raises(GameError):
        plan.load(with_attribute(tree, "step", "method", about, {"__self__": "antigravity"}))
    assert "step" not in vars(env.unwrapped)
    assert checksum(plan.save()) == before


def test_the_modules_that_a_module_imports_are_none_of_the_environments() -> None:
    names = Names((gymnasium.Wrapper, gymnasium.make("CartPole-v1").unwrapped.__class__))
    importlib.import_module("gymnasium.wrappers.rendering")
    for name in ("gymnasium:os.popen", "gymnasium.wrappers.rendering:os.popen", "gymnasium.envs.registration:load_env_creator"):
        with pytest.raises(GameError, match="does not have"):
            names.constant_named(name)
    with pytest.raises(GameError, match="only classes of this environment"):
        names.class_named("gymnasium:os._wrap_close")
    assert os.popen  # it is there, and so is what leads to it
    assert vars(gymnasium)["os"] is os


def test_functions_beside_the_environment_are_still_found() -> None:
    names = Names((gymnasium.Wrapper, Toggling))
    assert names.constant_named(name_of(of_here)) is of_here


def test_an_attribute_that_hides_a_method_here_too_is_loaded() -> None:
    first, second = Toggling(), Toggling()
    plans = Plan(first), Plan(second)
    first.act()
    plans[1].load(unpack_tree(pack_tree(plans[0].save())))
    second.act()
    assert second.steps == 11


def test_an_attribute_that_hides_no_method_is_loaded() -> None:
    env, plan = planned()
    tree = unpack_tree(pack_tree(plan.save()))
    plan.load(with_attribute(tree, "plan", "list", "", [1, 2]))
    assert vars(env.unwrapped)["plan"] == [1, 2]
