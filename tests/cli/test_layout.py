"""Boxes and bars have exactly the width they are asked for, whatever is in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.cli.layout import bar, beside, box, fit, width_of
from rollback.cli.palette import Palette

PLAIN, COLOURED = Palette("none"), Palette("truecolor")


@pytest.mark.parametrize(
    ("text", "columns", "fitted"),
    [
        ("abc", 5, "abc  "),
        ("abc", 3, "abc"),
        ("abcdef", 4, "abc…"),
        ("", 2, "  "),
        ("abc", 1, "…"),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日… "),
    ],
)
def test_text_is_filled_or_cut(text: str, columns: int, fitted: str) -> None:
    assert fit(text, columns) == fitted


def test_colours_take_no_cells_and_end_where_text_is_cut() -> None:
    text = COLOURED.styled("abcdef", "good")
    assert width_of(text) == 6
    cut = fit(text, 4)
    assert width_of(cut) == 4
    assert cut.endswith("\x1b[0m")


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "M", "Z"])), st.integers(1, 40), st.booleans())
def test_text_has_the_width_that_is_asked_for(text: str, columns: int, is_coloured: bool) -> None:
    shown = COLOURED.styled(text, "label") if is_coloured else text
    assert width_of(fit(shown, columns)) == columns


@pytest.mark.parametrize("palette", [PLAIN, COLOURED])
@pytest.mark.parametrize("title", ["", "short", "a title that is much too long for its box"])
def test_a_box_is_two_cells_wider_and_two_lines_higher(palette: Palette, title: str) -> None:
    lines = box(title, ["x" * 20] * 3, 20, palette)
    assert len(lines) == 5
    assert {width_of(line) for line in lines} == {22}
    assert title[:10] in lines[0]


def test_blocks_stand_side_by_side() -> None:
    assert beside([["a", "b"], ["c", "d"]], gap=3) == ["a   c", "b   d"]


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.0, "········"),
        (0.5, "████····"),
        (1.0, "████████"),
        (2.0, "████████"),
        (-1.0, "········"),
        (1 / 16, "▌·······"),
    ],
)
def test_a_bar_shows_a_share(share: float, shown: str) -> None:
    assert bar(share, 8, PLAIN) == shown


@given(st.floats(-2, 3), st.integers(1, 100))
def test_a_bar_is_as_wide_as_asked(share: float, columns: int) -> None:
    assert width_of(bar(share, columns, PLAIN)) == columns
