import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.errors import UsageError
from rollback.games.drawing import BACKGROUND, circle, line, rect, text
from rollback.games.text import paint

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def cells(picture, columns=10, rows=4, **options):
    return paint(picture, columns, rows, **options).split("\n")


def test_an_empty_picture_is_all_blanks():
    assert cells([]) == [" " * 10] * 4


def test_a_rectangle_over_everything_is_all_blocks():
    assert cells([rect(0, 0, 1, 1, "red")]) == ["█" * 10] * 4


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (rect(0, 0, 0.5, 1, "red"), "▌"),
        (rect(0.5, 0, 0.5, 1, "red"), "▐"),
        (rect(0, 0, 1, 0.5, "red"), "▀"),
        (rect(0, 0.5, 1, 0.5, "red"), "▄"),
        (rect(0, 0.75, 1, 0.25, "red"), "▂"),
        (rect(0, 0.25, 1, 0.75, "red"), "▆"),
        (rect(0, 0, 1, 0.25, "red"), "▔"),
        (rect(0, 0, 0.5, 0.5, "red"), "▘"),
        (rect(0.5, 0.5, 0.5, 0.5, "red"), "▗"),
        (rect(0.5, 0, 0.5, 0.5, "red"), "▝"),
        (rect(0, 0.5, 0.5, 0.5, "red"), "▖"),
    ],
)
def test_a_cell_shows_which_of_its_parts_are_covered(shape, expected):
    assert cells([shape], 1, 1) == [expected]


def test_a_rectangle_stands_where_it_was_put():
    assert cells([rect(0.2, 0.25, 0.3, 0.5, "red")]) == [" " * 10, "  ███     ", "  ███     ", " " * 10]


def test_neighbouring_rectangles_neither_gape_nor_overlap():
    for parts in range(1, 25):
        strips = [rect(place / parts, 0, 1 / parts, 1, "red") for place in range(parts)]
        assert cells(strips, 20, 1) == ["█" * 20], parts


def test_even_the_smallest_rectangle_is_seen():
    assert cells([rect(0.5, 0.5, 0.0001, 0.0001, "red")], 1, 1) != [" "]


def test_painting_in_the_colour_of_the_background_erases():
    picture = [rect(0, 0, 1, 1, "red"), rect(0.2, 0, 0.2, 1, BACKGROUND)]
    assert cells(picture) == ["██  ██████"] * 4


def test_what_lies_outside_is_cut_off():
    picture = [
        rect(-1, -1, 1.1, 1.25, "red"),
        rect(0.9, 0.75, 5, 5, "red"),
        circle(7, 7, 0.5, "red"),
        line(-3, -3, -1, -1, 0.1, "red"),
    ]
    assert cells(picture) == ["█         ", " " * 10, " " * 10, "         █"]


def test_a_circle_is_as_wide_as_high_and_symmetric():
    drawn = paint([circle(0.5, 0.5, 0.4, "red")], 40, 20).split("\n")
    wide = max(len(row.strip()) for row in drawn)
    high = sum(bool(row.strip()) for row in drawn)
    assert 15 <= high <= 17
    assert 30 <= wide <= 34  # a cell is twice as high as wide
    mirrored = str.maketrans("▌▐▘▝▖▗▛▜▙▟▞▚", "▐▌▝▘▗▖▜▛▟▙▚▞")
    assert [row[::-1].translate(mirrored) for row in drawn] == drawn


def test_the_smallest_circle_is_a_dot():
    assert sum(cell != " " for row in cells([circle(0.55, 0.6, 0.001, "red")]) for cell in row) == 1


def test_a_line_joins_its_ends_without_gaps():
    drawn = paint([line(0.05, 0.1, 0.95, 0.9, 0.02, "red")], 30, 12).split("\n")
    starts = [len(row) - len(row.lstrip()) for row in drawn if row.strip()]
    ends = [len(row.rstrip()) for row in drawn if row.strip()]
    assert starts[0] <= 2
    assert ends[-1] >= 28
    assert all(after <= end for end, after in zip(ends, starts[1:], strict=False))


def test_a_line_of_no_length_is_a_dot():
    assert paint([line(0.5, 0.5, 0.5, 0.5, 0.01, "red")], 10, 4).strip()


@pytest.mark.parametrize(
    ("align", "x", "expected"),
    [
        ("left", 0.2, "  hey     "),
        ("right", 1.0, "       hey"),
        ("center", 0.5, "    hey   "),
        ("left", 0.95, "       hey"),
        ("right", 0.0, "hey       "),
    ],
)
def test_text_is_aligned_and_kept_inside(align, x, expected):
    drawn = cells([text(x, 0.3, 0.1, "hey", "white", align)])
    assert drawn[1].rstrip() == expected.rstrip()
    assert drawn[0].strip() == ""


def test_text_lies_over_shapes_painted_later():
    assert cells([text(0, 0, 0.1, "abc", "white"), rect(0, 0, 1, 1, "red")])[0] == "abc███████"


def test_text_longer_than_the_line_is_cut():
    assert cells([text(0.5, 0, 0.1, "a very long sentence", "white")])[0] == "a very lon"


def test_letters_that_could_confuse_a_terminal_are_replaced():
    assert cells([text(0, 0, 0.1, "a\x1b[2Jb\n", "white")])[0] == "a?[2Jb?   "


def test_without_colours_there_are_no_codes():
    assert "\x1b" not in paint([rect(0, 0, 1, 1, "red")], 10, 4)


def test_colours_are_the_same_picture_with_codes_around_it():
    picture = [rect(0, 0, 0.5, 1, "red"), circle(0.7, 0.5, 0.3, "#4cc9f0"), text(0.1, 0.6, 0.1, "hi", "white")]
    coloured = paint(picture, 20, 6, colour=True)
    assert ANSI.sub("", coloured) == paint(picture, 20, 6)
    assert "\x1b[38;2;255;0;0m" in coloured
    assert "\x1b[38;2;76;201;240m" in coloured
    for row in coloured.split("\n"):
        assert row.endswith("\x1b[0m") == ("\x1b" in row), "a line must not colour the next one"


def test_a_run_of_one_colour_has_one_code():
    assert paint([rect(0, 0, 1, 1, "red")], 30, 1, colour=True).count("\x1b[38") == 1


@pytest.mark.parametrize(("columns", "rows"), [(0, 4), (10, 0), (-1, 4), (10.0, 4), (10, "4"), (1_001, 4), (True, 4)])
def test_a_wrong_size_is_refused_in_one_sentence(columns, rows):
    with pytest.raises(UsageError, match=r"^(columns|rows) must be a whole number from 1 to 1000, not "):
        paint([], columns, rows)


def test_an_unknown_primitive_is_refused_in_one_sentence():
    with pytest.raises(UsageError, match="'polygon' is no drawing primitive: use rect, circle, line or text"):
        paint([("polygon", 1, 2, "red")], 10, 4)
    with pytest.raises(UsageError, match="no drawing primitive"):
        paint([("plain",)], 10, 4)


def test_an_unknown_colour_is_refused_where_colours_are_shown():
    with pytest.raises(UsageError, match="'mauve' is no colour"):
        paint([rect(0, 0, 1, 1, "mauve")], 10, 4, colour=True)


number = st.floats(-2, 3)
shape = st.one_of(
    st.builds(rect, number, number, st.floats(0, 2), st.floats(0, 2), st.just("red")),
    st.builds(circle, number, number, st.floats(0, 1), st.just("gold")),
    st.builds(line, number, number, number, number, st.floats(0, 0.2), st.just("#123456")),
    st.builds(text, number, number, number, st.text(max_size=30), st.just("white"), st.sampled_from(["left", "right"])),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(shape, max_size=6), st.integers(1, 70), st.integers(1, 25))
def test_whatever_is_painted_has_the_stated_size(picture, columns, rows):
    plain = paint(picture, columns, rows)
    lines = plain.split("\n")
    assert len(lines) == rows
    assert all(len(row) == columns for row in lines)
    assert ANSI.sub("", paint([list(entry) for entry in picture], columns, rows, colour=True)) == plain
