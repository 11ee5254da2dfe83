"""Painter of drawing primitives into text cells. Knows dots, glyphs and ANSI colours; knows no game.

Every cell is two dots wide and four high, so dots are nearly square in a terminal. Shapes are drawn in dots and shown
in quarter blocks: braille could show each dot, but looks like gauze beside the solid blocks of larger shapes.
Only bands of whole rows keep the finer height, so that bars and paddles slide smoothly.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from rollback.errors import UsageError
from rollback.games.drawing import BACKGROUND, rgb

__all__ = ["paint"]

MAX_CELLS: Final = 1_000  # columns or rows; more is no terminal

# Quadrants by bits: 1 upper left, 2 upper right, 4 lower left, 8 lower right.
_QUADRANTS: Final = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
_BANDS: Final = {0b11000000: "▂", 0b11111100: "▆", 0b00000011: "▔"}  # dots in whole rows that are no half


def _glyph(dots: int) -> str:
    """Return the glyph of eight dots: two bits a row, top row lowest, left dot lowest."""
    upper, lower = (dots | dots >> 2) & 3, (dots >> 4 | dots >> 6) & 3
    return _BANDS.get(dots) or _QUADRANTS[upper | lower << 2]


_GLYPHS: Final = tuple(_glyph(dots) for dots in range(256))


def paint(primitives: Iterable[Any], columns: int = 56, rows: int = 18, *, colour: bool = False) -> str:
    """Return a picture as `rows` lines of `columns` cells, joined by newlines.

    Args:
        primitives: See `rollback.games.drawing`; lists are as good as tuples.
        columns: Cells a line, 1 to 1000.
        rows: Lines, 1 to 1000.
        colour: Put ANSI true-colour codes around the cells, each line ending in a reset.

    Raises:
        UsageError: A size out of its limits, an unknown primitive or, with `colour`, an unknown colour.
    """
    for name, size in (("columns", columns), ("rows", rows)):
        if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= MAX_CELLS:
            raise UsageError(f"{name} must be a whole number from 1 to {MAX_CELLS}, not {size!r}")
    canvas = _Canvas(columns, rows)
    for primitive in primitives:
        kind, *rest = primitive
        painter = getattr(canvas, kind, None) if kind in ("rect", "circle", "line", "text") else None
        if painter is None:
            raise UsageError(f"{kind!r} is no drawing primitive: use rect, circle, line or text")
        painter(*rest)
    return canvas.coloured() if colour else canvas.plain()


def _edges(low: float, size: float, dots: int) -> tuple[int, int]:
    """Return the first dot and the one after the last: neighbours that share an edge neither gape nor overlap."""
    start = round(low * dots)
    return start, max(start + 1, round((low + size) * dots))


class _Canvas:
    """Dots as one whole number a row (a shape is a few wide ORs, not a loop over dots), and a colour a cell."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.width, self.height = columns * 2, rows * 4
        self.dots = [0] * self.height
        self.tints: list[list[str]] = [[BACKGROUND] * columns for _ in range(rows)]
        self.letters: dict[tuple[int, int], str] = {}

    def span(self, row: int, start: int, stop: int, colour: str) -> None:
        """Fill the dots from `start` to before `stop`, clipped to the canvas."""
        start, stop = max(0, start), min(self.width, stop)
        if not 0 <= row < self.height or start >= stop:
            return
        mask = (1 << stop) - (1 << start)
        if colour == BACKGROUND:
            self.dots[row] &= ~mask
            return
        self.dots[row] |= mask
        first, last = start >> 1, (stop + 1) >> 1
        self.tints[row >> 2][first:last] = [colour] * (last - first)

    def rect(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        start, stop = _edges(x, width, self.width)
        top, bottom = _edges(y, height, self.height)
        for row in range(max(0, top), min(self.height, bottom)):
            self.span(row, start, stop, colour)

    def circle(self, x: float, y: float, radius: float, colour: str) -> None:
        self.disc(x * self.width, y * self.height, radius * self.height, colour)

    def disc(self, x: float, y: float, radius: float, colour: str) -> None:
        """Fill the dots within `radius` dots of (x, y), at least the one there."""
        if radius <= 0.75:
            self.span(int(y), int(x), int(x) + 1, colour)
            return
        for row in range(max(0, int(y - radius)), min(self.height, int(y + radius) + 1)):
            reach = radius * radius - (row + 0.5 - y) ** 2
            half = reach**0.5 if reach > 0 else 0.0
            if half >= min(1.2, radius * 0.7):  # a cap of a single dot would look like a thorn
                self.span(row, round(x - half), round(x + half), colour)

    def line(self, x1: float, y1: float, x2: float, y2: float, width: float, colour: str) -> None:
        x1, x2, y1, y2 = x1 * self.width, x2 * self.width, y1 * self.height, y2 * self.height
        steps = min(2 * MAX_CELLS, int(max(abs(x2 - x1), abs(y2 - y1)))) + 1
        for step in range(steps + 1):
            self.disc(x1 + (x2 - x1) * step / steps, y1 + (y2 - y1) * step / steps, width * self.height / 2, colour)

    def text(self, x: float, y: float, size: float, string: str, colour: str, align: str = "left") -> None:
        """Write letters into cells: text has the size of the terminal, whatever `size` says."""
        row = min(self.rows - 1, max(0, int(y * self.rows)))
        start = round(x * self.columns - {"left": 0, "center": len(string) / 2, "right": len(string)}[align])
        start = max(0, min(start, self.columns - len(string)))  # what is written should be readable
        for column, letter in enumerate(string, start):
            if column < self.columns:
                self.letters[row, column] = letter if letter.isprintable() else "?"
                if letter != " ":
                    self.tints[row][column] = colour

    def lines(self) -> list[list[str]]:
        """Return the glyphs, cell by cell."""
        grid = []
        for row in range(self.rows):
            a, b, c, d = self.dots[4 * row : 4 * row + 4]
            cells = [" "] * self.columns
            if a or b or c or d:
                for column in range(self.columns):
                    cells[column] = _GLYPHS[a & 3 | (b & 3) << 2 | (c & 3) << 4 | (d & 3) << 6]
                    a, b, c, d = a >> 2, b >> 2, c >> 2, d >> 2
            grid.append(cells)
        for (row, column), letter in self.letters.items():
            grid[row][column] = letter
        return grid

    def plain(self) -> str:
        return "\n".join("".join(cells) for cells in self.lines())

    def coloured(self) -> str:
        codes: dict[str, str] = {}
        lines = []
        for cells, tints in zip(self.lines(), self.tints, strict=True):
            parts, current = [], ""
            for cell, tint in zip(cells, tints, strict=True):
                if tint != current and cell != " ":
                    if tint not in codes:
                        codes[tint] = "\x1b[38;2;{};{};{}m".format(*rgb(tint))
                    parts.append(codes[tint])
                    current = tint
                parts.append(cell)
            lines.append("".join(parts) + ("\x1b[0m" if current else ""))
        return "\n".join(lines)
