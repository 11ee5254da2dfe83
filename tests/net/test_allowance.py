from __future__ import annotations

import pytest

from rollback.net.allowance import Allowance


def test_a_few_are_granted_at_once_and_then_one_in_every_pace():
    allowance = Allowance(pace=0.5, burst=3)
    assert [allowance.take(10.0) for _ in range(5)] == [True] * 3 + [False] * 2
    assert [allowance.take(now) for now in (10.25, 10.5, 10.75, 11.0)] == [False, True, False, True]


def test_a_long_rest_gives_back_the_burst_and_no_more():
    allowance = Allowance(pace=0.5, burst=3)
    assert all(allowance.take(10.0) for _ in range(3))
    assert [allowance.take(1000.0) for _ in range(5)] == [True] * 3 + [False] * 2


@pytest.mark.parametrize("back", [0.0, 5.0, 1e9])
def test_a_clock_that_goes_back_gives_nothing(back):
    allowance = Allowance(pace=0.5, burst=1)
    assert allowance.take(10.0)
    assert not allowance.take(10.0 - back)
    assert not allowance.take(10.0)
    assert allowance.take(10.5)


@pytest.mark.parametrize("rate", [1, 10, 100, 1000])
def test_in_the_long_run_the_pace_is_held_however_often_somebody_asks(rate):
    allowance = Allowance(pace=0.25, burst=4)
    granted = sum(allowance.take(step / rate) for step in range(100 * rate))
    assert granted <= 4 + 100 / 0.25
    assert granted >= min(100 * rate, 100 / 0.25) - 1
