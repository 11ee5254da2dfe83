"""The code that is compiled for a structure does what the walk does, for every kind of object, and gives up where it must."""

from __future__ import annotations

import itertools
import random
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, Flag, auto
from fractions import Fraction
from typing import Any

import gymnasium
import numpy
import pytest

from rollback.envs.plans.layout import Layout, Unsuited
from rollback.envs.plans.plan import Plan
from rollback.envs.plans.source import compiled
from rollback.envs.plans.table import KINDS
from rollback.envs.plans.values import SHAPE
from rollback.state import checksum, diff
from rollback.wire import pack_tree, unpack_tree
from tests.cases import every

Pair = namedtuple("Pair", "left right")


class Mood(Enum):
    CALM = 1
    ANGRY = "so"


class Door(Flag):
    OPEN = auto()
    LOCKED = auto()


class Box:
    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


class Horde(list):
    def __init__(self, *members: Any) -> None:
        super().__init__(members)
        self.leader = None


class Slotted:
    __slots__ = ("hp", "items")

    def __init__(self) -> None:
        self.hp, self.items = 3, [1]


@dataclass
class Card:
    rank: int
    tags: list[str]


def replaced(new: Callable[[], Any]) -> Callable[[Any], None]:
    """Return a change that puts another thing in the place."""
    return lambda world: setattr(world, "thing", new())


def inside(change: Callable[[Any], Any]) -> Callable[[Any], None]:
    """Return a change of the thing itself."""
    return lambda world: change(world.thing) and None


Case = tuple[Callable[[], Any], Callable[[Any], None], bool]
CASES: dict[str, Case] = {  # how it is made, how it is changed, whether it can be compiled
    "a number": (lambda: 1, replaced(lambda: 2.5), True),
    "nothing": (lambda: None, replaced(lambda: (1, 2)), True),
    "a list of atoms": (lambda: [1, "a", None], inside(lambda thing: thing.append(5)), True),
    "a list of many atoms": (lambda: list(range(40)), inside(lambda thing: thing.pop(3)), True),
    "an empty list": (list, inside(lambda thing: thing.append(5)), True),
    "a list of lists": (lambda: [[1, 2], [3, 4]], inside(lambda thing: thing[1].append(5)), True),
    "a new list of lists": (lambda: [[1, 2], [3, 4]], replaced(lambda: [[1], [2]]), True),
    "a tuple of lists": (lambda: ([1], 2, ([3],)), inside(lambda thing: thing[2][0].append(5)), True),
    "a new tuple of lists": (lambda: ([1], 2, ([3],)), replaced(lambda: ([1], 3, ([4],))), True),
    "a named tuple": (lambda: Pair([1], 2), replaced(lambda: Pair([2], 2)), True),
    "a dict": (lambda: {"a": 1, 2: None}, inside(lambda thing: thing.update(a=2)), True),
    "a dict with a new key": (lambda: {"a": 1}, inside(lambda thing: thing.update(b=2)), True),
    "a dict in another order": (lambda: {"a": 1, "b": [2]}, inside(lambda thing: thing.update(a=thing.pop("a"))), True),
    "a large dict": (lambda: {number: number for number in range(50)}, inside(lambda thing: thing.update({7: "x"})), True),
    "a dict of arrays": (
        lambda: {"x": numpy.zeros(2), "y": numpy.zeros(3)},
        inside(lambda thing: thing.update(x=numpy.ones(2))),
        True,
    ),
    "a default dict": (lambda: defaultdict(list, a=[1]), inside(lambda thing: thing["b"].append(1)), True),
    "an ordered dict": (lambda: OrderedDict(b=1, a=2), inside(lambda thing: thing.move_to_end("b")), True),
    "a dict by enumeration": (lambda: {Mood.CALM: 1}, inside(lambda thing: thing.update({Mood.ANGRY: 1})), False),
    "a counter": (lambda: Counter("hello"), inside(lambda thing: thing.update("x")), False),
    "a deque": (lambda: deque([1, 2], maxlen=3), inside(lambda thing: thing.extend([5, 6])), True),
    "a new deque": (lambda: deque([1, 2], maxlen=3), replaced(lambda: deque([1, 2], maxlen=4)), True),
    "a deque of arrays": (
        lambda: deque([numpy.zeros(2), numpy.ones(2)], maxlen=2),
        inside(lambda thing: thing.append(numpy.ones(2))),
        True,
    ),
    "a set": (lambda: {1, 2}, inside(lambda thing: thing.add(9)), True),
    "a set of pairs": (lambda: {(1, "a"), (2, None)}, inside(lambda thing: thing.clear()), True),
    "a frozen set": (lambda: frozenset({1, 2}), replaced(lambda: frozenset({3})), True),
    "a set of objects": (lambda: {Mood.CALM}, inside(lambda thing: thing.add(Mood.ANGRY)), False),
    "a byte array": (lambda: bytearray(b"abc"), inside(lambda thing: thing.extend(b"d")), True),
    "an array": (lambda: numpy.zeros((2, 2)), inside(lambda thing: thing.__iadd__(1) is None), True),
    "an array of another shape": (lambda: numpy.zeros(2), replaced(lambda: numpy.zeros((3, 1))), True),
    "an array of another dtype": (lambda: numpy.zeros(2), replaced(lambda: numpy.zeros(2, "i2")), True),
    "a locked array": (lambda: numpy.frombuffer(b"1234", "u1"), replaced(lambda: numpy.frombuffer(b"8765", "u1")), True),
    "a number in an array": (lambda: numpy.array(5.0), inside(lambda thing: thing.fill(3)), True),
    "views": (lambda: (lambda a: [a, a[1:], a.T])(numpy.zeros((3, 3))), inside(lambda thing: thing[1].fill(4)), True),
    "texts in an array": (lambda: numpy.array(["a", "bc"]), inside(lambda thing: thing.put(0, "zz")), True),
    "moments in an array": (
        lambda: numpy.array(["2020-01-01"], "M8[D]"),
        replaced(lambda: numpy.array(["2021-01-01"], "M8[D]")),
        True,
    ),
    "records": (
        lambda: numpy.zeros(2, [("x", "f4"), ("n", "i2")]),
        inside(lambda thing: thing["x"].fill(2)),
        True,
    ),
    "objects in an array": (lambda: numpy.array([None, [1]], object), inside(lambda thing: thing[1].append(2)), False),
    "an object": (lambda: Box(a=1, b=[2]), inside(lambda thing: setattr(thing, "a", 5)), True),
    "a new object": (lambda: Box(a=1, b=[2]), replaced(lambda: Box(a=2, b=[3])), True),
    "an object with a new attribute": (lambda: Box(a=1), inside(lambda thing: setattr(thing, "c", 5)), True),
    "an object without attributes": (Box, inside(lambda thing: setattr(thing, "c", 5)), True),
    "an object with slots": (Slotted, inside(lambda thing: setattr(thing, "hp", 9)), True),
    "a new object with slots": (Slotted, replaced(Slotted), True),
    "a data class": (lambda: Card(3, ["x"]), inside(lambda thing: thing.tags.append("y")), True),
    "a list with attributes": (lambda: Horde(1, 2), inside(lambda thing: thing.append(3)), False),
    "an enumeration": (lambda: Mood.CALM, replaced(lambda: Mood.ANGRY), True),
    "flags": (lambda: Door.OPEN | Door.LOCKED, replaced(lambda: Door.LOCKED), True),
    "a fraction": (lambda: Fraction(1, 3), replaced(lambda: Fraction(2, 3)), True),
    "a decimal": (lambda: Decimal("1.5"), replaced(lambda: Decimal("1.50")), True),
    "a complex number": (lambda: 3j, replaced(lambda: -3j), True),
    "a count": (lambda: itertools.count(2), inside(next), True),
    "a generator": (lambda: numpy.random.default_rng(1), inside(lambda thing: thing.random()), True),
    "a new generator": (lambda: numpy.random.default_rng(1), replaced(lambda: numpy.random.default_rng(2)), True),
    "a twister": (
        lambda: numpy.random.Generator(numpy.random.MT19937(1)),
        inside(lambda thing: thing.random()),
        True,
    ),
    "bits": (lambda: numpy.random.Philox(1), inside(lambda thing: thing.random_raw()), True),
    "two generators of the same bits": (
        lambda: (lambda bits: [numpy.random.Generator(bits), numpy.random.Generator(bits)])(numpy.random.PCG64(1)),
        inside(lambda thing: thing[0].random()),
        False,
    ),
    "an old generator": (lambda: numpy.random.RandomState(1), inside(lambda thing: thing.normal()), True),
    "Python's generator": (lambda: random.Random(1), inside(lambda thing: thing.random()), True),
    "a method of a generator": (lambda: numpy.random.default_rng(1).random, inside(lambda thing: thing()), False),
}  # fmt: skip


def world_of(name: str) -> Any:
    return Box(thing=CASES[name][0](), steps=0)


@every("name", CASES)
def test_compiled_code_and_walk_agree(name: str) -> None:
    _, change, _ = CASES[name]
    world = world_of(name)
    plan = Plan(world)
    saved = []
    for steps in range(24):
        world.steps = steps
        if steps % 6 == 5:
            change(world)
        state = plan.save()
        assert not diff(state, Plan(world).save())
        assert state["structure"] == Plan(world).save()["structure"]
        saved.append((state, checksum(state)))
    for state, total in [*saved[::-3], *saved[::4]]:
        change(world)
        plan.load(state)
        walked = Plan(world).save()
        assert (checksum(walked), walked["structure"]) == (total, state["structure"])
        assert checksum(state) == total


@every("name", CASES)
def test_another_process_would_read_it(name: str) -> None:
    state = Plan(world_of(name)).save()
    other = world_of(name)
    CASES[name][1](other)
    Plan(other).load(unpack_tree(pack_tree(state)))
    again = Plan(other).save()
    assert not diff(again, state)
    assert again["structure"] == state["structure"]
    empty = Box(thing=None, steps=None)
    if name != "records":  # whose dtype has a name only where the environment has it
        Plan(empty).load(unpack_tree(pack_tree(state)))
        assert not diff(Plan(empty).save(), state)


@every("name", CASES)
def test_what_can_be_compiled_is(name: str) -> None:
    world = world_of(name)
    plan = Plan(world)
    picture = plan._look()

    def code() -> Any:
        return compiled(Layout(picture, picture.structure, set(), {("env", "steps")}, plan._names))

    if not CASES[name][2]:
        with pytest.raises(Unsuited):
            code()
        return
    quick = code()
    state = quick.save()
    assert state is not None
    assert not diff(state, plan.save())
    world.steps = 5
    assert not diff(quick.save(), plan.save())
    assert quick.load(state)
    assert world.steps == 0
    assert not diff(Plan(world).save(), state)


def test_every_kind_was_tried() -> None:
    met = {entry[1] for name in CASES for entry in Plan(world_of(name)).save()["structure"]}
    assert met >= set(KINDS) - {"space", "weak reference", SHAPE.name}


def test_the_code_gives_up_on_what_it_has_not_seen() -> None:
    world = Box(thing=[1, 2], other=1)
    plan = Plan(world)
    picture = plan._look()
    quick = compiled(Layout(picture, picture.structure, set(), set(), plan._names))
    assert quick.save() is not None
    for name, value in (("thing", [1, 2]), ("other", 2), ("other", True), ("other", 1.0), ("new", 1)):
        before = dict(vars(world))
        setattr(world, name, value)
        assert quick.save() is None, (name, value)
        vars(world).clear()
        vars(world).update(before)
        assert quick.save() is not None
    del world.other
    assert quick.save() is None


def test_an_attribute_that_takes_the_place_of_a_description_is_seen() -> None:
    world = gymnasium.make("CartPole-v1")
    world.reset(seed=1)
    plan = Plan(world)
    picture = plan._look()
    quick = compiled(Layout(picture, picture.structure, set(), set(), plan._names))
    inside = vars(world.unwrapped)
    assert quick.save() is not None and "spec" in inside
    del inside["spec"]  # the number of attributes stays
    inside["more"] = 1
    assert quick.save() is None


def test_snapshots_share_what_has_not_changed_and_only_that() -> None:
    world = Box(thing=Box(name="a", score=300), steps=0)
    plan = Plan(world)
    picture = plan._look()
    varying = {("env", "steps"), ("env.thing", "score"), ("env.thing", "name")}
    quick = compiled(Layout(picture, picture.structure, set(), varying, plan._names))
    states = []
    for score, name in ((300, "a"), (300, "a"), (301, "a"), (301, "b"), (300, "a"), (300.0, "a"), (True, "a"), (1, "a")):
        world.steps += 1
        world.thing.score, world.thing.name = score, name
        state = quick.save()
        assert state is not None
        states.append((state, (world.steps, score, name)))
    assert states[0][0]["env.thing"] is states[1][0]["env.thing"] is not states[2][0]["env.thing"]
    for state, (steps, score, name) in states:
        assert (state["env"]["steps"], state["env.thing"]["score"], state["env.thing"]["name"]) == (steps, score, name)
        assert type(state["env.thing"]["score"]) is type(score)


@pytest.mark.parametrize("other", [lambda a: a.T, lambda a: a[:, ::2], lambda a: a.astype("f4"), numpy.asfortranarray])
def test_arrays_laid_out_in_another_way_are_seen(other: Any) -> None:
    world = Box(thing=numpy.arange(12.0).reshape(3, 4), steps=0)
    plan = Plan(world)
    picture = plan._look()
    quick = compiled(Layout(picture, picture.structure, {"env.thing"}, set(), plan._names))
    first, world.thing = world.thing, world.thing + 1
    assert quick.save() is not None
    world.thing = other(first)
    state = quick.save()
    assert state is None or not diff(Plan(world).save(), state)
    world.thing = first + 2
    world.thing.flags.writeable = False
    assert quick.save() is None


def test_the_code_does_not_load_what_is_none_of_its_own() -> None:
    world = Box(thing=[1, 2], other=1)
    plan = Plan(world)
    picture = plan._look()
    quick = compiled(Layout(picture, picture.structure, set(), set(), plan._names))
    state = plan.save()
    for wrong in ({}, {**state, "env": {}}, {key: state[key] for key in ("structure", "env")}):
        assert quick.load(wrong) is False
    assert quick.load(state)


def test_what_is_too_large_is_walked() -> None:
    world = Box(rows=[[number] for number in range(9000)])
    plan = Plan(world)
    with pytest.raises(Unsuited, match="too large"):
        Layout(plan._look(), (), set(), set(), plan._names)
    for _ in range(3):
        state = plan.save()
    world.rows[5].append(1)
    plan.load(state)
    assert world.rows[5] == [5]


def test_shapes_of_pygame_are_numbers() -> None:
    pygame = pytest.importorskip("pygame")
    world = Box(rect=pygame.Rect(1, 2, 3, 4), speed=pygame.Vector2(1, 0.5), colour=pygame.Color(1, 2, 3))
    rect, plan = world.rect, Plan(world)
    for _ in range(5):
        state = plan.save()
    assert plan.unsaved == plan.left_alone == ()
    for tree in (state, unpack_tree(pack_tree(state))):
        world.rect.x, world.speed, world.colour.r = 50, pygame.Vector2(9, 9), 99
        plan.load(tree)
        assert (world.rect, world.speed, world.colour) == (
            pygame.Rect(1, 2, 3, 4),
            pygame.Vector2(1, 0.5),
            pygame.Color(1, 2, 3),
        )
        assert world.rect is rect
    other = Box(rect=None, speed=None, colour=None)
    Plan(other).load(unpack_tree(pack_tree(state)))
    assert (other.rect, other.speed) == (world.rect, world.speed)
