"""Every game's picture fits its field, whatever the game draws."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rollback.cli.field import field_lines, picture_of
from rollback.cli.layout import width_of
from rollback.cli.palette import Palette
from rollback.games import Duel, Pong
from tests.cases import every

SIZES = [(56, 18), (26, 8), (80, 24), (37, 12)]


class Text:
    def render(self) -> str:
        return "\x1b[31mred\x1b[0m\nand 日本"


class Large:
    def render(self) -> str:
        return "\n".join("x" * 200 for _ in range(100))


class Array:
    def render(self) -> Any:
        return [[0, 1], [1, 0]]


class Nothing:
    pass


@every("size", SIZES)
@every("depth", ["none", "256", "truecolor"])
@every("game", [Pong(), Duel(), Text(), Large(), Array(), Nothing()])
def test_a_picture_fills_its_field_exactly(game: Any, depth: Any, size: tuple[int, int]) -> None:
    lines = field_lines(picture_of(game), *size, Palette(depth))
    assert len(lines) == size[1]
    assert {width_of(line) for line in lines} == {size[0]}


@pytest.mark.parametrize("game", [Pong(), Duel(), Text(), Nothing()])
def test_a_picture_that_travelled_looks_the_same(game: Any) -> None:
    picture = picture_of(game)
    palette = Palette("truecolor")
    assert field_lines(json.loads(json.dumps(picture)), 56, 18, palette) == field_lines(picture, 56, 18, palette)


def test_the_built_in_pictures_are_those_of_render() -> None:
    assert field_lines(picture_of(Pong()), 56, 18, Palette("none")) == Pong().render().split("\n")


def test_a_text_stands_in_the_middle_without_its_colours() -> None:
    lines = field_lines(picture_of(Text()), 12, 4, Palette("none"))  # type: ignore[arg-type]
    assert [line.rstrip() for line in lines] == ["", "  red", "  and 日本", ""]


@pytest.mark.parametrize("game", [Nothing(), Array()])
def test_a_game_without_a_picture_says_so(game: Any) -> None:
    assert "draws no picture" in "".join(field_lines(picture_of(game), 56, 3, Palette("none")))
