"""The table: order, shares and intervals, of matches against each other and of seeds played alone."""

from __future__ import annotations

import json

import pytest

from rollback.sim.league.deals import Deals
from rollback.sim.league.scoresheet import Scoresheet
from rollback.sim.league.standings import encounters, standings, standings_alone
from rollback.sim.pool.intervals import wilson


def test_the_strongest_stands_first_with_its_share_and_interval():
    sheet = Scoresheet(2)
    for _ in range(3):
        sheet.add((0, 1), (0, 5))
    sheet.add((1, 0), (2, 5))
    first, second = standings(["ann", "bob"], sheet)
    assert (first.rank, first.agent, first.won, first.drawn, first.lost) == (1, "bob", 3, 0, 1)
    assert first.share == 0.75 and first.interval == wilson(3, 4)
    assert first.elo > 0 > second.elo and second.agent == "ann" and second.score == 1.25


def test_who_never_played_stands_last_though_nothing_speaks_against_it():
    sheet = Scoresheet(3)
    sheet.add((0, 1), (5, 0))
    sheet.fail((2, 2))
    table = standings(["ann", "bob", "cid"], sheet)
    assert [row.agent for row in table] == ["ann", "bob", "cid"]
    assert table[2].share is None and table[2].score is None and table[2].failures == 1


def test_equals_stand_in_the_order_in_which_they_were_named():
    sheet = Scoresheet(3)
    for lineup in ((0, 1), (1, 2), (2, 0)):
        sheet.add(lineup, (1, 1))
    assert [row.agent for row in standings(["ann", "bob", "cid"], sheet)] == ["ann", "bob", "cid"]


def test_shared_first_places_never_make_more_points_than_matches():
    sheet = Scoresheet(3)
    for _ in range(1000):
        sheet.add((0, 1, 2), (1, 1, 1))
    sheet.tallies[0].share = sheet.tallies[0].matches + 1e-9  # as thirds that were added up may be
    assert standings(["ann", "bob", "cid"], sheet)[0].interval.high <= 1


def test_the_cross_table_says_what_the_row_took_from_the_column():
    sheet = Scoresheet(3)
    sheet.add((0, 1), (5, 0))
    sheet.add((0, 1), (1, 1))
    cross = encounters(sheet, [1, 0, 2])
    assert cross[0][0] is None
    assert cross[0][1].share == 0.25 and cross[1][0].share == 0.75 and cross[0][1].matches == 2
    assert cross[0][2].matches == 0 and cross[0][2].share is None


def test_a_game_for_one_is_ranked_by_mean_scores_and_compared_seed_by_seed():
    """The seeds differ by far more than the agents: the means are unsure, the difference is not."""
    deals = Deals(2)
    for deal in range(20):
        deals.add(deal, 1, 100.0 * deal + 2 + deal % 2)
        deals.add(deal, 0, 100.0 * deal)
    first, second = standings_alone(["ann", "bob"], deals)
    assert (first.agent, first.elo, first.won, first.share) == ("bob", None, 20, 1.0)
    assert second.score == pytest.approx(950) and second.score_error > 200
    behind, error = second.behind
    assert behind == pytest.approx(2.5) and error < 0.3 and first.behind is None


def test_seeds_count_as_soon_as_all_have_played_them_in_whatever_order():
    deals = Deals(2)
    deals.add(0, 0, 1.0)
    deals.add(1, 1, 5.0)
    assert [tally.matches for tally in deals.sheet.tallies] == [0, 0]
    assert [tally.score.count for tally in deals.sheet.tallies] == [1, 1]
    deals.add(1, 0, 5.0)
    assert [tally.drawn for tally in deals.sheet.tallies] == [1, 1]
    deals.add(0, 1, 0.0)
    assert [tally.won for tally in deals.sheet.tallies] == [1, 0]


def test_on_a_seed_on_which_one_failed_the_others_are_compared():
    deals = Deals(3)
    deals.fail(0, 1)
    deals.add(0, 0, 1.0)
    deals.add(0, 2, 2.0)
    deals.fail(1, 0)
    deals.fail(1, 1)
    deals.add(1, 2, 9.0)
    table = standings_alone(["ann", "bob", "cid"], deals)
    assert [(row.agent, row.matches, row.failures) for row in table] == [("cid", 1, 0), ("ann", 1, 1), ("bob", 0, 2)]
    assert table[1].behind == (1.0, None) and table[2].score is None


def test_a_line_is_values_that_json_can_hold():
    sheet = Scoresheet(2)
    sheet.add((0, 1), (5, 0))
    values = json.loads(json.dumps([row.to_dict() for row in standings(["ann", "bob"], sheet)]))
    assert values[0]["agent"] == "ann" and values[0]["interval"][1] == 1.0
