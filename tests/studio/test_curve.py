import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.studio.curve import Curve


def rows(first, last):
    return [[number, 10 * number, float(number), 10, 0.5, {"lines": number}] for number in range(first, last + 1)]


def test_a_short_curve_is_told_as_it_is():
    curve = Curve(100, 100)
    curve.add(rows(1, 5))
    assert curve.thinned() == {"stride": 1, "last": 5, "rows": rows(1, 5)}
    assert curve.last_step == 50


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 60), max_size=30), st.integers(2, 9))
def test_a_long_curve_has_bounded_groups_whose_means_are_right(sizes, most):
    curve, told = Curve(most, 10), 0
    for size in sizes:
        curve.add(rows(told + 1, told + size))
        told += size
    thinned = curve.thinned()
    assert len(thinned["rows"]) <= most
    assert thinned["last"] == told
    stride, first = thinned["stride"], 1
    assert stride & (stride - 1) == 0
    for row in thinned["rows"]:
        last = min(first + stride - 1, told)
        assert row[0] == last and row[1] == 10 * last
        assert row[2] == (first + last) / 2 == row[5]["lines"]
        first = last + 1
    assert first == told + 1 or not told


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 30), max_size=30), st.integers(0, 200), st.integers(1, 50))
def test_the_newest_points_are_there_one_by_one_or_it_says_that_they_are_not(sizes, after, most):
    curve, told = Curve(4, 40), 0
    for size in sizes:
        curve.add(rows(told + 1, told + size))
        told += size
    found = curve.since(after, most)
    if found is None:
        assert after < told - 40 + 30  # never while they could all be kept
    else:
        assert [row[0] for row in found] == list(range(after + 1, min(told, after + most) + 1))


def test_points_that_come_twice_count_once():
    curve = Curve(100, 100)
    curve.add(rows(1, 5))
    assert [row[0] for row in curve.add(rows(3, 8))] == [6, 7, 8]
    assert curve.add(rows(1, 8)) == []
    assert [row[0] for row in curve.thinned()["rows"]] == list(range(1, 9))


def test_many_points_take_little_memory():
    curve = Curve(1000, 5000)
    for first in range(1, 30_001, 1000):
        curve.add(rows(first, first + 999))
    kept = sum(sys.getsizeof(piece[3]) for piece in curve._pieces)
    assert kept < 500_000 and sum(piece[2] for piece in curve._pieces) <= 5000
    assert len(curve.thinned()["rows"]) <= 1000


def test_rewards_that_are_no_numbers_do_not_end_the_curve():
    curve = Curve(10, 10)
    curve.add([[1, 1, None, 1, 0.0, {"lines": None}], [2, 2, 4.0, 1, 0.0]])
    assert curve.thinned()["rows"] == [[1, 1, 0.0, 1, 0.0, {"lines": 0.0}], [2, 2, 4.0, 1, 0.0]]


def test_a_point_with_endless_further_numbers_does_not_fill_the_memory():
    curve = Curve(10, 10)
    curve.add([[1, 1, 0.0, 1, 0.0, {f"n{number}": 1.0 for number in range(1000)}]])
    assert len(curve.thinned()["rows"][0][5]) == 16
