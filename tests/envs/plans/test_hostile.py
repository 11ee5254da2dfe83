"""Snapshots that a peer has made up: refused with a GameError that says why, and with nothing else."""

from __future__ import annotations

import random
from collections import deque
from enum import Enum
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.envs.plans.plan import Plan
from rollback.errors import GameError, WireError
from rollback.state import checksum
from rollback.wire import pack_tree, unpack_tree
from tests.cases import every


class Mood(Enum):
    CALM = 1


class Friend:
    def __init__(self) -> None:
        self.age = 3


class Guard:
    """Not met by the walk, and it does something when it goes."""

    gone = 0

    def __del__(self) -> None:
        Guard.gone += 1


class World:
    def __init__(self) -> None:
        self.speed = 1.5
        self.grid = numpy.arange(6.0).reshape(2, 3)
        self.row = self.grid[1]
        self.hand = [1, 2, (3, 4)]
        self.friends = [Friend(), Friend()]
        self.best = self.friends[0]
        self.queue = deque([1, [2]], maxlen=5)
        self.names = {"a": 1, "b": [2]}
        self.odd = {Mood.CALM: 1}
        self.mood = Mood.CALM
        self.chance = numpy.random.default_rng(1)
        self.old = numpy.random.RandomState(1)
        self.twister = numpy.random.Generator(numpy.random.MT19937(1))
        self.python = random.Random(1)
        self.labels = numpy.array(["x", "yz"])
        self.box = numpy.array([{}, None], dtype=object)
        self.callback = self.act
        self.pair = ([], 1)
        self.number = 3 + 4j
        self.bag = {1, 2}

    def act(self) -> None:
        """Do nothing."""


def place_of(tree: dict[str, Any], path: str) -> int:
    return next(place for place, entry in enumerate(tree["structure"]) if entry[0] == path)


def described(tree: dict[str, Any], where: str, /, **changes: Any) -> dict[str, Any]:
    """Return the tree with another description of the object there."""
    place = place_of(tree, where)
    entry = dict(zip(("path", "kind", "about", "links"), tree["structure"][place], strict=True))
    entry.update(changes)
    structure = list(tree["structure"])
    structure[place] = tuple(entry.values())
    return {**tree, "structure": tuple(structure)}


def linked(tree: dict[str, Any], path: str, key: Any, target: Any) -> dict[str, Any]:
    links = dict(tree["structure"][place_of(tree, path)][3])
    return described(tree, path, links=tuple({**links, key: target}.items()))


def valued(tree: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    return {**tree, path: value}


def state_of_bits(tree: dict[str, Any], path: str, **changes: Any) -> dict[str, Any]:
    return valued(tree, path, {**tree[path], **changes})


ME = "tests.envs.plans.test_hostile"
TWISTER = "env.twister.bit_generator"
BITS = "env.chance.bit_generator"
ATTACKS: dict[str, Any] = {
    "no dict": lambda tree: [1, 2],
    "no structure": lambda tree: {"env": {}},
    "an empty structure": lambda tree: {"structure": ()},
    "a structure of numbers": lambda tree: {"structure": (1, 2)},
    "another root": lambda tree: described(tree, "env", path="environment"),
    "a root of another class": lambda tree: described(tree, "env", about=f"{ME}:Friend"),
    "a class of the standard library": lambda tree: described(tree, "env.best", about="subprocess:Popen"),
    "a class of os": lambda tree: described(tree, "env.best", about="os:_wrap_close"),
    "a class that is not imported": lambda tree: described(tree, "env.best", about="antigravity:Thing"),
    "a function for a class": lambda tree: described(tree, "env.best", about=f"{ME}:linked"),
    "a class by a very long name": lambda tree: described(tree, "env.best", about="x" * 10_000),
    "a class that does something when it goes": lambda tree: described(tree, "env.friends[1]", about=f"{ME}:Guard"),
    "a built-in type as an object": lambda tree: described(tree, "env.friends[1]", about="builtins:list"),
    "a function of the system": lambda tree: linked(tree, "env", "speed_of", "os:system"),
    "a constant by number": lambda tree: linked(tree, "env", "speed_of", f"{ME}:World#99999999999"),
    "a built-in function": lambda tree: linked(tree, "env", "speed_of", "builtins:eval"),
    "an unknown kind": lambda tree: described(tree, "env.hand", kind="lambda"),
    "its own means": lambda tree: described(tree, "env.hand", kind="own"),
    "a list for a dict": lambda tree: described(tree, "env.names", kind="list", about=""),
    "a link to nowhere": lambda tree: linked(tree, "env", "best", 10_000),
    "a link before the first": lambda tree: linked(tree, "env", "best", -1),
    "a link in a list that is too short": lambda tree: linked(tree, "env.hand", 77, 0),
    "a link where an atom is": lambda tree: linked(tree, "env", "speed", 0),
    "an attribute that is no name": lambda tree: linked(tree, "env", 5, 0),
    "a list among the atoms": lambda tree: valued(tree, "env.hand", [1, [2]]),
    "an array among the atoms": lambda tree: valued(tree, "env", {**tree["env"], "speed": numpy.zeros(3)}),
    "no value": lambda tree: {key: value for key, value in tree.items() if key != "env.hand"},
    "a value of nothing": lambda tree: valued(tree, "env.secret", [1]),
    "a text for an array": lambda tree: valued(tree, "env.grid", "grid"),
    "two objects in one place": lambda tree: {**tree, "structure": (*tree["structure"], tree["structure"][3])},
    "an array of another class": lambda tree: described(tree, "env.grid", about="X"),
    "a view beyond its memory": lambda tree: described(tree, "env.row", about=("<f8", 0, (1000,), (8,), True)),
    "a view before its memory": lambda tree: described(tree, "env.row", about=("<f8", -8, (1,), (8,), True)),
    "a view that goes backwards out": lambda tree: described(tree, "env.row", about=("<f8", 0, (3,), (-8,), True)),
    "a view of a million millions": lambda tree: described(tree, "env.row", about=("<f8", 0, (10**12,), (0,), True)),
    "a view of objects": lambda tree: described(tree, "env.row", about=("|O", 0, (1,), (8,), True)),
    "a view of a list": lambda tree: linked(tree, "env.row", "memory", 0),
    "a view that sees itself": lambda tree: linked(tree, "env.row", "memory", place_of(tree, "env.row")),
    "a deque that is too full": lambda tree: described(tree, "env.queue", about=1),
    "a deque of minus one": lambda tree: described(tree, "env.queue", about=-1),
    "a dict with keys that are not there": lambda tree: described(tree, "env.names", about=("", "", ("a", "c"))),
    "a dict with a strange factory": lambda tree: described(tree, "env.names", about=("defaultdict", "os:abort", ("a", "b"))),
    "a dict of half a pair": lambda tree: valued(tree, "env.odd", [None, 1, 2]),
    "a member that is none": lambda tree: valued(tree, "env.mood", "ANGRY"),
    "an enumeration that is none": lambda tree: described(tree, "env.mood", about=f"{ME}:Friend"),
    "a twister that looks outside": lambda tree: state_of_bits(
        tree, TWISTER, state={**tree[TWISTER]["state"], "pos": 10**6}
    ),
    "a twister that looks before": lambda tree: state_of_bits(tree, TWISTER, state={**tree[TWISTER]["state"], "pos": -5}),
    "a twister of few words": lambda tree: state_of_bits(
        tree, TWISTER, state={"key": numpy.zeros(3, "u4"), "pos": 1}
    ),
    "a generator that is too large": lambda tree: state_of_bits(tree, BITS, state={"state": 2**200, "inc": 1}),
    "a generator of texts": lambda tree: state_of_bits(tree, BITS, state={"state": "1", "inc": 1}),
    "a generator of another kind": lambda tree: state_of_bits(tree, BITS, bit_generator="Philox"),
    "bits that are unknown": lambda tree: described(tree, BITS, about="os"),
    "an old generator that looks outside": lambda tree: state_of_bits(
        tree, "env.old", state={**tree["env.old"]["state"], "pos": 700}
    ),
    "a state of Python's generator that is too short": lambda tree: valued(tree, "env.python", (3, (1, 2), None)),
    "a state of Python's generator that looks outside": lambda tree: valued(
        tree, "env.python", (3, (*tree["env.python"][1][:-1], 5000), None)
    ),
    "a generator without bits": lambda tree: described(tree, "env.chance", links=()),
    "a generator of a list": lambda tree: linked(tree, "env.chance", "bit_generator", place_of(tree, "env.hand")),
    "texts in too few bytes": lambda tree: described(tree, "env.labels", about=("<U2", (1000,))),
    "texts of objects": lambda tree: described(tree, "env.labels", about=("|O", (2,))),
    "a box of another shape": lambda tree: described(tree, "env.box", about=(2**40, 2**40)),
    "a method of nothing": lambda tree: described(tree, "env.callback", links=()),
    "a method that is none of ours": lambda tree: described(tree, "env.callback", about="os:remove"),
    "a tuple that contains itself": lambda tree: linked(tree, "env.pair", 0, place_of(tree, "env.pair")),
    "a tuple of a class that is none": lambda tree: described(tree, "env.pair", about=f"{ME}:World"),
    "a number that is none": lambda tree: valued(tree, "env.number", ("1", "2")),
    "a number of an unknown kind": lambda tree: described(tree, "env.number", about="Popen"),
    "a number with many digits": lambda tree: valued(described(tree, "env.number", about="Decimal"), "env.number", "9" * 10**6),
    "no state tree": lambda tree: valued(tree, "env.hand", [object()]),
}  # fmt: skip


@every("name", ATTACKS)
def test_what_a_peer_makes_up_is_refused_and_changes_nothing(name: str) -> None:
    world = World()
    plan = Plan(world)
    state = plan.save()
    before = checksum(state)
    world.speed = 2.5
    changed = checksum(plan.save())
    with pytest.raises(GameError) as refused:
        plan.load(ATTACKS[name](state))
    assert len(str(refused.value)) < 400
    assert checksum(plan.save()) == changed
    assert checksum(state) == before
    plan.load(state)
    assert checksum(plan.save()) == before
    assert Guard.gone == 0


def test_every_attack_starts_from_a_snapshot_that_loads() -> None:
    state = unpack_tree(pack_tree(Plan(World()).save()))
    other = World()
    other.speed = 9
    plan = Plan(other)
    plan.load(described(state, "env"))
    assert other.speed == 1.5
    assert other.best is other.friends[0]
    assert other.callback.__self__ is other


ATOMS = [None, 0, -1, 1, 2**80, "", "env", "os:system", b"", 1.5, float("nan"), (), (1,), [], {}, [1, [2]], {"a": 1}, "list"]


def mutated(tree: Any, chance: random.Random) -> Any:
    """Return the tree with one random place replaced, removed or doubled."""
    if type(tree) in (list, tuple) and tree and chance.random() < 0.9:
        parts = list(tree)
        place = chance.randrange(len(parts))
        deed = chance.randrange(8)
        if deed == 0:
            del parts[place]
        elif deed == 1:
            parts.append(chance.choice(parts))
        else:
            parts[place] = mutated(parts[place], chance)
        return type(tree)(parts)
    if type(tree) is dict and tree and chance.random() < 0.9:
        key = chance.choice(list(tree))
        if chance.randrange(8) == 0:
            return {other: value for other, value in tree.items() if other != key}
        return {**tree, key: mutated(tree[key], chance)}
    if type(tree) is int and chance.random() < 0.7:
        return tree + chance.choice([-1, 1, 5, 2**40])
    return chance.choice(ATOMS)


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 2**40))
def test_a_snapshot_with_random_changes_loads_or_is_refused(seed: int) -> None:
    chance = random.Random(seed)
    world = World()
    plan = Plan(world)
    state = plan.save()
    total = checksum(state)
    for _ in range(4):
        tree = state
        for _ in range(chance.randrange(1, 4)):
            tree = mutated(tree, chance)
        try:
            tree = unpack_tree(pack_tree(tree))
            plan.load(tree)
            plan.save()
        except (GameError, WireError):
            pass
        plan.load(state)
        assert checksum(plan.save()) == total
