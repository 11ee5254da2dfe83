"""A picture as a page gets it: small, in plain values, and never a reason to end a match."""

from __future__ import annotations

import json
from typing import Any

import numpy
import pytest

from rollback.games import Duel, GridWorld, Pong, Tetris
from rollback.netplay.in_worker.pictures import picture_of, scores_of, text_of


@pytest.mark.parametrize("make", [Pong, Duel, GridWorld, Tetris])
def test_what_games_draw_travels_with_four_digits(make: Any) -> None:
    game = make()
    told, data = picture_of(game)
    assert data is None and len(told["primitives"]) == len(list(game.draw()))
    for sent, drawn in zip(json.loads(json.dumps(told["primitives"])), game.draw(), strict=True):
        for ours, theirs in zip(sent, drawn, strict=True):
            assert ours == theirs or abs(ours - theirs) <= 0.00005
            assert not isinstance(ours, float) or len(repr(ours).partition(".")[2]) <= 4 or "e" in repr(ours)


class Rendered:
    def __init__(self, picture: Any) -> None:
        self._picture = picture

    def render(self) -> Any:
        if isinstance(self._picture, Exception):
            raise self._picture
        return self._picture


@pytest.mark.parametrize("shape", [(4, 6, 3), (4, 6, 4), (4, 6, 1), (4, 6)])
def test_rendered_pixels_travel_as_bytes_beside_their_size(shape: tuple[int, ...]) -> None:
    pixels = numpy.arange(numpy.prod(shape), dtype="uint8").reshape(shape)
    told, data = picture_of(Rendered(pixels[::-1]))
    channels = shape[2] if len(shape) == 3 else 1
    assert told == {"pixels": {"width": 6, "height": 4, "channels": channels}, "aspect": 1.5}
    assert data == pixels[::-1].tobytes()


@pytest.mark.parametrize(
    "picture",
    [
        numpy.zeros((0, 4, 3), "uint8"),
        numpy.zeros((4, 4, 2), "uint8"),
        numpy.zeros((4, 4, 3)),
        None,
        7,
    ],
    ids=str,
)
def test_what_is_no_picture_is_words(picture: Any) -> None:
    assert picture_of(Rendered(picture)) == ({"words": "(this game draws no picture)"}, None)


def test_text_is_shown_as_it_is_and_a_game_without_any_picture_says_so() -> None:
    assert picture_of(Rendered("a row\nand another")) == ({"words": "a row\nand another"}, None)
    assert picture_of(object()) == ({"words": "(this game draws no picture)"}, None)


def test_a_game_that_cannot_draw_its_state_ends_nothing() -> None:
    told, _ = picture_of(Rendered(OverflowError("too far")))
    assert told == {"words": "(this state cannot be drawn)\nOverflowError"}


class Drawn:
    def __init__(self, *primitives: Any) -> None:
        self._primitives = primitives

    def draw(self) -> Any:
        return self._primitives


@pytest.mark.parametrize("number", [float("nan"), float("inf"), numpy.float64("nan"), {1}, b"x"], ids=repr)
def test_a_place_that_is_no_number_is_no_picture_and_reaches_no_page(number: Any) -> None:
    told, _ = picture_of(Drawn(("circle", 0.5, number, 0.1, "red")))
    assert told["words"].startswith("(this state cannot be drawn)")


@pytest.mark.parametrize("number", [numpy.float32(0.25), numpy.float64(0.25), numpy.int64(0), True], ids=repr)
def test_numbers_of_numpy_are_drawn_as_numbers(number: Any) -> None:
    told, _ = picture_of(Drawn(("circle", number, 0.123456, 0.1, "red")))
    sent = json.loads(json.dumps(told["primitives"]))[0]
    assert sent == ["circle", number, 0.1235, 0.1, "red"]


class Scored:
    def __init__(self, *scores: Any) -> None:
        self._scores = scores

    def scores(self) -> Any:
        return self._scores


def test_scores_are_plain_numbers_or_none() -> None:
    assert scores_of(Pong()) == [0, 0] and scores_of(object()) is None
    assert scores_of(Scored(numpy.float32(0.5), numpy.int64(3), True)) == [0.5, 3.0, 1.0]
    assert scores_of(Scored(float("nan"), 1)) is None and scores_of(Scored("many")) is None


def test_the_score_is_told_in_one_line() -> None:
    assert text_of([1, 2.5], {0: "ann", 1: "bob"}, 1) == "ann 1, You 2.5"
    assert text_of([1, 2], {1: "bob"}, None) == "Player 1 1, bob 2"
    assert text_of(None, {}, 0) == text_of([], {}, 0) == ""
