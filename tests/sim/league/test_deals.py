"""Scores on the same seeds: whatever order they come in, it is what a table of all of them would say."""

from __future__ import annotations

from random import Random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rollback.sim.league.deals import Deals

AGENTS = 3
SCORES = some.lists(some.tuples(*[some.one_of(some.none(), some.integers(-3, 3)) for _ in range(AGENTS)]), max_size=12)


def filled(scores, order: Random | None = None) -> Deals:
    """Return what came of scores by seed and agent, None for a failed match, in an order that shuffles."""
    deals = Deals(AGENTS)
    played = [(deal, agent, score) for deal, row in enumerate(scores) for agent, score in enumerate(row)]
    if order is not None:
        order.shuffle(played)
    for deal, agent, score in played:
        if score is None:
            deals.fail(deal, agent)
        else:
            deals.add(deal, agent, float(score))
    return deals


@given(SCORES)
def test_differences_are_of_those_seeds_that_both_played(scores):
    deals = filled(scores)
    for left in range(AGENTS):
        for right in range(AGENTS):
            both = [row[left] - row[right] for row in scores if row[left] is not None and row[right] is not None]
            found = deals.differences[left][right]
            assert found.count == (0 if left == right else len(both))
            if found.count:
                assert found.mean == pytest.approx(fmean(both), abs=1e-9)


@given(SCORES)
def test_means_are_of_all_that_were_played_and_failures_are_counted(scores):
    deals = filled(scores)
    for agent, tally in enumerate(deals.sheet.tallies):
        mine = [row[agent] for row in scores if row[agent] is not None]
        assert tally.score.count == len(mine) and tally.failures == len(scores) - len(mine)
        if mine:
            assert tally.score.mean == pytest.approx(fmean(mine), abs=1e-9)


@given(SCORES)
def test_on_each_seed_that_at_least_two_played_there_is_one_first_place(scores):
    deals = filled(scores)
    compared = [[score for score in row if score is not None] for row in scores]
    compared = [row for row in compared if len(row) > 1]
    assert sum(tally.share for tally in deals.sheet.tallies) == pytest.approx(len(compared))
    assert sum(tally.matches for tally in deals.sheet.tallies) == sum(map(len, compared))


@given(SCORES, some.integers(0, 1000))
def test_the_order_in_which_matches_end_changes_nothing(scores, seed):
    straight, shuffled = filled(scores), filled(scores, Random(seed))
    for agent in range(AGENTS):
        mine, theirs = straight.sheet.tallies[agent], shuffled.sheet.tallies[agent]
        assert (mine.won, mine.drawn, mine.lost, mine.failures) == (theirs.won, theirs.drawn, theirs.lost, theirs.failures)
        assert mine.score.mean == pytest.approx(theirs.score.mean, abs=1e-9)
    assert straight.sheet.met == shuffled.sheet.met


def test_seeds_that_all_have_played_are_not_held():
    deals = Deals(2)
    for deal in range(1000):
        deals.add(deal, 0, 1.0)
        deals.add(deal, 1, 2.0, is_truncated=True)
    assert not deals._waiting, "or a long run would grow"
    assert deals.sheet.tallies[1].truncated == 1000 and deals.sheet.tallies[0].truncated == 0
