"""How many matches travel together: from what was measured, and only those that are asked for."""

from __future__ import annotations

import itertools
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.sim.pool.batches import GROWTH, MOST, TARGET, Batches, workers_of
from rollback.sim.pool.job import Job, Rules
from tests.sim.pool.tasks import Task, numbered

TASK = Task("nothing")


def indices(jobs):
    return [job.index for job in jobs]


def endless():
    return map(lambda index: Job(index, index, TASK), itertools.count())


@pytest.mark.parametrize(
    ("processors", "asked", "matches", "workers"),
    [
        (8, None, None, 7),
        (1, None, None, 1),
        (None, None, None, 1),
        (8, None, 3, 3),
        (8, 7, 5, 5),
        (2, 7, None, 7),
        (8, 2, 0, 1),
    ],
)
def test_a_run_has_one_worker_less_than_processors_and_no_more_than_matches(monkeypatch, processors, asked, matches, workers):
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    assert workers_of(Rules(workers=asked, matches=matches)) == workers


def test_a_size_that_is_asked_for_is_kept():
    batches = Batches(numbered([TASK] * 7), 3)
    assert [indices(batches.take()) for _ in range(4)] == [[0, 1, 2], [3, 4, 5], [6], []]
    batches.measured(3, 1000.0)
    assert batches.size == 3


def test_no_job_is_taken_before_it_is_needed():
    source = endless()
    batches = Batches(source, 4)
    batches.take()
    assert next(source).index == 4


def test_what_is_lost_comes_first_again_in_order():
    batches = Batches(endless(), 4)
    first, second = batches.take(), batches.take()
    batches.put_back(second)
    batches.put_back(first[1:3])
    assert indices(batches.take()) == [1, 2, 4, 5]
    assert indices(batches.take()) == [6, 7, 8, 9]


@pytest.mark.parametrize(("seconds", "size"), [(0.002, 10), (0.02, 1), (1.0, 1), (0.0001, 200), (1e-9, MOST), (0.0, MOST)])
def test_a_batch_comes_to_take_about_twenty_milliseconds(seconds, size):
    batches = Batches(endless(), "auto")
    for _ in range(20):
        jobs = batches.take()
        batches.measured(len(jobs), len(jobs) * seconds)
    assert batches.size == pytest.approx(size, abs=1)


def test_one_slow_beginning_and_one_lucky_measurement_mislead_nobody():
    batches = Batches(endless(), "auto")
    batches.measured(1, 3.0)  # the game was imported
    assert batches.size == 1
    for _ in range(3):
        batches.measured(1, 0.001)
    assert batches.size == GROWTH  # no more at once than so many times what was seen
    batches.measured(8, 0.008)
    assert batches.size == 20
    batches.measured(20, 1e-9)
    assert batches.size == 20


@given(st.lists(st.tuples(st.integers(0, 5000), st.floats(0, 1e6))))
def test_whatever_is_measured_a_batch_has_at_least_one_match_and_a_limit(measured):
    batches = Batches(endless(), "auto")
    for matches, seconds in measured:
        batches.measured(matches, seconds)
        assert 1 <= batches.size <= MOST
    assert TARGET < 1
