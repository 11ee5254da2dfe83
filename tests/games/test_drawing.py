import json

import pytest

from rollback.errors import UsageError
from rollback.games import Duel, Pong
from rollback.games.drawing import BACKGROUND, COLOURS, circle, line, rect, rgb, text

LENGTHS = {"rect": 6, "circle": 5, "line": 7, "text": 7}


def test_the_makers_give_the_documented_tuples():
    assert rect(0.1, 0.2, 0.3, 0.4, "red") == ("rect", 0.1, 0.2, 0.3, 0.4, "red")
    assert circle(0.5, 0.5, 0.1, "gold") == ("circle", 0.5, 0.5, 0.1, "gold")
    assert line(0, 0, 1, 1, 0.01, "white") == ("line", 0, 0, 1, 1, 0.01, "white")
    assert text(0.5, 0.5, 0.1, "hello", "white") == ("text", 0.5, 0.5, 0.1, "hello", "white", "left")
    assert text(0.5, 0.5, 0.1, "hello", "white", "right")[-1] == "right"


@pytest.mark.parametrize(
    ("colour", "expected"),
    [("#000000", (0, 0, 0)), ("#ff8001", (255, 128, 1)), ("#FFFFFF", (255, 255, 255)), ("gold", (255, 215, 0))],
)
def test_colours_become_three_numbers(colour, expected):
    assert rgb(colour) == expected


def test_every_name_and_the_background_are_colours():
    for name, value in COLOURS.items():
        assert rgb(name) == value
        assert all(0 <= part <= 255 for part in value)
    assert len(rgb(BACKGROUND)) == 3


@pytest.mark.parametrize("colour", ["", "#fff", "#gggggg", "rgb(1,2,3)", "#1234567", "mauve"])
def test_what_is_no_colour_is_refused_with_what_is_one(colour):
    with pytest.raises(UsageError, match=r"is no colour: give .* or one of black, white"):
        rgb(colour)


@pytest.mark.parametrize("make", [Pong, Duel])
def test_pictures_of_a_whole_match_are_what_the_documentation_says(make, bot_match):
    kinds = set()
    for frame, (game, _) in enumerate(bot_match(make, 4, 6_000)):
        if frame % 50:
            continue
        for primitive in game.draw():
            kind, *rest = primitive
            kinds.add(kind)
            assert type(primitive) is tuple
            assert len(primitive) == LENGTHS[kind]
            colour = rest[-2] if kind == "text" else rest[-1]
            rgb(colour)
            numbers = rest[:3] if kind == "text" else rest[:-1]
            assert all(isinstance(number, int | float) for number in numbers)
            assert all(-0.6 < number < 1.6 for number in numbers), primitive
            if kind == "text":
                assert isinstance(rest[3], str)
                assert rest[5] in ("left", "center", "right")
    assert {"rect", "line", "text"} <= kinds


@pytest.mark.parametrize("make", [Pong, Duel])
def test_pictures_survive_a_trip_through_json_to_a_browser(make):
    picture = make(seed=3).draw()
    assert [tuple(primitive) for primitive in json.loads(json.dumps(picture))] == picture


@pytest.mark.parametrize("make", [Pong, Duel])
def test_drawing_changes_nothing(make, bot_match):
    for frame, (game, _) in enumerate(bot_match(make, 9, 400)):
        if frame % 20 == 0:
            before = repr(game.save())
            game.draw()
            game.render()
            game.observe(0)
            assert repr(game.save()) == before
