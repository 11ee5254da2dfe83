"""The line to the others, as the page tells it: a word with a shape, its reason, numbers and a small live graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.acting_page import ActingPage, acting_page
from tests.browser.stage import Stage

STATS: dict[str, Any] = {
    "rtt_ms": 84.4, "rollbacks": 120, "rollbacks_per_second": 3.25, "resimulated": 400, "depth": {"last": 4, "max": 7},
    "stalls": 2, "frames_ahead": -0.44, "quality": "fair", "why": "The round trip of 84 ms costs rollbacks.", "path": "webrtc",
}  # fmt: skip


@pytest.fixture(scope="module")
def shared(stage: Stage) -> Iterator[ActingPage]:
    """The page."""
    with acting_page(stage) as page:
        yield page


@pytest.fixture
def page(shared: ActingPage) -> ActingPage:
    """The page in a match that begins, with the numbers unfolded."""
    shared.size(1280, 800)
    shared.begin()
    shared.tab.evaluate("() => { document.querySelector('#overlay').open = true; }")
    return shared


def numbers(page: ActingPage) -> dict[str, str]:
    return dict(page.look("numbers"))


def test_every_number_is_told_with_its_unit(page: ActingPage) -> None:
    assert set(numbers(page).values()) == {"\u2013"}, "nothing is known yet"
    page.tell("stats", STATS)
    assert numbers(page) == {
        "Round trip": "84 ms", "Rollbacks": "3.3 /s", "Depth": "4, most 7", "Stalls": "2", "Ahead": "\u22120.4",
    }  # fmt: skip
    assert page.text("#quality-brief") == "84 ms"
    page.tell("stats", {**STATS, "frames_ahead": 1.26})
    assert numbers(page)["Ahead"] == "+1.3"


@pytest.mark.parametrize(("quality", "shape"), [("good", "●"), ("fair", "▲"), ("poor", "■")])
def test_the_quality_is_a_word_a_shape_and_a_colour_with_its_reason(page: ActingPage, quality: str, shape: str) -> None:
    page.tell("stats", {**STATS, "quality": quality, "why": f"It is {quality}."})
    assert page.text("#quality") == quality and page.text("#quality-mark") == shape and page.text("#why") == f"It is {quality}."
    same = f"""() => {{
        const probe = document.createElement("i");
        probe.style.color = "var(--{quality})";
        document.body.append(probe);
        const wanted = getComputedStyle(probe).color;
        probe.remove();
        return wanted === getComputedStyle(document.querySelector("#quality")).color;
    }}"""
    assert page.tab.evaluate(same)


def test_a_detour_through_the_lobby_is_told(page: ActingPage) -> None:
    page.tell("stats", {**STATS, "path": "relay"})
    assert page.text("#why") == f"{STATS['why']} · through the lobby, not directly"


def test_datagrams_that_were_dropped_on_the_way_through_the_lobby_are_told_for_a_while(page: ActingPage) -> None:
    relayed = {**STATS, "quality": "good", "path": "relay"}
    page.tell("stats", {**relayed, "dropped": 0})
    assert page.text("#quality") == "good" and "dropped" not in page.text("#why")
    page.tell("stats", {**relayed, "dropped": 12})
    assert page.text("#quality") == "fair"
    assert page.text("#why").endswith("not directly · the line through the lobby is too slow: 12 datagrams dropped")
    page.tell("stats", {**relayed, "quality": "poor", "dropped": 12})
    assert page.text("#quality") == "poor" and "12 datagrams dropped" in page.text("#why")
    for _ in range(39):
        page.tell("stats", {**relayed, "dropped": 12})
    assert page.text("#quality") == "good" and "dropped" not in page.text("#why"), "it was a while ago"


@pytest.mark.parametrize("stats", [{}, {"rtt_ms": None, "depth": None, "quality": "<b>"}, {"rtt_ms": "x", "frames_ahead": "y"}])
def test_what_is_not_known_is_a_dash(page: ActingPage, stats: dict[str, Any]) -> None:
    page.tell("stats", stats)
    assert set(numbers(page).values()) == {"\u2013"} and page.text("#quality") == "good"


def test_the_graph_grows_from_the_right_with_the_newest_last(page: ActingPage) -> None:
    assert page.look("graph", "--graph-bar") == {"count": 0}, "the premise: it begins empty"
    for _ in range(20):
        page.tell("stats", {**STATS, "rollbacks_per_second": 10})
    bars = page.look("graph", "--graph-bar")
    assert 0.8 < bars["left"] < 0.95 and bars["right"] > 0.97 and bars["top"] < 0.2, (
        "twenty of 160 samples, as high as the graph"
    )
    page.tell("stats", {**STATS, "rollbacks_per_second": 40})
    for _ in range(200):
        page.tell("stats", {**STATS, "rollbacks_per_second": 20})
    bars = page.look("graph", "--graph-bar")
    assert bars["left"] < 0.02 and bars["right"] > 0.97 and bars["top"] < 0.2, (
        "the high one has left, and the scale is that of what is seen"
    )


def test_a_stall_is_a_notch_at_the_top_once(page: ActingPage) -> None:
    page.tell("stats", {**STATS, "stalls": 0})
    page.tell("stats", {**STATS, "stalls": 0})
    assert page.look("graph", "--poor") == {"count": 0}
    page.tell("stats", {**STATS, "stalls": 1})
    one = page.look("graph", "--poor")
    page.tell("stats", {**STATS, "stalls": 1})
    again = page.look("graph", "--poor")
    assert one["bottom"] < 0.15 and again["count"] == one["count"]


def test_the_line_of_the_graph_falls_as_the_round_trip_does(page: ActingPage) -> None:
    page.tell("stats", {**STATS, "rollbacks_per_second": 0, "rtt_ms": 95})
    for _ in range(40):
        page.tell("stats", {**STATS, "rollbacks_per_second": 0, "rtt_ms": 5})
    line = page.look("graph", "--graph-line")
    assert line["top"] < 0.35 and line["bottom"] > 0.85 and 0.6 < line["left"] < 0.9


def test_it_can_be_folded_away_with_the_keyboard_and_stays_so(page: ActingPage) -> None:
    summary = "#overlay summary"
    page.tab.evaluate("(summary) => document.querySelector(summary).focus()", summary)
    page.key("press", "Enter")
    assert page.tab.evaluate("() => document.querySelector('#numbers').checkVisibility()") is False
    page.tell("stats", {**STATS, "quality": "poor"})
    assert page.text("#quality") == "poor", "the word stays in sight"
    page.tab.until("() => sessionStorage.getItem('rollback.folded') === 'yes'")
    page.visit()
    page.begin()
    assert page.tab.evaluate("() => document.querySelector('#overlay').open") is False


def test_a_phone_begins_with_it_folded(page: ActingPage) -> None:
    page.tab.evaluate("() => sessionStorage.clear()")
    page.size(360, 640)
    page.visit()
    assert page.tab.evaluate("() => document.querySelector('#overlay').open") is False
    page.size(1280, 800)
    page.tab.evaluate("() => sessionStorage.clear()")
    page.visit()
    assert page.tab.evaluate("() => document.querySelector('#overlay').open") is True


def test_another_match_begins_without_what_was(page: ActingPage) -> None:
    for _ in range(30):
        page.tell("stats", {**STATS, "stalls": 9})
    page.begin()
    page.tell("stats", {**STATS, "stalls": 0, "rollbacks_per_second": 0})
    assert page.look("graph", "--graph-bar") == {"count": 0} and page.look("graph", "--poor") == {"count": 0}
