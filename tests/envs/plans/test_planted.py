"""Bugs planted into the plan: every one is caught by saving, stepping, loading and stepping again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy
import pytest

from rollback.envs.plans import layout as plan_layout
from rollback.envs.plans import leaves
from rollback.envs.plans import objects as plan_objects
from rollback.envs.plans import shapes as plan_shapes
from rollback.envs.plans import source as plan_source
from rollback.envs.plans.arrays import ARRAY
from rollback.envs.plans.containers import LIST
from rollback.envs.plans.leaves_random import Slot
from rollback.envs.plans.plan import Plan
from rollback.envs.plans.values import BITS
from rollback.wire import pack_tree, unpack_tree


class Noisy(gymnasium.Env):  # type: ignore[type-arg]
    """An environment with a bit of everything."""

    def __init__(self) -> None:
        self.place = numpy.zeros(2)
        self.trail: list[Any] = []
        self.leader = self.trail
        self.limit = 3

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.place[:] = 0
        self.trail.clear()
        return self.place.copy(), {}

    def step(self, action: Any) -> Any:
        self.place += self.np_random.integers(10, dtype="u4")  # leaves half a number over
        self.trail.append(float(self.place[0]))
        self.leader[:] = self.leader[-self.limit :]
        return (*self.place, *self.trail), 0.0, False, False, {}


def made() -> Any:
    env = gymnasium.wrappers.TimeLimit(Noisy(), max_episode_steps=30)
    env.reset(seed=2)
    return env


def agrees() -> bool:
    """Return whether playing on after loading is the same: at once, from code, over the wire, and in another instance."""
    env, other = made(), made()
    plan = Plan(env)
    for _ in range(7):
        env.step(0)
        state = plan.save()
    packed = pack_tree(state)

    def played(one: Any) -> str:
        return repr([one.step(0)[:4] for _ in range(25)])

    expected = played(env)
    plan.load(state)
    here = played(env)
    if pack_tree(state) != packed:
        return False
    plan.load(unpack_tree(packed))
    again = played(env)
    Plan(other).load(unpack_tree(packed))
    return here == again == played(other) == expected


def test_without_a_bug_it_agrees() -> None:
    assert agrees()


def counter_forgotten(patch: pytest.MonkeyPatch) -> None:
    kept = leaves.kept_names
    patch.setattr(plan_objects, "kept_names", lambda cls: kept(cls) | {"_elapsed_steps"})


def attribute_forgotten(patch: pytest.MonkeyPatch) -> None:
    kept = leaves.kept_names
    patch.setattr(plan_objects, "kept_names", lambda cls: kept(cls) | {"place"})


def half_a_number_forgotten(patch: pytest.MonkeyPatch) -> None:
    read = Slot.read
    patch.setattr(Slot, "read", lambda self, generator: {**read(self, generator), "has_uint32": 0})
    patch.setattr(type(BITS), "split", lambda self, thing: {**thing.state, "has_uint32": 0})


def reference_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(type(ARRAY), "split", lambda self, thing: thing)
    patch.setattr(plan_shapes, "compiled", never)


def snapshot_handed_out(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(plan_shapes, "compiled", never)
    patch.setattr(type(ARRAY), "shell", lambda self, about, value, names: value)
    patch.setattr(type(ARRAY), "fits", lambda self, thing, about, value, names: False)


def list_not_filled(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(plan_shapes, "compiled", never)
    patch.setattr(type(LIST), "fill", lambda self, thing, about, value: None)


def sharing_lost(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(type(LIST), "fits", lambda self, thing, about, value, names: False)
    split = type(plan_objects.OBJECT).split

    def apart(self: Any, thing: Any) -> Any:
        entries = split(self, thing)
        return {name: list(entry) if name == "leader" else entry for name, entry in entries.items()}

    patch.setattr(type(plan_objects.OBJECT), "split", apart)
    patch.setattr(plan_shapes, "compiled", never)


def constant_believed(patch: pytest.MonkeyPatch) -> None:
    """The compiled code believes that what varies does not, and does not look."""
    reading = plan_source.reading
    patch.setattr(plan_layout.Layout, "is_varying", lambda self, place, key: False)
    patch.setattr(
        plan_source,
        "reading",
        lambda layout: [line for line in reading(layout) if not (" is not " in line and "return None" in line)],
    )


def generator_not_set(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Slot, "put", lambda self, state: self.generator)


def never(layout: Any) -> Any:
    raise plan_shapes.Unsuited("not compiled, to see the walk")


@pytest.mark.parametrize(
    "plant",
    [
        counter_forgotten,
        attribute_forgotten,
        half_a_number_forgotten,
        reference_kept,
        snapshot_handed_out,
        list_not_filled,
        sharing_lost,
        constant_believed,
        generator_not_set,
    ],
)
def test_a_planted_bug_is_caught(plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    assert not agrees()
