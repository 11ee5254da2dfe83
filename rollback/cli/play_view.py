"""The picture of a match on one peer's terminal: the field, the line to the other, the keys. Writes to no terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rollback.cli.field import field_lines
from rollback.cli.layout import box, fit
from rollback.cli.numbers import NUMBER_LINES, number_lines
from rollback.cli.palette import Palette

__all__ = ["compose"]

_WIDEST: Final = 84
_RATIO: Final = 56 / 18  # cells across over cells down, as the built-in pictures are laid out
_BESIDES: Final = 4 + NUMBER_LINES  # lines besides the field: borders, numbers, keys, news
_SMALLEST: Final = (20, 6)


def compose(
    title: str,
    picture: Mapping[str, Any],
    stats: Mapping[str, Any],
    rollbacks_per_second: float,
    path: str,
    notes: tuple[str, str],
    size: tuple[int, int],
    palette: Palette,
) -> list[str]:
    """Return the picture as lines that fit into `size`, which is columns and rows; `notes` are its last two lines."""
    columns, rows = size
    height = max(_SMALLEST[1], min(rows - _BESIDES, round(min(_WIDEST, columns - 2) / _RATIO)))
    width = max(_SMALLEST[0], min(columns - 2, _WIDEST, round(height * _RATIO)))
    framed = box(palette.styled(title, "title"), field_lines(picture, width, height, palette), width, palette)
    numbers = number_lines(stats, rollbacks_per_second, path, width + 2, palette)
    keys, news = (palette.styled(f" {note}", style) for note, style in zip(notes, ("label", "faint"), strict=True))
    return [fit(line, min(columns, width + 2)).rstrip() for line in (*framed, *numbers, keys, news)][:rows]
