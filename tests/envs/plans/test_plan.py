"""The plan of an environment: what it saves, what it keeps, what it leaves alone and what it names."""

from __future__ import annotations

import random
import sys
import threading
import types
from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import Any

import gymnasium
import numpy
import pytest

from rollback.envs.plans.plan import Plan
from rollback.errors import GameError
from rollback.state import checksum, diff
from rollback.wire import pack_tree, unpack_tree


class Box:
    """Anything with attributes."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)

    def method(self) -> int:
        return id(self)


class Wrapper(Box):
    """Something around a box, by its attribute `env`."""


@dataclass(slots=True)
class Card:
    rank: int
    owner: Any = None


class Mood(Enum):
    CALM = 1
    ANGRY = 2


def there_and_back(world: Any, change: Any, *, saves: int = 1) -> tuple[Plan, dict[str, Any]]:
    """Save, change, load; compiled when saved several times."""
    plan = Plan(world)
    for _ in range(saves):
        state = plan.save()
    total = checksum(state)
    change(world)
    assert checksum(plan.save()) != total, "the change must be seen"
    plan.load(state)
    assert checksum(plan.save()) == total
    assert checksum(state) == total
    return plan, state


COMPILED = pytest.mark.parametrize("saves", [1, 4], ids=["walked", "compiled"])


@COMPILED
def test_two_names_of_one_list_are_one_list_again(saves: int) -> None:
    world = Box(left=[1], other=0)
    world.right = world.left

    def change(world: Any) -> None:
        world.left = [1]

    there_and_back(world, change, saves=saves)
    assert world.left is world.right


@COMPILED
def test_an_array_that_stays_is_filled_in_place(saves: int) -> None:
    world = Box(grid=numpy.arange(6.0))
    outside = world.grid[2:4]

    def change(world: Any) -> None:
        world.grid[:] = 9

    there_and_back(world, change, saves=saves)
    assert outside.tolist() == [2.0, 3.0]
    assert outside.base is world.grid


def test_an_array_that_is_another_each_step_is_replaced() -> None:
    world = Box(place=numpy.zeros(2))
    plan = Plan(world)
    handed_out = []
    for _ in range(6):
        state = plan.save()
        world.place = world.place + 1
        handed_out.append(world.place)
    plan.load(state)
    assert world.place.tolist() == [5.0, 5.0]
    assert [array[0] for array in handed_out] == [1, 2, 3, 4, 5, 6]  # what was handed out is nobody's state


@COMPILED
def test_views_see_their_memory_again(saves: int) -> None:
    world = Box(field=numpy.zeros((3, 3)))
    world.row = world.field[1]
    world.turned = world.field.T

    def change(world: Any) -> None:
        world.field = numpy.ones((3, 3))

    there_and_back(world, change, saves=saves)
    world.row[2] = 7
    assert world.field[1, 2] == 7
    assert world.turned[2, 1] == 7


def test_memory_that_nobody_holds_by_itself_is_shared_too() -> None:
    memory = numpy.arange(8)
    world, other = Box(low=memory[:5], high=memory[3:]), Box(low=0, high=0)
    state = unpack_tree(pack_tree(Plan(world).save()))
    Plan(other).load(state)
    other.low[4] = 50
    assert other.high.tolist() == [3, 50, 5, 6, 7]


@COMPILED
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_keep_shape_dtype_order_and_lock(saves: int, order: Any) -> None:
    locked = numpy.asarray(numpy.arange(6, dtype=">i2").reshape(2, 3), order=order)
    locked.flags.writeable = False
    world = Box(one=locked, two=numpy.float32(2), three=numpy.zeros((2, 2), order=order))

    def change(world: Any) -> None:
        world.one, world.three = None, numpy.zeros(4)

    there_and_back(world, change, saves=saves)
    assert (world.one.dtype.str, world.one.shape, world.one.flags.writeable) == (">i2", (2, 3), False)
    assert world.one.flags.fnc == (order == "F")
    assert world.three.shape == (2, 2)
    assert type(world.two) is numpy.float32


@COMPILED
@pytest.mark.parametrize(
    ("before", "after"),
    [(1, True), (True, 1), (1, 1.0), (0.0, -0.0), (None, 0), ("a", b"a"), ((1, 2), (1, True)), (numpy.int8(1), 1), ([], ())],
)
def test_what_equals_but_is_not_the_same_comes_back_as_it_was(before: Any, after: Any, saves: int) -> None:
    world = Box(value=before, listed=[before], keyed={"k": before})
    plan = Plan(world)
    for _ in range(saves):
        state = plan.save()
    for _ in range(saves):
        world.value, world.listed[0], world.keyed["k"] = after, after, after
        changed = plan.save()
    plan.load(state)
    assert [repr(part) for part in (world.value, world.listed[0], world.keyed["k"])] == [repr(before)] * 3
    assert type(world.value) is type(before)
    plan.load(changed)
    assert [repr(part) for part in (world.value, world.listed[0], world.keyed["k"])] == [repr(after)] * 3


def test_objects_come_and_go() -> None:
    world = Box(sparks=[], chance=random.Random(1))
    plan = Plan(world)
    saved = []
    for frame in range(60):
        saved.append((plan.save(), [spark.x for spark in world.sparks]))
        if world.chance.random() < 0.6:
            world.sparks.append(Box(x=frame, trail=deque([frame], maxlen=2)))
        elif world.sparks:
            world.sparks.pop(0)
        for spark in world.sparks:
            spark.x += 1
    world.sparks = None
    for state, places in saved[::-1]:
        plan.load(state)
        assert [spark.x for spark in world.sparks] == places
        assert not diff(plan.save(), state)


def test_an_attribute_that_comes_and_goes_is_gone_after_loading() -> None:
    world = Box(steady=1)
    plan = Plan(world)
    without = plan.save()
    for _ in range(4):
        world.fleeting = None
        held = plan.save()
    plan.load(without)
    assert vars(world) == {"steady": 1}
    plan.load(held)
    assert vars(world) == {"steady": 1, "fleeting": None}


def test_what_changes_shape_back_and_forth_is_compiled_too() -> None:
    world = Box(prey=None, count=0)
    plan = Plan(world)
    for frame in range(40):
        world.prey = None if frame % 2 else Box(age=frame)
        state = plan.save()
        assert not diff(state, Plan(world).save())
    world.prey, world.count = None, 9
    plan.save()
    plan.load(state)
    assert (world.prey, world.count) == (None, 0)


def test_instances_are_made_without_their_constructor() -> None:
    class Loud:
        made = 0

        def __init__(self) -> None:
            Loud.made += 1
            self.size = 5

    world = Box(parts=[Loud(), Loud()])

    def change(world: Any) -> None:
        world.parts.clear()

    there_and_back(world, change)
    assert [part.size for part in world.parts] == [5, 5]
    assert Loud.made == 2


def test_slots_frozen_or_empty_come_back() -> None:
    @dataclass(frozen=True, slots=True)
    class Frozen:
        deck: list[int]

    card, empty = Card(3), Card(4)
    del empty.owner
    world = Box(card=card, empty=empty, frozen=Frozen([1, 2]))

    def change(world: Any) -> None:
        world.card.rank = 9
        world.empty.owner = "me"
        world.frozen.deck.append(3)

    there_and_back(world, change, saves=4)
    assert (world.card.rank, world.frozen.deck) == (3, [1, 2])
    assert not hasattr(world.empty, "owner")


@COMPILED
def test_generators_of_all_kinds_draw_the_same_again(saves: int) -> None:
    kinds = [numpy.random.PCG64, numpy.random.PCG64DXSM, numpy.random.MT19937, numpy.random.Philox, numpy.random.SFC64]
    world = Box(all=[numpy.random.Generator(kind(1)) for kind in kinds], python=random.Random(1))
    world.old = numpy.random.RandomState(1)
    world.same = world.all[0]

    def draw(world: Any) -> list[Any]:
        numbers = [generator.integers(100, dtype="u4") for generator in world.all]  # leaves half a number over
        return [*map(int, numbers), world.python.gauss(0, 1), world.old.normal(), world.same.random()]

    draw(world)
    drawn: list[Any] = []
    _, state = there_and_back(world, lambda world: drawn.extend(draw(world)), saves=saves)
    assert draw(world) == drawn
    other = Box(all=0, python=0, old=0, same=0)
    Plan(other).load(unpack_tree(pack_tree(state)))
    assert draw(other) == drawn
    assert other.same is other.all[0]


def test_a_generator_that_a_reset_replaces_needs_no_new_code() -> None:
    world = Box(np_random=numpy.random.default_rng(0))
    plan = Plan(world)
    for seed in range(20):
        world.np_random = numpy.random.default_rng(seed)
        state = plan.save()
        assert not diff(state, Plan(world).save())
        first = world.np_random.random()
        plan.load(state)
        assert world.np_random.random() == first


def test_the_generator_inside_a_space_is_state_and_the_space_is_not() -> None:
    space = gymnasium.spaces.Dict(a=gymnasium.spaces.Discrete(1000), b=gymnasium.spaces.Box(0, 1, (2,)))
    space.seed(4)
    world = Box(action_space=space)
    drawn: list[Any] = []
    there_and_back(world, lambda world: drawn.append(world.action_space.sample()), saves=4)
    assert world.action_space is space
    assert repr(space.sample()) == repr(drawn[0])


@COMPILED
def test_methods_belong_to_the_object_that_is_there(saves: int) -> None:
    world = Box(agent=Box(hp=3))
    world.callback = world.agent.method

    def change(world: Any) -> None:
        world.agent = Box(hp=1)
        world.callback = world.agent.method

    there_and_back(world, change, saves=saves)
    assert world.callback() == id(world.agent)


def test_functions_and_classes_are_kept_by_reference() -> None:
    world = Box(policy=len, kind=Card, local=lambda: 5, module=random)
    local = world.local

    def change(world: Any) -> None:
        world.policy, world.kind, world.local = max, Box, lambda: 6

    there_and_back(world, change)
    assert (world.policy, world.kind, world.local, world.module) == (len, Card, local, random)


def test_properties_are_never_touched() -> None:
    class Shy:
        def __init__(self) -> None:
            self.value = 1

        @property
        def unwrapped(self) -> Any:
            raise AssertionError("touched")

        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"asked for {name}")

    world = Box(shy=Shy())
    there_and_back(world, lambda world: setattr(world.shy, "value", 2), saves=4)
    assert world.shy.value == 1


def test_setters_are_never_run() -> None:
    class Proud:
        def __init__(self) -> None:
            self.__dict__["value"] = 1

        def __setattr__(self, name: str, value: Any) -> None:
            raise AssertionError("set")

    world = Box(proud=Proud())
    there_and_back(world, lambda world: world.proud.__dict__.update(value=2), saves=4)
    assert world.proud.value == 1


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        (lambda: (number for number in range(3)), "env.thing is a generator (builtins)"),
        (threading.Lock, "env.thing is a lock (_thread)"),
        (lambda: open(__file__), "env.thing is a TextIOWrapper (_io)"),
        (lambda: iter([1]), "env.thing is a list_iterator (builtins)"),
        (lambda: memoryview(b"1"), "env.thing is a memoryview (builtins)"),
        (lambda: [0, {"deep": threading.Lock()}], "env.thing[1].deep is a lock (_thread)"),
    ],
)
def test_what_cannot_be_saved_is_named(thing: Any, said: str) -> None:
    made = thing()
    plan = Plan(Box(thing=made, fine=1))
    assert plan.unsaved == (said,)
    with pytest.raises(GameError, match="cannot be saved"):
        plan.save()
    if hasattr(made, "close"):
        made.close()


def test_the_environment_inside_is_called_unwrapped() -> None:
    world = Wrapper(env=Wrapper(env=Box(world=threading.Lock())), steps=4)
    plan = Plan(world)
    assert plan.unsaved == ("env.unwrapped.world is a lock (_thread)",)
    assert plan.wrappers == ("Wrapper: 1 values",)


def test_windows_are_left_alone_in_the_sender_and_in_the_receiver() -> None:
    surface = types.new_class("Surface", (), {}, lambda inside: inside.update(__module__="pygame.surface"))
    world, other = Box(screen=surface(), images=[surface(), surface()], x=1), Box(screen=None, images=None, x=2)
    plan, another = Plan(world), Plan(other)
    assert plan.left_alone == ("env.images (list)", "env.screen (Surface)")
    state = plan.save()
    another.load(state)
    assert (other.screen, other.images, other.x) == (None, None, 1)
    assert checksum(another.save()) == checksum(state)
    screen, images = world.screen, world.images
    for saves in range(4):
        world.x = saves
        plan.save()
        plan.load(state)
        assert (world.screen, world.images, world.x) == (screen, images, 1)


def test_an_object_that_saves_itself_does() -> None:
    class Emulator:
        def __init__(self) -> None:
            self.lock, self.frame = threading.Lock(), 0

    class Own:
        name = "clone_state"

        def __init__(self, emulator: Emulator) -> None:
            self.save = lambda: {"frame": emulator.frame}
            self.load = lambda tree: setattr(emulator, "frame", tree["frame"])

    world = Wrapper(env=Box(emulator=Emulator(), steps=0))
    asked = []

    def own(thing: Any) -> Any:
        asked.append(type(thing).__name__)
        return Own(thing) if isinstance(thing, Emulator) else None

    plan = Plan(world, own=own)
    assert plan.unsaved == ()
    for frame in range(5):
        world.env.emulator.frame = frame
        state = plan.save()
    assert state["env.unwrapped.emulator"] == {"frame": 4}
    world.env.emulator.frame = 99
    plan.load(unpack_tree(pack_tree(state)))
    assert world.env.emulator.frame == 4
    world.env.emulator.frame = 98
    plan.load(state)
    assert world.env.emulator.frame == 4
    assert {"Wrapper", "Box", "Emulator"} <= set(asked)
    with pytest.raises(GameError, match="saved by"):
        Plan(Wrapper(env=Box(emulator=Box(), steps=0))).load(state)


def test_a_snapshot_is_never_changed_afterwards() -> None:
    world = Box(hand=[1], grid=numpy.zeros(3), by={"a": [1]}, row=deque([1]), bag={1}, raw=bytearray(b"1"), mood=Mood.CALM)
    plan = Plan(world)
    for saves in range(5):
        state = plan.save()
        total = checksum(state)
        for _ in range(2):
            world.hand.append(saves)
            world.grid += 1
            world.by["a"].append(2)
            world.row.append(3)
            world.bag.add(saves + 5)
            world.raw.append(4)
            world.mood = Mood.ANGRY
            assert checksum(state) == total
            plan.load(state)
            assert checksum(state) == total


def test_the_same_state_gives_the_same_snapshot_whatever_happened_before() -> None:
    fresh, old = Box(a=1, b=[1, 2], c=numpy.zeros(2)), Box(a=1, b=[1, 2], c=numpy.zeros(2))
    plan = Plan(old)
    for number in range(9):
        old.a, old.b, old.c = number, [number], numpy.ones(2)
        plan.save()
    del old.a
    old.b, old.c = [1, 2], numpy.zeros(2)
    old.a = 1  # now the last of its attributes
    assert checksum(plan.save()) == checksum(Plan(fresh).save())


def test_dicts_keep_their_order_over_the_wire() -> None:
    world = Box(order={"z": 1, "a": [2], 3: None, (1, "k"): 5}, plain={"b": 1, "a": 2})
    state = unpack_tree(pack_tree(Plan(world).save()))
    other = Box(order={}, plain={"a": 1, "b": 1})
    Plan(other).load(state)
    assert list(other.order) == ["z", "a", 3, (1, "k")]
    assert list(other.plain) == ["b", "a"]


def test_sets_are_written_in_an_order_of_their_own() -> None:
    left, right = Box(bag={8, 0, 16}, names={"x", "y", "z"}), Box(bag={16, 8, 0}, names={"z", "x", "y"})
    assert pack_tree(Plan(left).save()) == pack_tree(Plan(right).save())


def test_names_with_quotes_and_keywords_are_only_names() -> None:
    world = Box(**{"it's": 1, 'a"b': [2], "class": 3, "x\\n{y}": 4, "": 5, "import os": numpy.zeros(1)})
    there_and_back(world, lambda world: world.__dict__.update({"class": 9, "": 8}), saves=5)
    assert world.__dict__["class"] == 3
    assert world.__dict__[""] == 5


def test_long_chains_of_objects_need_no_deep_stack() -> None:
    world = Box(head=None, length=0)
    for number in range(3000):
        world.head = Box(next=world.head, number=number)
    other = Box(head=None, length=1)
    Plan(other).load(unpack_tree(pack_tree(Plan(world).save())))
    link, seen = other.head, []
    while link is not None:
        seen.append(link.number)
        link = link.next
    assert seen == list(range(2999, -1, -1))


def test_a_class_of_the_environments_package_can_be_met_for_the_first_time_in_a_snapshot() -> None:
    other = Box(pet=None)
    Plan(other).load(Plan(Box(pet=Card(3))).save())
    assert (type(other.pet), other.pet.rank) == (Card, 3)


def test_a_class_of_another_package_cannot() -> None:
    stranger = types.ModuleType("stranger_package")
    exec("class Stranger:\n    pass", stranger.__dict__)
    sys.modules["stranger_package"] = stranger
    try:
        state = Plan(Box(pet=stranger.Stranger())).save()
        with pytest.raises(GameError, match="stranger_package:Stranger"):
            Plan(Box(pet=None)).load(state)
    finally:
        del sys.modules["stranger_package"]


def test_a_swap_of_two_equal_objects_is_seen_by_the_compiled_code() -> None:
    world = Box(left=Box(hp=1), right=Box(hp=1), current=None)
    world.current = world.left
    plan = Plan(world)
    for _ in range(5):
        state = plan.save()
    world.current = world.right
    swapped = plan.save()
    assert swapped["structure"] != state["structure"]
    plan.load(state)
    assert world.current is world.left
    plan.load(swapped)
    assert world.current is world.right


def test_new_lists_that_suddenly_are_one_are_seen_by_the_compiled_code() -> None:
    world = Box(left=[1], right=[1], step=0)
    plan = Plan(world)
    for step in range(8):
        world.left, world.right, world.step = [1], [1], step
        apart = plan.save()
    world.left = world.right = [1]
    together = plan.save()
    assert together["structure"] != apart["structure"]
    world.left = world.right = [numpy.zeros(2)]
    plan.load(together)
    assert world.left is world.right


def test_new_arrays_that_suddenly_share_memory_are_seen_by_the_compiled_code() -> None:
    world = Box(left=0, right=0)
    plan = Plan(world)
    for _ in range(8):
        world.left, world.right = numpy.zeros(4), numpy.zeros(4)
        apart = plan.save()
    world.left = numpy.zeros(4)
    world.right = world.left[:]
    together = plan.save()
    assert together["structure"] != apart["structure"]
    plan.load(together)
    world.left[1] = 5
    assert world.right[1] == 5
