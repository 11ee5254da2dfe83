"""Random graphs of objects, with sharing and cycles: saved, changed, loaded, they are the same graph again."""

from __future__ import annotations

import itertools
import random
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass
from enum import Enum, Flag, auto
from fractions import Fraction
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.envs.plans.plan import Plan
from rollback.state import checksum, diff, is_tree
from rollback.wire import pack_tree, unpack_tree

Point = namedtuple("Point", "x y")


class Colour(Enum):
    RED = 1
    BLUE = "blue"


class Door(Flag):
    OPEN = auto()
    LOCKED = auto()


class Thing:
    """An ordinary object."""


class Slotted:
    __slots__ = ("first", "second")


@dataclass(frozen=True, slots=True)
class Card:
    suit: str
    rank: Any


class Party(list):
    """A list with attributes."""


class World:
    """The root of every graph."""

    def act(self) -> str:
        return "acted"


def isomorphic(left: Any, right: Any) -> str | None:
    """Return where two graphs differ in values, types, order or sharing, or None."""
    forth: dict[int, Any] = {}
    back: dict[int, Any] = {}
    todo = [("", left, right)]
    while todo:
        path, a, b = todo.pop()
        if type(a) is not type(b):
            return f"{path}: {type(a)} and {type(b)}"
        if (
            a is None
            or type(a) in (int, bool, str, bytes, float, Fraction, complex, range)
            or isinstance(a, numpy.number | Enum)
        ):
            if repr(a) != repr(b):
                return f"{path}: {a!r} and {b!r}"
            continue
        if not (type(a) is tuple or isinstance(a, tuple)):
            if forth.setdefault(id(a), b) is not b or back.setdefault(id(b), a) is not a:
                return f"{path}: shared otherwise"
            if path.count(".") > 60 or (id(a), "seen") in back:
                continue
            back[id(a), "seen"] = True  # type: ignore[index]
        todo += [(f"{path}.{key}", one, other) for key, one, other in parts(a, b)]
    return None


def parts(a: Any, b: Any) -> list[tuple[str, Any, Any]]:
    if type(a) is numpy.ndarray:
        return [
            (
                "array",
                (str(a.dtype), a.shape, a.tobytes(), a.flags.writeable),
                (str(b.dtype), b.shape, b.tobytes(), b.flags.writeable),
            )
        ]
    if isinstance(a, numpy.random.Generator):
        return [("bits", repr(a.bit_generator.state), repr(b.bit_generator.state))]
    if isinstance(a, random.Random | itertools.count):
        return [("state", repr(getattr(a, "getstate", a.__repr__)()), repr(getattr(b, "getstate", b.__repr__)()))]
    if isinstance(a, set | frozenset | bytearray):
        return [("all", repr(sorted(a, key=repr)), repr(sorted(b, key=repr)))]
    found = []
    if isinstance(a, dict):
        found += [("keys", tuple(a), tuple(b)), *((repr(key), a[key], b.get(key)) for key in a)]
        found.append(("factory", repr(getattr(a, "default_factory", None)), repr(getattr(b, "default_factory", None))))
    if isinstance(a, list | tuple | deque):
        found += [
            ("length", len(a), len(b)),
            *((str(place), one, other) for place, (one, other) in enumerate(zip(a, b, strict=False))),
        ]
        found.append(("most", getattr(a, "maxlen", None), getattr(b, "maxlen", None)))
    names = [*getattr(a, "__dict__", {}), *getattr(type(a), "__slots__", ())]
    found.append(("names", sorted(getattr(a, "__dict__", {})), sorted(getattr(b, "__dict__", {}))))
    return found + [(name, getattr(a, name, None), getattr(b, name, None)) for name in names]


ATOMS = (
    *(None, True, 0, 1, -1, 0.0, -0.0, 1.0, float("nan"), 2**70, "text", "", b"bytes", (1, 2), ("a", (1.5, None)), 3.25),
    *(numpy.float32(1.5), numpy.int64(3), numpy.bool_(True)),
)


def some_atom(chance: random.Random) -> Any:
    return chance.choice([*ATOMS, chance.random(), chance.randrange(100)])


def some_thing(chance: random.Random, known: list[Any]) -> Any:
    """Make an object of any kind out of atoms and of objects that are there already."""
    some = [chance.choice(known) if known and chance.random() < 0.6 else some_atom(chance) for _ in range(chance.randrange(4))]
    atoms = [some_atom(chance) for _ in range(3)]
    kind = chance.randrange(24)
    if kind < 3:
        thing: Any = Thing()
        for place, entry in enumerate(some):
            setattr(thing, f"part_{place}", entry)
        return thing
    if kind == 3:
        thing = Slotted()
        thing.first = some[0] if some else None
        return thing
    if kind == 4:
        thing = Party(some)
        thing.leader = some[0] if some else None
        return thing
    if kind == 5:
        thing = defaultdict(list)
        thing["here"] = some
        return thing
    if kind == 6:
        return numpy.ones(chance.randrange(5), dtype=chance.choice(["f8", "i4", "?", "c16"]))
    if kind == 7:
        arrays = [one for one in known if type(one) is numpy.ndarray and one.ndim == 1 and one.dtype != object]
        return chance.choice(arrays)[chance.randrange(2) :] if arrays else numpy.zeros((2, 3), order="F")
    if kind == 8:
        return numpy.random.Generator(chance.choice([numpy.random.PCG64, numpy.random.MT19937, numpy.random.Philox])(3))
    simple = [
        lambda: list(some), lambda: {f"key {place}": entry for place, entry in enumerate(some)},
        lambda: deque(some, chance.choice([None, 3])), lambda: tuple(some), lambda: Point(atoms[0], [atoms[1]]),
        lambda: OrderedDict(b=atoms[0], a=atoms[1]), lambda: Counter("hello"), lambda: {1, 5, 3}, lambda: frozenset("abc"),
        lambda: bytearray(b"123"), lambda: random.Random(4), lambda: itertools.count(3), lambda: chance.choice(list(Colour)),
        lambda: Card("hearts", some), lambda: {(1, 2): atoms[0], 5: atoms[1], None: [3]}, lambda: {Colour.RED: some},
        lambda: Fraction(1, 3), lambda: numpy.array(["one", "three"]), lambda: Door.OPEN | Door.LOCKED, lambda: 3 + 4j,
    ]  # fmt: skip
    return chance.choice(simple)()


def grow(world: World, chance: random.Random, count: int) -> list[Any]:
    known: list[Any] = []
    for place in range(count):
        known.append(some_thing(chance, known))
        setattr(world, f"thing_{place % 7}", known[-1])
        if chance.random() < 0.3:
            world.self = world  # type: ignore[attr-defined]
        boxes = [one for one in known if type(one) in (list, Thing, Party)]
        if boxes and chance.random() < 0.4:  # cycles
            box = chance.choice(boxes)
            if isinstance(box, list):
                box.append(chance.choice(known))
            else:
                box.loop = chance.choice(known)
    if chance.random() < 0.3:
        world.method = world.act  # type: ignore[attr-defined]
    return known


def disturb(world: World, chance: random.Random, known: list[Any]) -> None:
    """Change anything: in place, by replacing, by adding and removing."""
    for _ in range(chance.randrange(1, 12)):
        thing = chance.choice(known)
        new = some_thing(chance, known) if chance.random() < 0.4 else some_atom(chance)
        if type(thing) is numpy.ndarray and thing.dtype.kind in "fic" and thing.flags.writeable and thing.base is None:
            thing += 1
        elif isinstance(thing, list) and chance.random() < 0.7:
            chance.choice([lambda: thing.append(new), thing.clear, thing.reverse, lambda: thing.insert(0, new)])()  # noqa: B023
        elif isinstance(thing, deque):
            thing.append(new)
        elif type(thing) is dict and chance.random() < 0.7:
            thing[chance.choice(["key 0", "key 9"])] = new
        elif type(thing) is set:
            thing.add(chance.randrange(50))
        elif type(thing) is Thing:
            thing.__dict__.pop("part_0", None)
            thing.part_1 = new
        elif isinstance(thing, numpy.random.Generator):
            thing.integers(9, dtype="i4")
        elif isinstance(thing, random.Random | itertools.count):
            thing.gauss(0, 1) if isinstance(thing, random.Random) else next(thing)
        else:
            setattr(world, f"thing_{chance.randrange(7)}", chance.choice([new, thing]))


def copy_of(world: World, state: Any) -> World:
    """Return another world in the state of this one."""
    other = World()
    grow(other, random.Random(99), 3)
    Plan(other).load(state)
    return other


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 14))
def test_any_graph_is_the_same_again_after_save_change_and_load(seed: int, count: int) -> None:
    chance = random.Random(seed)
    world = World()
    known = grow(world, chance, count)
    plan = Plan(world)
    assert plan.unsaved == ()
    saved = []
    for _ in range(5):
        for _ in range(chance.choice([1, 1, 4])):  # several: so that it is compiled
            state = plan.save()
        assert is_tree(state)
        assert not diff(state, Plan(world).save())
        saved.append((state, checksum(state), copy_of(world, state)))
        assert isomorphic(world, saved[-1][2]) is None
        disturb(world, chance, known)
    chance.shuffle(saved)
    for state, total, then in saved:
        plan.load(state)
        assert isomorphic(world, then) is None
        assert checksum(state) == total
        assert checksum(plan.save()) == total
        assert plan.save()["structure"] == state["structure"]
        disturb(world, chance, known)
        plan.load(unpack_tree(pack_tree(state)))
        assert isomorphic(world, then) is None
        assert checksum(state) == total


def test_the_comparison_sees_what_it_should() -> None:
    left, right = World(), World()
    left.a = left.b = []  # type: ignore[attr-defined]
    right.a, right.b = [], []  # type: ignore[attr-defined]
    assert isomorphic(left, right) is not None
    right.b = right.a  # type: ignore[attr-defined]
    assert isomorphic(left, right) is None
    right.c = 0.0  # type: ignore[attr-defined]
    left.c = -0.0  # type: ignore[attr-defined]
    assert isomorphic(left, right) is not None


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(400))
def test_many_more_graphs(seed: int) -> None:
    test_any_graph_is_the_same_again_after_save_change_and_load.hypothesis.inner_test(seed, 1 + seed % 20)
