from __future__ import annotations

from typing import Any

import pytest

from rollback.envs.saving.own_state import OwnMethods, methods_hook, own_methods
from rollback.envs.saving.plan_saver import PlanSaver
from rollback.errors import GameError
from tests.envs.faulty_environments import Bare, Handled, Telling, Walk


def nobody(thing: Any) -> None:
    return None


def test_what_saves_itself_stands_in_the_place_of_its_object() -> None:
    env = Bare(Telling())
    env.reset(seed=1)
    own = own_methods(env)
    saver = PlanSaver(env, methods_hook(own), "get_state")
    env.step(1)
    state = saver.save()
    env.step(1)
    saver.load(state)
    assert (env.count, env.unwrapped.clock) == (1, 1)
    assert not any("place" in path for path in state) and "get_state" == saver.name


def test_a_saver_is_named_after_the_simulator_that_was_found_and_not_after_its_constants() -> None:
    class Simulated(OwnMethods):
        def __init__(self, owner: Any, name: str) -> None:
            super().__init__(owner, ("get_state", "set_state"))
            self.name = name

    env = Telling()
    env.reset(seed=1)
    for name, wanted in (("mujoco", "mujoco"), ("clone_state", "clone_state"), ("mujoco, constant", "generated")):
        found = Simulated(env, name)
        assert PlanSaver(Bare(env), lambda thing, found=found: found if thing is env else None).name == wanted


def test_what_cannot_be_saved_is_named_and_saves_nothing() -> None:
    env = Handled()
    try:
        saver = PlanSaver(Bare(env), nobody)
        assert len(saver.unsaved) == 1 and "file" in saver.unsaved[0]
        with pytest.raises(GameError):
            saver.save()
    finally:
        env.close()


def test_the_wrappers_with_state_are_told() -> None:
    env = Bare(Walk())
    env.reset(seed=1)
    saver = PlanSaver(env, nobody)
    assert saver.name == "generated" and saver.unsaved == () and saver.left_alone == ()
    assert [wrapper.partition(":")[0] for wrapper in saver.wrappers] == ["Bare"]


def test_the_digest_of_a_plan_is_its_snapshot() -> None:
    env = Walk()
    env.reset(seed=1)
    saver = PlanSaver(env, nobody)
    assert repr(saver.digest()) == repr(saver.save())
    saver.began(1)
    saver.stepped(2)
    assert repr(saver.digest()) == repr(saver.save()) and not saver.is_opaque
