"""What a tournament came to, in words and values: what is told of whom, and what is not known."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from rollback.sim.league.scoresheet import Scoresheet
from rollback.sim.league.standings import Standing, standings
from rollback.sim.league.table import Failed, rated, scored
from rollback.sim.pool.intervals import Interval
from tests.sim.league.tables import alone_of, table_of

ROW = Standing(
    rank=1, agent="ann", elo=181.6, error=34.7, matches=40, won=20, drawn=10, lost=10, share=0.625,
    interval=Interval(0.47, 0.76), score=2.3, score_error=0.678,
)  # fmt: skip


def test_a_rating_has_a_sign_and_half_of_its_interval():
    assert rated(ROW) == "+182 ± 35"
    assert rated(replace(ROW, elo=-7.4)) == "\u22127 ± 35"
    assert rated(replace(ROW, elo=0.0)) == "+0 ± 35"


def test_who_never_played_has_no_rating_though_the_numbers_are_there():
    assert rated(replace(ROW, matches=0)) == "-" and rated(replace(ROW, elo=None)) == "-"


def test_a_mean_score_has_its_interval_where_it_is_known():
    assert scored(ROW) == "2.30 ± 0.68"
    assert scored(replace(ROW, score=-3.0, score_error=None)) == "\u22123.00"
    assert scored(replace(ROW, score=None)) == "-"


def test_the_heading_tells_what_was_played():
    table = table_of(["ann", "bob", "cid"], 1200)
    assert table.heading == "sums: 1,200 matches between 3 agents"
    assert "Elo" in table.measure and table.axis == "Elo" and "draw" in table.crossing


def test_a_game_for_one_is_told_as_such():
    table = alone_of(["ann", "bob"])
    assert table.is_alone and table.axis == "mean score" and "same seeds" in table.measure and "same seeds" in table.crossing


def test_a_row_is_ranked_by_its_rating_or_alone_by_its_mean_score():
    assert table_of(["ann", "bob"]).span(ROW) == pytest.approx((146.9, 181.6, 216.3))
    assert alone_of(["ann", "bob"]).span(ROW) == pytest.approx((1.622, 2.3, 2.978))


def test_what_never_played_is_nowhere_on_a_picture():
    assert table_of(["ann", "bob"]).span(replace(ROW, matches=0)) is None
    assert alone_of(["ann", "bob"]).span(replace(ROW, score=None)) is None
    assert alone_of(["ann", "bob"]).span(replace(ROW, score_error=None)) == (2.3, 2.3, 2.3)


def test_the_figures_of_a_row_are_its_rating_and_its_share():
    table, alone = table_of(["ann", "bob"]), alone_of(["ann", "bob"])
    assert table.figures(ROW) == "+182 ± 35, share 62.5%"
    assert table.figures(replace(ROW, matches=0, share=None)) == "did not play"
    assert alone.figures(ROW).endswith(" ± 0.68, first on 62.5%")
    assert alone.figures(replace(ROW, share=None)) == scored(ROW)


def test_all_of_it_comes_back_from_json_as_it_was_told():
    failed = Failed(7, "crashed", ("ann", "bob"), 99, "gone", "gone\nfar", "rollback simulate --only 7")
    told = replace(table_of(["ann", "bob", "cid"], 7), failures=(failed,)).to_dict()
    back = json.loads(json.dumps(told))
    assert back["failures"] == [
        {
            "index": 7, "status": "crashed", "agents": ["ann", "bob"], "seed": 99, "why": "gone", "error": "gone\nfar",
            "command": "rollback simulate --only 7",
        }
    ]  # fmt: skip
    assert [row["agent"] for row in back["standings"]] == [row["agent"] for row in told["standings"]]
    assert len(back["cross"]) == 3 and all(back["cross"][place][place] is None for place in range(3))


def test_a_cross_table_adds_up_to_whole_points():
    table = table_of(["ann", "bob", "cid", "dan"], 50)
    for row in range(4):
        for column in range(row):
            mine, theirs = table.cross[row][column], table.cross[column][row]
            assert mine.matches == theirs.matches
            assert mine.share + theirs.share == pytest.approx(1)


def test_the_shares_of_a_row_are_those_of_its_encounters():
    table = table_of(["ann", "bob", "cid"], 48)
    for row, line in zip(table.standings, table.cross, strict=True):
        met = [cell for cell in line if cell is not None]
        assert sum(cell.matches for cell in met) == row.matches
        assert sum(cell.matches * cell.share for cell in met) == pytest.approx(row.share * row.matches)


def test_more_matches_of_the_same_kind_make_narrower_intervals_everywhere():
    few, many = Scoresheet(2), Scoresheet(2)
    for sheet, count in ((few, 8), (many, 800)):
        for number in range(count):
            sheet.add((0, 1), (1, number % 4 == 0) if number % 2 else (number % 4 == 0, 1))
    rows = [standings(["ann", "bob"], sheet)[0] for sheet in (few, many)]
    assert rows[0].share == rows[1].share
    assert rows[1].error < rows[0].error / 3
    assert rows[1].interval.high - rows[1].interval.low < (rows[0].interval.high - rows[0].interval.low) / 3
