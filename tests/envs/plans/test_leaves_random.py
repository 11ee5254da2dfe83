"""Generators: the whole state, checked before it is set, and the quick sight of whether it has changed."""

from __future__ import annotations

import random
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.envs.plans import leaves_random
from rollback.envs.plans.leaves_random import BIT_GENERATORS, Slot, Watch, check_bits, check_old, check_python
from rollback.errors import GameError
from rollback.state import checksum, is_tree

KINDS = pytest.mark.parametrize("kind", BIT_GENERATORS)


@KINDS
@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), deeds=st.lists(st.sampled_from(["draw", "half", "jump", "set", "read", "put"]), max_size=30))
def test_the_quick_sight_sees_every_change(kind: str, seed: int, deeds: list[str]) -> None:
    bits = BIT_GENERATORS[kind](seed)
    generator = numpy.random.Generator(bits)
    watch = Watch(bits)
    read, put = watch.state, watch.set
    start = read()
    total = checksum(start)
    for deed in deeds:
        if deed == "draw":
            generator.normal(size=3)
        elif deed == "half":
            generator.integers(9, dtype="u4")
        elif deed == "jump" and hasattr(bits, "advance"):
            bits.advance(5)
        elif deed == "set":
            bits.state = BIT_GENERATORS[kind](seed + 1).state
        elif deed == "put":
            put(start)
            assert checksum(bits.state) == total
        assert checksum(read()) == checksum(bits.state)
    assert checksum(start) == total
    assert is_tree(start)


def test_the_memory_of_the_usual_generator_is_known_here() -> None:
    assert leaves_random._is_memory_known()
    assert Watch(numpy.random.PCG64(1)).state() == numpy.random.PCG64(1).state


def test_without_that_knowledge_it_works_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaves_random, "_IS_MEMORY_KNOWN", False)
    bits = numpy.random.PCG64(1)
    watch = Watch(bits)
    read, put = watch.state, watch.set
    state = read()
    bits.random_raw()
    assert read() != state
    put(state)
    assert bits.state == state


def test_memory_outside_the_object_is_not_read() -> None:
    bits = numpy.random.PCG64(1)

    class Elsewhere:
        ctypes = bits.ctypes

    assert leaves_random._memory_of(bits) is not None
    assert leaves_random._memory_of(Elsewhere()) is None
    assert leaves_random._memory_of(object()) is None


def test_a_watch_that_follows_sees_the_memory_of_the_new_one() -> None:
    first, second = numpy.random.default_rng(1), numpy.random.default_rng(2)
    slot = Slot(first, [])
    slot.read(second)
    first.random()
    assert slot.memory == slot.seen
    second.random()
    assert slot.memory != slot.seen


def test_each_part_of_the_state_is_seen_by_itself() -> None:
    bits = numpy.random.PCG64(1)
    read = Watch(bits).state
    for part in ({"has_uint32": 1}, {"uinteger": 7}, {"state": {"state": 1, "inc": 3}}, {"state": {"state": 1, "inc": 5}}):
        bits.state = {**bits.state, **part}
        now = read()
        assert all(now[key] == value for key, value in part.items())


@KINDS
def test_an_honest_state_passes(kind: str) -> None:
    bits = BIT_GENERATORS[kind](3)
    numpy.random.Generator(bits).integers(5, dtype="u4", size=7)
    check_bits(kind, bits.state)


@KINDS
@pytest.mark.parametrize("wrong", [None, 5, {}, {"bit_generator": "os"}, [], "text"])
def test_what_is_no_state_is_refused(kind: str, wrong: Any) -> None:
    with pytest.raises(GameError, match=kind):
        check_bits(kind, wrong)


@KINDS
def test_every_part_is_looked_at(kind: str) -> None:
    state = BIT_GENERATORS[kind](3).state
    for key in state:
        with pytest.raises(GameError):
            check_bits(kind, {**state, key: None})
    for key in state["state"]:
        for wrong in (None, -1, 2**300, "1", numpy.zeros(2), 1.5):
            with pytest.raises(GameError):
                check_bits(kind, {**state, "state": {**state["state"], key: wrong}})


@pytest.mark.parametrize("place", [-1, 5, 10**9])
def test_a_philox_that_reads_outside_its_buffer_is_refused(place: int) -> None:
    with pytest.raises(GameError):
        check_bits("Philox", {**numpy.random.Philox(1).state, "buffer_pos": place})


def test_old_generators_are_checked_too() -> None:
    old = numpy.random.RandomState(1)
    old.normal()
    state = old.get_state(legacy=False)
    check_old(state)
    for wrong in ({**state, "gauss": "x"}, {**state, "has_gauss": 7}, {**state, "state": {**state["state"], "pos": 625}}, None):
        with pytest.raises(GameError):
            check_old(wrong)


def test_the_generator_of_python_is_checked_too() -> None:
    state = random.Random(1).getstate()
    check_python(state)
    words = state[1]
    for wrong in (
        (2, words, None),
        (3, words[1:], None),
        (3, list(words), None),
        (3, words, "x"),
        (3, (*words[:-1], 10**6), None),
    ):
        with pytest.raises(GameError):
            check_python(wrong)


def test_a_slot_follows_the_generator_that_is_there() -> None:
    slots: list[Slot] = []
    first, second = numpy.random.default_rng(1), numpy.random.default_rng(2)
    slots += [Slot(first, slots), Slot(second, slots)]
    new = numpy.random.default_rng(3)
    assert slots[0].read(new) == new.bit_generator.state
    state = new.bit_generator.state
    new.random()
    assert slots[0].put(state) is new
    assert new.bit_generator.state == state


@pytest.mark.parametrize("other", [None, random.Random(1), numpy.random.Generator(numpy.random.MT19937(1))])
def test_a_slot_takes_no_other_kind(other: Any) -> None:
    slots: list[Slot] = []
    slots.append(Slot(numpy.random.default_rng(1), slots))
    with pytest.raises(ValueError, match="another kind"):
        slots[0].read(other)


def test_two_slots_do_not_take_the_same_generator() -> None:
    slots: list[Slot] = []
    first, second = numpy.random.default_rng(1), numpy.random.default_rng(2)
    slots += [Slot(first, slots), Slot(second, slots)]
    with pytest.raises(ValueError, match="share"):
        slots[0].read(second)
