"""Boxes, columns and bars made of styled text. Knows cells and styles; knows no game and no match."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rollback.cli.palette import Palette

__all__ = ["bar", "beside", "box", "fit", "width_of"]

_SEQUENCE: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_RESET: Final = "\x1b[0m"


def width_of(text: str) -> int:
    """Return how many cells the text takes; its colours take none."""
    from rich.cells import cell_len

    return cell_len(_SEQUENCE.sub("", text))


def fit(text: str, columns: int) -> str:
    """Return the text in exactly `columns` cells: filled up with blanks, or cut with an ellipsis."""
    missing = columns - width_of(text)
    if missing >= 0:
        return text + " " * missing
    from rich.cells import set_cell_size

    cut, place, cells = "", 0, 0
    while place < len(text) and cells < columns - 1:
        if sequence := _SEQUENCE.match(text, place):
            cut += sequence[0]
            place = sequence.end()
            continue
        if cells + width_of(text[place]) > columns - 1:
            break
        cut += text[place]
        cells += width_of(text[place])
        place += 1
    ending = set_cell_size("…", columns - cells) if columns > 0 else ""
    return cut + ending + (_RESET if _RESET in text else "")


def box(title: str, lines: Sequence[str], columns: int, palette: Palette) -> list[str]:
    """Return the lines, each `columns` cells wide, in a box two cells wider and two lines higher."""
    title = fit(title, min(width_of(title), columns - 4))
    rule = "─" * (columns - width_of(title) - 3)
    edge = palette.styled("│", "faint")
    top = palette.styled("╭─", "faint") + f" {title} " + palette.styled(f"{rule}╮", "faint")
    return [top, *(f"{edge}{line}{edge}" for line in lines), palette.styled(f"╰{'─' * columns}╯", "faint")]


def beside(blocks: Sequence[Sequence[str]], gap: int = 2) -> list[str]:
    """Return blocks of equal height side by side; the lines of each have one width."""
    return [(" " * gap).join(row) for row in zip(*blocks, strict=True)]


def bar(share: float, columns: int, palette: Palette) -> str:
    """Return a bar of `columns` cells, filled by `share` in eighths of a cell."""
    eighths = round(min(1.0, max(0.0, share)) * columns * 8)
    full = "█" * (eighths // 8) + (" ▏▎▍▌▋▊▉"[eighths % 8] if eighths % 8 else "")
    return palette.styled(full, "good") + palette.styled("·" * (columns - len(full)), "faint")
