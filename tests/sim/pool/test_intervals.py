"""The intervals hold what they promise: against exact fractions, published values, and draws."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.errors import UsageError
from rollback.sim.pool.intervals import Interval, median, wilson


@pytest.mark.parametrize(
    ("wins", "matches", "low", "high"),
    [  # Newcombe 1998, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_values(wins, matches, low, high):
    interval = wilson(wins, matches)
    assert interval.low == pytest.approx(low, abs=5e-5) and interval.high == pytest.approx(high, abs=5e-5)


@given(st.integers(0, 400), st.integers(1, 200))
def test_wilson_holds_the_share_within_0_and_1_and_is_the_same_from_both_sides(halves, matches):
    wins = min(halves / 2, matches)
    interval, turned = wilson(wins, matches), wilson(matches - wins, matches)
    assert 0 <= interval.low <= wins / matches <= interval.high <= 1
    assert interval.low == pytest.approx(1 - turned.high) and interval.high == pytest.approx(1 - turned.low)


def test_more_matches_make_the_share_surer():
    widths = [wilson(matches / 2, matches) for matches in (2, 10, 100, 10_000)]
    spans = [interval.high - interval.low for interval in widths]
    assert spans == sorted(spans, reverse=True) and spans[-1] < 0.02


def test_of_no_matches_any_share_is_possible():
    assert wilson(0, 0) == Interval(0.0, 1.0)


@pytest.mark.parametrize(("wins", "matches"), [(-1, 3), (4, 3), (math.nan, 3), (0.5, 0)])
def test_more_wins_than_matches_are_told(wins, matches):
    with pytest.raises(UsageError, match="wins must be from 0"):
        wilson(wins, matches)


def exact_rank(count: int) -> int:
    """Return the rank by counting in whole numbers."""
    below = Fraction(0)
    for heads in range(count):
        below += Fraction(math.comb(count, heads), 2**count)
        if below > Fraction(1, 40):
            return heads
    return 0


def test_the_interval_of_a_median_is_the_exact_one():
    for count in (*range(1, 120), 500, 999, 2000):
        found = median(range(1, count + 1)).interval
        rank = exact_rank(count)
        assert found == (Interval(rank, count - rank + 1) if rank else None), count


def test_fewer_than_six_values_have_a_median_and_no_interval():
    assert median([3, 1, 2, 9, 8]).value == 3 and median([3, 1, 2, 9, 8]).interval is None
    assert median([1] * 6).interval == Interval(1, 1)


def test_the_median_of_a_hundred_thousand_values_is_surer_than_that_of_a_hundred():
    interval = median(range(100_000)).interval
    assert interval is not None
    assert 49_680 < interval.low < 49_700 and 50_300 < interval.high < 50_320  # 50,000 -+ 1.96 * 158


def test_a_median_lies_between_the_two_in_the_middle():
    assert median([4, 1, 3, 2]).value == 2.5
    assert median([math.inf, math.inf, 1, math.inf]).value == math.inf


def test_the_interval_holds_the_true_median_in_95_of_100_samples():
    draws = random.Random(5)
    held = 0
    for _ in range(2000):
        interval = median([draws.expovariate(1.0) for _ in range(25)]).interval
        assert interval is not None
        held += interval.low <= math.log(2) <= interval.high
    assert 0.95 * 2000 - 20 <= held <= 0.99 * 2000  # 25 values give an interval of 95.7 %


@pytest.mark.parametrize("values", [[], [1.0, math.nan]])
def test_no_values_and_no_numbers_are_told(values):
    with pytest.raises(UsageError, match="at least one number"):
        median(values)


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=40), st.randoms())
def test_the_order_of_the_values_does_not_matter(values, shuffler):
    turned = list(values)
    shuffler.shuffle(turned)
    assert median(turned) == median(values)
