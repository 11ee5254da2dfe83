"""The picture: well-formed, nothing outside of it, told in words too, whatever the agents are called."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rollback.sim.league.plot import MOST_CROSSED, plot
from rollback.sim.league.table import Failed, rated, scored
from tests.sim.league.tables import alone_of, table_of

SVG = "{http://www.w3.org/2000/svg}"


def words(drawing: str) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(drawing).iter(f"{SVG}text")]


def numbers(drawing: str, *names: str) -> list[float]:
    return [float(each.get(name)) for each in ElementTree.fromstring(drawing).iter() for name in names if each.get(name)]


def test_it_shows_each_agent_with_its_rating_and_its_interval():
    table = table_of(["ann", "bob", "cid"])
    drawing = plot(table)
    shown = words(drawing)
    for row in table.standings:
        assert row.agent in shown and any(rated(row) in text for text in shown)
    root = ElementTree.fromstring(drawing)
    assert len(list(root.iter(f"{SVG}circle"))) == 3
    whiskers = [each for each in root.iter(f"{SVG}line") if each.get("class") == "whisker"]
    for dot, whisker in zip(root.iter(f"{SVG}circle"), whiskers, strict=True):
        assert float(whisker.get("x1")) < float(dot.get("cx")) < float(whisker.get("x2"))


def test_better_agents_stand_further_right_and_higher():
    root = ElementTree.fromstring(plot(table_of(["ann", "bob", "cid", "dan"])))
    dots = [(float(dot.get("cx")), float(dot.get("cy"))) for dot in root.iter(f"{SVG}circle")]
    assert dots == sorted(dots, key=lambda dot: -dot[0]) and dots == sorted(dots, key=lambda dot: dot[1])


def test_all_of_it_is_told_in_words_to_who_cannot_see_it():
    table = table_of(["ann", "bob"])
    root = ElementTree.fromstring(plot(replace(table, failures=(Failed(1, "error", ("ann", "bob"), 7, "", "", ""),))))
    assert root.get("role") == "img" and root.get("aria-labelledby") == "league-title league-description"
    assert root.find(f"{SVG}title").text == "sums: 60 matches between 2 agents"
    told = root.find(f"{SVG}desc").text
    assert "1. bob: +" in told and "2. ann: \u2212" in told and "1 matches failed" in told


def test_it_is_for_light_and_dark_and_asks_nothing_of_anybody():
    drawing = plot(table_of(["ann", "bob"]))
    assert "prefers-color-scheme: dark" in drawing
    light, dark = drawing.split("@media")
    for kind in (".ground", ".word", ".faint", ".dot", ".whisker", ".ahead", ".behind"):
        assert kind in light and kind in dark
    assert "http" not in drawing.replace("http://www.w3.org/2000/svg", "") and "<script" not in drawing


@given(some.lists(some.text(min_size=1, max_size=60), min_size=2, max_size=5, unique=True))
def test_any_names_make_a_drawing_that_can_be_read(labels):
    labels = [re.sub(r"[^\t\n\r -\ud7ff\ue000-\ufffd]", "?", label) + str(place) for place, label in enumerate(labels)]
    drawing = plot(table_of(labels, 20))
    width = float(ElementTree.fromstring(drawing).get("width"))
    assert all(0 <= value <= width for value in numbers(drawing, "x", "x1", "x2", "cx"))


def test_names_are_cut_at_the_front_rather_than_laid_over_the_picture():
    shown = words(plot(table_of(["ann", "a/very/long/folder/of/many/bots.py:TheVeryBest"])))
    assert any(text.startswith("\u2026") and text.endswith("bots.py:TheVeryBest") for text in shown)


def test_what_looks_like_markup_stays_text():
    drawing = plot(table_of(["<script>alert(1)</script>", "a & b"]))
    assert "<script>" not in drawing and "a & b" in words(drawing)


def test_the_cross_table_is_left_out_where_nobody_could_read_it():
    few, many = table_of([f"a{place}" for place in range(3)]), table_of([f"a{place}" for place in range(MOST_CROSSED + 1)])
    assert few.crossing in words(plot(few)) and many.crossing not in words(plot(many))
    assert len(words(plot(few))) > 3 * 3


def test_a_game_for_one_is_drawn_by_its_mean_scores():
    table = alone_of(["ann", "bob", "cid"])
    shown = words(plot(table))
    assert "mean score" in shown and any(text.startswith(scored(table.standings[0])) for text in shown)
    assert any("first on 100.0%" in text for text in shown)


@pytest.mark.parametrize("matches", [0, 1])
def test_a_table_of_next_to_nothing_can_be_drawn(matches):
    drawing = plot(table_of(["ann", "bob", "cid"], matches))
    assert "did not play" in " ".join(words(drawing))
    ElementTree.fromstring(drawing)
