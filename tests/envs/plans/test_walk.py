"""The walk: paths, order, chains, limits; and when what it has seen is compiled."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from rollback.envs.plans import shapes as plan_shapes
from rollback.envs.plans import walk as plan_walk
from rollback.envs.plans.names import Names
from rollback.envs.plans.plan import Plan
from rollback.envs.plans.shapes import Shapes
from rollback.envs.plans.walk import chain_of, joined, walk
from rollback.errors import GameError


class Box:
    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


def picture_of(root: Any) -> plan_walk.Picture:
    return walk(root, Names(tuple(map(type, chain_of(root)))), lambda thing: None)


def paths_of(root: Any) -> list[str]:
    return [node.path for node in picture_of(root).nodes]


@pytest.mark.parametrize(
    ("path", "key", "expected"),
    [
        ("env", "speed", "env.speed"),
        ("env", 3, "env[3]"),
        ("env", "two words", "env['two words']"),
        ("env", (1, 2), "env[(1, 2)]"),
        ("env", None, "env[None]"),
        ("env", "()", "env()"),
        ("env", "", "env['']"),
    ],
)
def test_paths_read_like_python(path: str, key: Any, expected: str) -> None:
    assert joined(path, key) == expected


def test_the_shortest_path_names_an_object() -> None:
    agent = Box(hp=1)
    world = Box(agents=[agent, Box(hp=2)], zebra=agent)
    assert paths_of(world) == ["env", "env.agents", "env.zebra", "env.agents[1]"]


def test_the_order_does_not_depend_on_when_attributes_came() -> None:
    left, right = Box(b=[1], a=[2]), Box(a=[2], b=[1])
    assert picture_of(left).structure == picture_of(right).structure


@pytest.mark.parametrize("name", ["env", "aec_env", "par_env"])
def test_wrappers_are_followed_by_what_they_call_the_one_inside(name: str) -> None:
    inner = Box(x=1)
    outer = Box(**{name: Box(**{name: inner})})
    assert chain_of(outer)[-1] is inner
    assert len(chain_of(outer)) == 3
    assert paths_of(outer) == ["env", "env.env", "env.unwrapped"]


def test_a_chain_that_bites_its_tail_ends() -> None:
    one, two = Box(), Box()
    one.env, two.env = two, one
    assert chain_of(one) == [one, two]
    assert len(paths_of(one)) == 2


@pytest.mark.parametrize("inside", [None, 5, "text", [1], Box])
def test_what_is_no_environment_is_not_in_the_chain(inside: Any) -> None:
    world = Box(env=inside)
    assert chain_of(world) == [world]


def test_a_wrapper_that_answers_for_what_it_wraps_is_not_asked() -> None:
    class Answering(Box):
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"asked for {name}")

    assert paths_of(Answering(env=Answering(x=[1]))) == ["env", "env.unwrapped", "env.unwrapped.x"]


def test_paths_are_unique_and_short_however_deep() -> None:
    head: Any = None
    for _ in range(500):
        head = Box(the_next_one_in_the_chain=head)
    paths = paths_of(Box(head=head))
    assert len(set(paths)) == len(paths) == 501
    assert max(map(len, paths)) < 350


def test_keys_that_look_alike_have_paths_of_their_own() -> None:
    class Odd:
        def __repr__(self) -> str:
            return "odd"

    world = Box(table={Odd(): [1], Odd(): [2]}, other={"a.b": [1], "a": Box(b=[1])})
    paths = paths_of(world)
    assert len(set(paths)) == len(paths)


def test_too_many_objects_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_walk, "MAX_OBJECTS", 50)
    with pytest.raises(GameError, match="more than 50 objects"):
        Plan(Box(parts=[[] for _ in range(60)]))


def test_what_cannot_be_saved_is_named_but_not_without_end() -> None:
    plan = Plan(Box(locks=[threading.Lock() for _ in range(500)]))
    assert plan.unsaved[0] == "env.locks[0] is a lock (_thread)"
    assert len(plan.unsaved) <= 20


def test_a_structure_is_compiled_after_some_walks_and_later_ones_wait_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    compilations = []

    def tried(layout: Any) -> Any:
        compilations.append(walks)

    monkeypatch.setattr(plan_shapes, "compiled", tried)
    world, shapes, names = Box(x=1), Shapes(), Names((Box,))
    for walks in range(1, 200):  # noqa: B007 -- `tried` looks at it
        shapes.seen(walk(world, names, lambda thing: None), set(), names)
    assert compilations == [2, 6, 14, 30, 62, 126]


def test_what_is_unsuited_is_not_tried_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    def refused(layout: Any) -> Any:
        tries.append(1)
        raise plan_shapes.Unsuited("never")

    monkeypatch.setattr(plan_shapes, "compiled", refused)
    world, shapes, names = Box(x=1), Shapes(), Names((Box,))
    for _ in range(200):
        shape = shapes.seen(walk(world, names, lambda thing: None), set(), names)
    assert tries == [1]
    assert shape.quick is None


def test_only_the_structures_of_late_are_kept() -> None:
    shapes, names = Shapes(), Names((Box,))
    kept = []
    for count in range(30):
        world = Box(parts=[[1] for _ in range(count)])
        kept.append(shapes.seen(walk(world, names, lambda thing: None), set(), names))
    assert shapes.known(kept[-1].structure) is kept[-1]
    assert shapes.known(kept[0].structure) is None
    assert sum(shapes.known(shape.structure) is not None for shape in kept) == 8


def test_equal_structures_are_one_object() -> None:
    shapes, names = Shapes(), Names((Box,))
    seen = [shapes.seen(walk(Box(parts=[[number]]), names, lambda thing: None), set(), names) for number in range(3)]
    assert seen[0].structure is seen[1].structure is seen[2].structure


def test_an_old_snapshot_of_a_structure_that_was_dropped_still_loads() -> None:
    world = Box(parts=[], age=0)
    plan = Plan(world)
    saved = []
    for count in range(20):
        world.parts, world.age = [[number] for number in range(count)], count
        saved.append(plan.save())
    for count in (0, 7, 19, 3):
        plan.load(saved[count])
        assert (len(world.parts), world.age) == (count, count)


def test_memory_is_not_piled_up_by_objects_that_come_and_go() -> None:
    class Spark:
        alive = 0

        def __init__(self) -> None:
            Spark.alive += 1

        def __del__(self) -> None:
            Spark.alive -= 1

    asked: list[int] = []
    world = Box(spark=None)

    def own(thing: Any) -> None:
        asked.append(1)

    plan = Plan(world, own=own)
    for _ in range(200):
        world.spark = Spark()
        plan.save()
    world.spark = None
    for _ in range(3):
        plan.save()
    assert Spark.alive < 10
    assert asked
