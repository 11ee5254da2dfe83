"""The scoresheet: who won, who was ahead of whom, and the means."""

from __future__ import annotations

from statistics import fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rollback.sim.league.scoresheet import Mean, Scoresheet, student


def counts(sheet: Scoresheet) -> list[tuple[int, int, int]]:
    return [(tally.won, tally.drawn, tally.lost) for tally in sheet.tallies]


def test_a_win_a_draw_and_a_loss_of_two():
    sheet = Scoresheet(2)
    sheet.add((0, 1), (5, 3))
    sheet.add((1, 0), (2, 2))
    sheet.add((1, 0), (5, 0))
    assert counts(sheet) == [(1, 1, 1), (1, 1, 1)]
    assert sheet.points == [[0, 1.5], [1.5, 0]] and sheet.met == {(0, 1): 3}
    assert [tally.share for tally in sheet.tallies] == [1.5, 1.5]
    assert sheet.tallies[0].score.mean == pytest.approx(7 / 3)


def test_of_three_only_the_best_wins_and_each_takes_half_a_point_from_whom_it_left_behind():
    sheet = Scoresheet(3)
    sheet.add((2, 0, 1), (9, 4, 4))
    assert counts(sheet) == [(0, 0, 1), (0, 0, 1), (1, 0, 0)]
    assert sheet.points[2] == [0.5, 0.5, 0] and sheet.points[0] == [0, 0.25, 0]


def test_the_first_place_is_shared_by_all_with_the_best_score():
    sheet = Scoresheet(3)
    sheet.add((0, 1, 2), (7, 7, 1))
    assert counts(sheet) == [(0, 1, 0), (0, 1, 0), (0, 0, 1)]
    assert sheet.tallies[0].share == 0.5


def test_an_agent_in_two_seats_takes_nothing_from_itself_and_has_played_twice():
    sheet = Scoresheet(2)
    sheet.add((0, 0, 1), (3, 1, 2))
    assert sheet.points == [[0, 0.5], [0.5, 0]] and sheet.met == {(0, 1): 2}
    assert sheet.tallies[0].matches == 2 and sheet.tallies[1].matches == 1


def test_a_failed_match_counts_for_nothing_but_as_a_failure_of_all_who_sat_there():
    sheet = Scoresheet(3)
    sheet.fail((1, 1, 2))
    assert [tally.failures for tally in sheet.tallies] == [0, 1, 1]
    assert counts(sheet) == [(0, 0, 0)] * 3 and sheet.met == {}


def test_a_match_that_was_cut_counts_and_is_told():
    sheet = Scoresheet(2)
    sheet.add((0, 1), (1, 0), is_truncated=True)
    assert counts(sheet) == [(1, 0, 0), (0, 0, 1)] and sheet.tallies[0].truncated == 1


@given(some.lists(some.tuples(some.permutations(range(4)), some.lists(some.integers(-2, 2), min_size=4, max_size=4))))
def test_nothing_is_lost_and_nothing_comes_from_nowhere(matches):
    sheet = Scoresheet(4)
    for lineup, scores in matches:
        sheet.add(tuple(lineup), scores)
    assert sum(tally.matches for tally in sheet.tallies) == 4 * len(matches)
    assert sum(tally.share for tally in sheet.tallies) == pytest.approx(len(matches))
    assert sum(map(sum, sheet.points)) == pytest.approx(2 * len(matches)), "six pairs, a third of a point each"


@given(some.lists(some.floats(-1e6, 1e6), min_size=2, max_size=40))
def test_a_mean_is_that_of_the_library_also_where_numbers_come_one_by_one(values):
    mean = Mean()
    for value in values:
        mean.add(value)
    assert mean.mean == pytest.approx(fmean(values), abs=1e-6)
    assert mean.error == pytest.approx(student(len(values) - 1) * stdev(values) / len(values) ** 0.5, rel=1e-6, abs=1e-6)


def test_a_mean_of_large_numbers_loses_no_digits():
    mean = Mean()
    for value in (1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16):
        mean.add(value)
    assert mean.squares == pytest.approx(90)


def test_fewer_than_two_numbers_tell_nothing_of_how_sure_they_are():
    mean = Mean()
    assert mean.error is None
    mean.add(3)
    assert mean.mean == 3 and mean.error is None


@pytest.mark.parametrize(("freedom", "value"), [(1, 12.706), (8, 2.306), (9, 2.262), (20, 2.086), (60, 2.000), (10_000, 1.960)])
def test_the_quantiles_are_those_of_the_table(freedom, value):
    assert student(freedom) == pytest.approx(value, abs=0.001)
