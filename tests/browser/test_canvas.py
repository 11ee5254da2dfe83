"""The picture on the canvas: dots where the primitives say, sharp, letterboxed, and smooth only where that is honest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import rollback.games
from rollback.games.drawing import COLOURS, rgb
from tests.browser.acting_page import ActingPage, acting_page
from tests.browser.stage import Stage

GAMES = ["Pong", "Duel", "GridWorld", "Tetris"]


@pytest.fixture(scope="module")
def page(stage: Stage) -> Iterator[ActingPage]:
    """The page."""
    with acting_page(stage) as page:
        yield page


@pytest.fixture
def match(page: ActingPage) -> ActingPage:
    """The page in a match, on a large window."""
    page.size(1280, 800)
    page.calm("no-preference")
    page.begin()
    return page


def dots(page: ActingPage, primitives: list[Any], places: list[tuple[float, float]]) -> list[str]:
    return list(page.look("dots", primitives, places))


GROUND = "#10121a"
GREEN = "#00ff80"


@pytest.mark.parametrize(
    ("primitive", "inside", "outside"),
    [
        (["rect", 0.25, 0.5, 0.5, 0.25, GREEN], [(0.26, 0.52), (0.74, 0.73)], [(0.23, 0.6), (0.5, 0.47), (0.77, 0.6)]),
        (["circle", 0.5, 0.5, 0.25, GREEN], [(0.5, 0.27), (0.36, 0.5), (0.64, 0.5)], [(0.5, 0.22), (0.33, 0.5), (0.67, 0.5)]),
        (["line", 0.25, 0.5, 0.75, 0.5, 0.2, GREEN], [(0.3, 0.42), (0.22, 0.5)], [(0.5, 0.37), (0.17, 0.5), (0.19, 0.42)]),
    ],
)  # fmt: skip
def test_shapes_lie_where_the_drawing_says(
    page: ActingPage, primitive: list[Any], inside: list[tuple[float, float]], outside: list[tuple[float, float]]
) -> None:
    assert dots(page, [primitive], inside + outside) == [GREEN] * len(inside) + [GROUND] * len(outside)


@pytest.mark.parametrize("align", ["left", "center", "right"])
def test_text_stands_left_of_in_the_middle_of_or_right_of_its_place(page: ActingPage, align: str) -> None:
    left, right, top, bottom = page.look("lit", ["text", 0.5, 0.5, 0.4, "MMMMM", "#ffffff", align])
    assert right - left > 0.2, "the premise: it is wide"
    assert abs({"left": left, "right": right, "center": (left + right) / 2}[align] - 0.5) < 0.03
    assert abs((top + bottom) / 2 - 0.5) < 0.06 and 0.15 < bottom - top < 0.4


@pytest.mark.parametrize("y", [0.0, 0.02, 0.98, 1.0])
def test_a_line_of_text_at_an_edge_is_seen_whole(page: ActingPage, y: float) -> None:
    *_, top, bottom = page.look("lit", ["text", 0.5, y, 0.3, "MMMMM", "#ffffff", "center"])
    *_, high, low = page.look("lit", ["text", 0.5, 0.5, 0.3, "MMMMM", "#ffffff", "center"])
    assert bottom - top == pytest.approx(low - high, abs=0.011) and 0.02 < top and bottom < 0.98


def test_names_of_colours_mean_what_the_drawing_says(page: ActingPage) -> None:
    for name, (red, green, blue) in COLOURS.items():
        assert dots(page, [["rect", 0, 0, 1, 1, name]], [(0.5, 0.5)]) == [f"#{red:02x}{green:02x}{blue:02x}"], name


@pytest.mark.parametrize(
    "primitive",
    [
        ["hexagon", 0, 0, 1, 1, "red"], ["rect", 0, 0, 1], ["rect", "a", 0, 1, 1, "red"], ["circle", 0.5, 0.5, None, "red"],
        [], "rect", None, 7, ["toString"], ["__proto__", 1], ["line", 0, 0, 1, 1, "red"],
    ],
)  # fmt: skip
def test_what_is_no_primitive_is_left_out_and_the_rest_is_painted(page: ActingPage, primitive: Any) -> None:
    after = ["rect", 0, 0, 0.5, 1, "#0000ff"]
    assert dots(page, [primitive, after], [(0.2, 0.5), (0.9, 0.5)]) == ["#0000ff", GROUND]


def test_a_colour_that_is_none_hides_nothing(page: ActingPage) -> None:
    assert dots(page, [["rect", 0, 0, 1, 1, "url(x)"]], [(0.5, 0.5)]) == ["#ffffff"]


@pytest.mark.parametrize("name", GAMES)
def test_the_pictures_of_the_games_are_painted_whole(match: ActingPage, name: str) -> None:
    game = getattr(rollback.games, name)()
    game.reset(1)
    match.tell("picture", {"frame": 1, "primitives": [list(each) for each in game.draw()], "aspect": 1.6, "reason": "running"})
    seen = set(match.look("palette"))
    wanted = {"#{:02x}{:02x}{:02x}".format(*rgb(each[5])) for each in game.draw() if each[0] == "rect"}
    assert len(wanted) > 1 and len(wanted - seen) <= len(wanted) // 4, "a few may lie under others"


BALL = ["rect", 0.5, 0.5, 0.02, 0.03, "red"]
LINE = ["line", 0, 0, 0, 0, 0.1, "red"]
SCORE = ["text", 0.1, 0.1, 0.07, "1", "red", "left"]


@pytest.mark.parametrize(
    ("before", "after", "share", "shown"),
    [
        ([BALL], [["rect", 0.58, 0.42, 0.02, 0.03, "blue"]], 0.5, [["rect", 0.54, 0.46, 0.02, 0.03, "blue"]]),
        ([BALL], [["rect", 0.58, 0.42, 0.02, 0.03, "red"]], 0, [BALL]),
        ([BALL], [["rect", 0.58, 0.42, 0.02, 0.03, "red"]], 1, [["rect", 0.58, 0.42, 0.02, 0.03, "red"]]),
        ([BALL], [["rect", 0.61, 0.5, 0.02, 0.03, "red"]], 0.5, [["rect", 0.61, 0.5, 0.02, 0.03, "red"]]),  # put elsewhere
        ([BALL], [["rect", 0.5, 0.5, 0.2, 0.03, "red"]], 0.5, [["rect", 0.5, 0.5, 0.2, 0.03, "red"]]),  # another size at once
        ([SCORE], [["text", 0.12, 0.1, 0.07, "2", "red", "left"]], 0.5, [["text", 0.11, 0.1, 0.07, "2", "red", "left"]]),
        ([["circle", 0, 0, 0.1, "red"]], [["circle", 0.1, 0, 0.2, "red"]], 0.5, [["circle", 0.05, 0, 0.15, "red"]]),
        ([LINE], [["line", 0.1, 0, 0.05, 0, 0.1, "red"]], 0.2, [["line", 0.02, 0, 0.01, 0, 0.1, "red"]]),
        ([LINE], [["line", 0.1, 0, 0.5, 0, 0.1, "red"]], 0.2, [["line", 0.1, 0, 0.5, 0, 0.1, "red"]]),
        ([BALL], [SCORE], 0.5, [SCORE]),
        ([BALL, BALL], [BALL], 0.5, [BALL]),
        ([BALL], [["rect", 0.58, 0.5, 0.02, 0.03, "red"], SCORE], 0.5, [["rect", 0.58, 0.5, 0.02, 0.03, "red"], SCORE]),
        ([["rect", 0, None, 1, 1, "red"]], [["rect", 0, 0.05, 1, 1, "red"]], 0.5, [["rect", 0, 0.05, 1, 1, "red"]]),
    ],
)  # fmt: skip
def test_what_lies_between_two_pictures(page: ActingPage, before: Any, after: Any, share: float, shown: Any) -> None:
    came = page.look("between", before, after, share)
    assert [[round(part, 9) if isinstance(part, float) else part for part in each] for each in came] == shown


def test_a_screen_faster_than_the_pictures_shows_what_lies_between(match: ActingPage) -> None:
    seen = match.look("played", 100, 8)
    assert any(place % 1 > 0.01 for place in seen), "the premise: something was blended"
    assert seen == sorted(seen) and seen[-1] == 7


def test_whoever_wants_less_motion_sees_the_pictures_as_they_are(match: ActingPage) -> None:
    match.calm("reduce")
    match.begin()
    seen = match.look("played", 100, 6)
    assert seen[-1] == 5 and {round(place % 1, 3) for place in seen} == {0}


@pytest.mark.parametrize("aspect", [1.6, 1.0, 0.5, 3.0])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (360, 640)])
def test_the_canvas_keeps_the_proportions_of_the_picture(match: ActingPage, aspect: float, width: int, height: int) -> None:
    match.size(width, height)
    match.tell("picture", {"frame": 1, "primitives": [], "aspect": aspect, "reason": "running"})
    match.tab.until(f"() => Math.abs(look.stage().aspect - {aspect}) < 0.03")
    seen = match.look("stage")
    assert 0.98 < max(seen["share"]) <= 1 and seen["dots"] == [0, 0] and max(map(abs, seen["off"])) < 1


DARK = {1: "#080808", 3: "#080910", 4: "#080910"}
LIGHT = {1: "#fafafa", 3: "#fafbfc", 4: "#fafbfc"}
DOTS = {1: [8, 250], 3: [8, 9, 16, 250, 251, 252], 4: [8, 9, 16, 0, 250, 251, 252, 7]}


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_picture_of_pixels_is_enlarged_without_blur(match: ActingPage, channels: int) -> None:
    pixels = {"width": 2, "height": 1, "channels": channels}
    tell = "([pixels, dots]) => client.tell('picture', { pixels, data: new Uint8Array(dots), reason: 'running' })"
    match.tab.evaluate(tell, [pixels, DOTS[channels]])
    seen = match.look("colours", [(0, 0.5), (0.497, 0.1), (0.503, 0.9), (1, 0.5)])
    assert seen == [DARK[channels]] * 2 + [LIGHT[channels]] * 2
    assert abs(match.look("stage")["aspect"] - 2) < 0.02


@pytest.mark.parametrize(
    "picture",
    [
        "{ pixels: { width: 2, height: 2, channels: 3 }, data: new Uint8Array(5) }",
        "{ pixels: { width: 1e9, height: 1e9, channels: 3 }, data: new Uint8Array(5) }",
        "{ pixels: { width: -1, height: 0, channels: 3 } }",
        "{ pixels: { width: 1, height: 1, channels: 2 }, data: new Uint8Array(2) }",
        "{ aspect: -1 }",
        "{ aspect: NaN, primitives: null }",
    ],
)
def test_a_picture_that_is_none_harms_nothing(match: ActingPage, picture: str) -> None:
    match.tab.evaluate(f"() => client.tell('picture', {{ frame: 1, reason: 'running', ...{picture} }})")
    match.tell("picture", {"frame": 2, "primitives": [["rect", 0, 0, 1, 1, "#00ff00"]], "aspect": 1.6, "reason": "running"})
    assert match.look("colours", [(0.5, 0.5)]) == ["#00ff00"]
