from __future__ import annotations

import gc
import weakref

import pytest

from rollback.netplay import collector
from rollback.netplay.collector import FIRST_GUESS, MARGIN, PATIENCE, ROUNDS, YOUNG, Collector, quiet


class Knot:
    """Garbage that only the collector finds."""

    def __init__(self):
        self.itself = self


@pytest.fixture(autouse=True)
def nothing_of_the_tests(monkeypatch):
    """What was there before is left alone: to look through all that the tests read takes half a second each time."""
    collect = gc.collect
    monkeypatch.setattr(gc, "collect", lambda generation=2: collect(generation) if gc.get_freeze_count() else 0)
    gc.unfreeze()
    yield
    gc.freeze()


@pytest.fixture
def pressed(monkeypatch):
    """Pretend that there is always something young, and note what is collected."""
    collected = []
    monkeypatch.setattr(collector.gc, "get_count", lambda: (YOUNG, 0, 0))
    monkeypatch.setattr(collector.gc, "collect", lambda generation=2: collected.append(generation) or 0)
    return collected


def test_automatic_collection_is_off_inside_and_as_before_outside():
    assert gc.isenabled()
    with quiet():
        assert not gc.isenabled() and gc.get_freeze_count() > 1000
    assert gc.isenabled() and gc.get_freeze_count() == 0


def test_who_had_switched_it_off_finds_it_off():
    gc.disable()
    try:
        with quiet():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_the_application_has_frozen_stays_frozen():
    kept = [[] for _ in range(2000)]
    gc.freeze()
    try:
        count = gc.get_freeze_count()
        for _ in range(2):
            with quiet():
                assert gc.get_freeze_count() <= count and not gc.isenabled()
            assert gc.isenabled() and gc.get_freeze_count() > len(kept)
    finally:
        gc.unfreeze()


@pytest.mark.parametrize("first_out", [0, 1, 2])
def test_the_last_of_several_users_puts_everything_back(first_out):
    users = [quiet() for _ in range(3)]
    for user in users:
        user.__enter__()
    users.append(users.pop(first_out))  # another order of leaving
    for user in users[:-1]:
        user.__exit__(None, None, None)
        assert not gc.isenabled() and gc.get_freeze_count() > 0
    users[-1].__exit__(None, None, None)
    assert gc.isenabled() and gc.get_freeze_count() == 0


def test_an_exception_puts_everything_back_too():
    with pytest.raises(KeyError), quiet():
        raise KeyError
    assert gc.isenabled() and gc.get_freeze_count() == 0


def test_garbage_is_found_when_time_is_offered():
    with quiet() as collecting:
        knot = weakref.ref(Knot())
        kept = [[] for _ in range(2 * YOUNG)]
        assert knot() is not None
        assert collecting.offer(1.0)
        assert knot() is None
        assert collecting.collections == [1, 0, 0] and 0 < collecting.worst < 1.0
        assert len(kept) == 2 * YOUNG


def test_nothing_is_done_while_nothing_is_due(monkeypatch, pressed):
    monkeypatch.setattr(collector.gc, "get_count", lambda: (YOUNG - 1, 0, 0))
    assert not Collector().offer(1.0)
    assert pressed == []


def test_nothing_is_done_in_too_little_time(pressed):
    assert not Collector().offer(MARGIN)
    assert not Collector().offer(-1.0)
    assert pressed == []


def test_older_generations_have_their_turns(pressed):
    collecting = Collector()
    for _ in range((ROUNDS + 1) * (ROUNDS + 1) + 1):
        collecting.offer(1.0)
    assert pressed[: ROUNDS + 2] == [0] * ROUNDS + [1, 0]
    assert pressed.count(2) == 1
    assert pressed.count(1) == ROUNDS


def test_where_an_old_generation_takes_too_long_a_younger_one_is_looked_at(pressed):
    collecting = Collector()
    for _ in range(ROUNDS):
        collecting.offer(1.0)
    short = MARGIN + FIRST_GUESS / 2  # enough for the youngest only
    assert collecting.offer(short) and pressed[-1] == 0
    assert collecting.offer(1.0) and pressed[-1] == 1  # it stayed due


def test_without_any_time_to_spare_it_is_done_in_the_end(pressed):
    collecting = Collector()
    offers = next(number for number in range(1, 10 * PATIENCE) if collecting.offer(-1.0))
    assert offers == PATIENCE
    assert pressed == [0]
    assert not collecting.offer(-1.0)


def test_how_long_it_took_last_time_is_what_it_is_taken_to_take(monkeypatch, pressed):
    times = iter([0.0, 0.010, 1.0, 1.0001])
    monkeypatch.setattr(collector.time, "perf_counter", lambda: next(times))
    collecting = Collector()
    assert collecting.offer(0.005)
    assert collecting.worst == pytest.approx(0.010)
    assert not collecting.offer(0.005)
    assert collecting.offer(0.012)
