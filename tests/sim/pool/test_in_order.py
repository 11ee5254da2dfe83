"""Results that come in any order are handed on in that of their specs."""

from __future__ import annotations

import random

import pytest

from rollback.sim.pool.in_order import in_order
from rollback.sim.pool.result import MatchResult


class Run:
    """Yields results of these indices, and notes what was asked of it."""

    def __init__(self, indices):
        self.indices, self.asked, self.is_closed = indices, 0, False

    def results(self):
        try:
            for index in self.indices:
                self.asked += 1
                yield MatchResult(index, "ok", 1, index)
        finally:
            self.is_closed = True


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_order_they_come_in_they_go_out_in_that_of_the_specs(seed):
    indices = list(range(50))
    random.Random(seed).shuffle(indices)
    assert [result.index for result in in_order(Run(indices).results())] == list(range(50))


def test_a_result_is_handed_on_as_soon_as_all_before_it_are_there_and_not_later():
    run = Run([2, 0, 1, 4, 3])
    told = [(result.index, run.asked) for result in in_order(run.results())]
    assert told == [(0, 2), (1, 3), (2, 3), (3, 5), (4, 5)]


def test_closing_it_ends_the_run():
    run = Run(range(9))
    results = in_order(run.results())
    assert next(results).index == 0
    results.close()
    assert run.is_closed and run.asked == 1


def test_an_exception_in_the_run_comes_through():
    def failing():
        yield MatchResult(0, "ok", 1, 0)
        raise KeyboardInterrupt

    results = in_order(failing())
    assert next(results).index == 0
    with pytest.raises(KeyboardInterrupt):
        next(results)
