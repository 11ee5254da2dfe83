"""What a match can see besides its seed is set as wanted, and it shows whether the match has looked at it."""

from __future__ import annotations

import os
import random
import sys
import time

import numpy
import pytest

from rollback.sim.pool.conditions import CLOCKS, TICK, Conditions, Watch

NAMES = [name + ending for name in CLOCKS for ending in ("", "_ns")]


@pytest.fixture(autouse=True)
def restored(monkeypatch):
    """Give back what a watch keeps until its process ends."""
    for name in NAMES:
        monkeypatch.setattr(time, name, getattr(time, name))
    monkeypatch.setattr(os, "getpid", os.getpid)
    states = random.getstate(), numpy.random.get_state()
    yield
    random.setstate(states[0])
    numpy.random.set_state(states[1])


def watch(**given):
    made = Watch(Conditions(hash_seed="1", **given))
    made.begin()
    return made


def test_what_is_not_set_stays_as_it_is_and_is_not_watched():
    before, state = [getattr(time, name) for name in NAMES], random.getstate()
    made = watch()
    assert [getattr(time, name) for name in NAMES] == before and random.getstate() == state
    random.random(), numpy.random.random(), os.getpid(), time.time()
    assert made.looked_at() == []


@pytest.mark.parametrize(
    ("field", "look"),
    [
        ("random", random.random),
        ("numpy", numpy.random.random),
        ("numpy", numpy.random.standard_normal),
        ("clock", lambda: time.time()),
        ("clock", lambda: time.monotonic_ns()),
        ("process", lambda: os.getpid()),
    ],
)
def test_a_match_that_looks_at_something_is_seen_and_what_it_sees_is_what_was_set(field, look):
    seen = []
    for value in (1, 1, 2):
        made = watch(**{field: value})
        assert made.looked_at() == []
        seen.append((look(), look()))
        assert made.looked_at() == [field]
        made.begin()
        assert made.looked_at() == [], "what the match before it did does not count"
        assert (look(), look()) == seen[-1], "and is not seen"
    assert seen[0] == seen[1] != seen[2]


def test_generators_that_do_not_look_at_the_global_one_are_not_it():
    made = watch(random=1, numpy=1)
    random.Random(3).random()
    numpy.random.default_rng(3).random()
    assert made.looked_at() == []


def test_the_clocks_go_on_by_being_read_so_that_none_waits_for_ever():
    watch(clock=1000.0)
    told = [time.time(), time.perf_counter(), time.monotonic(), time.process_time()]
    assert told == pytest.approx([1000 + TICK * count for count in range(1, 5)])
    assert time.time_ns() == pytest.approx((1000 + TICK * 5) * 1e9) and isinstance(time.perf_counter_ns(), int)


def test_a_clock_that_is_not_everywhere_is_left_out(monkeypatch):
    monkeypatch.delattr(time, "thread_time")
    watch(clock=5.0)
    assert not hasattr(time, "thread_time") and time.time() < 6


def test_numpy_is_imported_only_where_its_generator_is_set(monkeypatch):
    monkeypatch.setitem(sys.modules, "numpy.random", None)
    watch(random=1, clock=1.0, process=1)
    with pytest.raises(ImportError):
        watch(numpy=1)
