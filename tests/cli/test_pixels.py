"""Arrays of pixels travel small, and are seen in their proportions, whatever the terminal can show."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.cli.field import field_lines, picture_of
from rollback.cli.layout import width_of
from rollback.cli.palette import Palette
from rollback.cli.pixels import MOST, is_pixels, packed, pixel_lines, unpacked
from rollback.replays.pictures import BACKGROUND
from rollback.replays.pictures import picture_of as image_of
from tests.cases import every

PLAIN = Palette("none")


class Renders:
    """A game that renders an array."""

    def __init__(self, pixels: Any) -> None:
        self.pixels = pixels

    def render(self) -> Any:
        return self.pixels


def halves(height: int = 40, width: int = 60) -> Any:
    """Black above, white below."""
    pixels = numpy.zeros((height, width, 3), dtype="uint8")
    pixels[height // 2 :] = 255
    return pixels


@every("depth", ["none", "standard", "256", "truecolor"])
@every("size", [(56, 18), (26, 8), (20, 30), (7, 3)])
@every("shape", [(40, 60), (600, 400), (3, 200), (200, 3), (1, 1)])
def test_pixels_fill_the_field_exactly(shape: tuple[int, int], size: tuple[int, int], depth: Any) -> None:
    lines = field_lines(picture_of(Renders(halves(*shape))), *size, Palette(depth))  # type: ignore[arg-type]
    assert len(lines) == size[1]
    assert {width_of(line) for line in lines} == {size[0]}


def test_a_picture_keeps_its_sides_in_proportion_and_stands_in_the_middle() -> None:
    lines = pixel_lines(packed(numpy.full((20, 20, 3), 255, dtype="uint8")), 40, 10, PLAIN)
    assert lines == [" " * 10 + "█" * 20 + " " * 10] * 10


def test_without_colours_light_is_shaded() -> None:
    lines = pixel_lines(packed(halves(4, 2)), 2, 2, PLAIN)
    assert lines == ["  ", "██"]


def test_the_upper_dot_is_the_letter_and_the_lower_one_its_ground() -> None:
    pixels = numpy.array([[[255, 0, 0]], [[0, 0, 255]]], dtype="uint8")
    assert pixel_lines(packed(pixels), 1, 1, Palette("truecolor")) == ["\x1b[38;2;255;0;0m\x1b[48;2;0;0;255m▀\x1b[0m"]


def test_fewer_colours_are_chosen_for_letter_and_ground() -> None:
    pixels = numpy.array([[[255, 0, 0]], [[0, 0, 255]]], dtype="uint8")
    (line,) = pixel_lines(packed(pixels), 1, 1, Palette("standard"))
    codes = [int(code) for code in re.findall(r"\x1b\[(\d+)m", line)]
    assert (codes[0] in range(30, 38) or codes[0] in range(90, 98)) and (
        codes[1] in range(40, 48) or codes[1] in range(100, 108)
    )


def test_what_travels_is_at_most_so_large_and_holds_the_mean() -> None:
    pixels = numpy.zeros((960, 1280, 3), dtype="uint8")
    pixels[::2] = 200
    told = json.loads(json.dumps(packed(pixels)))
    across, down, data = unpacked(told)
    assert across <= MOST[0] and down <= MOST[1]
    assert set(data) == {100}


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 400), st.integers(1, 400), st.integers(1, 90), st.integers(1, 90))
def test_any_size_fits_any_room(height: int, width: int, across: int, down: int) -> None:
    told = packed(halves(height, width), (across, down))
    assert told["across"] <= across and told["down"] <= down
    assert len(unpacked(told)[2]) == told["across"] * told["down"] * 3


@pytest.mark.parametrize(
    "picture",
    [
        {"pixels": "AAAA", "across": 2, "down": 1},
        {"pixels": "AAAA", "across": 10**9, "down": 1},
        {"pixels": "!!", "across": 1, "down": 1},
        {"pixels": "AAAA", "across": "1", "down": 1},
        {"pixels": "AAAA"},
    ],
)
def test_a_picture_that_is_none_is_told_and_raises_nothing(picture: Any) -> None:
    assert "cannot be drawn" in "".join(field_lines(picture, 40, 4, PLAIN))


@pytest.mark.parametrize(
    "thing",
    [numpy.zeros((2, 2, 3)), numpy.zeros((2, 2), dtype="uint8"), numpy.zeros((0, 2, 3), dtype="uint8"), "text", None],
)
def test_other_things_are_no_pixels(thing: Any) -> None:
    assert not is_pixels(thing)


def test_an_exported_picture_keeps_its_proportions_too() -> None:
    image = image_of(Renders(numpy.full((50, 50, 3), 255, dtype="uint8")), (200, 100))
    file = io.BytesIO()
    image.save(file, "PNG")
    ground = tuple(int(BACKGROUND[place : place + 2], 16) for place in (1, 3, 5))
    assert image.getpixel((100, 50)) == (255, 255, 255)
    assert image.getpixel((10, 50)) == image.getpixel((190, 50)) == ground
