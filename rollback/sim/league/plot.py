"""The table as a picture: ratings with their intervals, and who took how much from whom. Knows tables; draws SVG as text.

The picture needs no script and no font of its own, follows the reader's light or dark setting, tells everything again in words
(`title` and `desc`) for who cannot see it, and uses blue and orange, which nearly everybody can tell apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from math import ceil, floor, log10
from typing import Final

from rollback.sim.league.standings import Encounter, Standing
from rollback.sim.league.table import Table

__all__ = ["plot"]

WIDTH: Final = 860
MARGIN: Final = 24
TOP: Final = 84  # two lines of heading
ROW: Final = 34
LETTER: Final = 8.4  # mean width of one at 14 px in a wide font; labels are cut, never laid over the picture
LONGEST: Final = 26  # letters of a label
FIGURES: Final = 234  # to the right of the dots
MOST_CROSSED: Final = 16  # agents; more make cells that nobody can read
TICKS: Final = 6

STYLE: Final = """
svg { color-scheme: light dark; font: 14px system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
.ground { fill: #ffffff; } .word { fill: #1d2129; } .faint { fill: #5a6270; } .heading { font-size: 18px; font-weight: 600; }
.small { font-size: 12px; } .grid { stroke: #dfe3ea; } .zero { stroke: #9aa3b2; } .whisker { stroke: #1f63b5; stroke-width: 2; }
.dot { fill: #1f63b5; } .ahead { fill: #2f7de1; } .behind { fill: #e07b12; } .none { fill: #8a93a3; fill-opacity: 0.12; }
.end { text-anchor: end; } .middle { text-anchor: middle; } .figure { font-variant-numeric: tabular-nums; }
@media (prefers-color-scheme: dark) {
.ground { fill: #14171d; } .word { fill: #eceff5; } .faint { fill: #a7b0bf; } .grid { stroke: #2b313c; }
.zero { stroke: #667085; } .whisker { stroke: #79b4ff; } .dot { fill: #79b4ff; }
.ahead { fill: #4d98f5; } .behind { fill: #f09438; }
}
"""


def plot(table: Table) -> str:
    """Return the picture as the text of an SVG file."""
    rows = table.standings
    crossed = len(rows) <= MOST_CROSSED and any(cell and cell.matches for line in table.cross for cell in line)
    names = [_cut(row.agent) for row in rows]
    left = MARGIN + 40 + LETTER * max(map(len, names))
    floor_of_dots = TOP + ROW * len(rows)
    parts = [*_heading(table), *_dots(table, names, left, floor_of_dots)]
    height = floor_of_dots + 56
    if crossed:
        parts += _cells(table, names, left, height + 40)
        height += 40 + 30 + ROW * len(rows)
    height += MARGIN
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
            ' role="img" aria-labelledby="league-title league-description">',
            f'<title id="league-title">{escape(table.heading)}</title>',
            f'<desc id="league-description">{escape(" ".join(_sentences(table)))}</desc>',
            f"<style>{STYLE}</style>",
            f'<rect class="ground" width="{WIDTH}" height="{height}"/>',
            *parts,
            "</svg>\n",
        )
    )


def _heading(table: Table) -> Iterator[str]:
    yield _text(MARGIN, 36, table.heading, "word heading")
    yield _text(MARGIN, 58, f"{table.measure}; the lines hold the true value in 95 of 100 cases", "faint")


def _dots(table: Table, names: Sequence[str], left: float, base: float) -> Iterator[str]:
    """Yield one dot a row with its interval, on an axis below."""
    spans = [table.span(row) for row in table.standings]
    known = [span for span in spans if span is not None]
    right = WIDTH - MARGIN - FIGURES
    low, high, step = _axis(min((span[0] for span in known), default=0.0), max((span[2] for span in known), default=1.0))

    def across(value: float) -> float:
        return left + (value - low) / (high - low) * (right - left)

    for number in range(round((high - low) / step) + 1):
        value = low + number * step
        place = across(value)
        kind = "zero" if abs(value) < step / 1000 else "grid"
        yield f'<line class="{kind}" x1="{place:.1f}" x2="{place:.1f}" y1="{TOP}" y2="{base}"/>'
        yield _text(place, base + 20, _number(value, step), "faint small middle figure")
    yield _text((left + right) / 2, base + 42, table.axis, "faint small middle")
    for place, (row, name, span) in enumerate(zip(table.standings, names, spans, strict=True)):
        middle = TOP + ROW * place + ROW / 2
        yield _text(MARGIN, middle + 5, f"{row.rank}", "faint figure")
        yield _text(MARGIN + 26, middle + 5, name, "word")
        yield _text(WIDTH - MARGIN, middle + 5, table.figures(row), "word end figure")
        if span is not None:
            bottom, value, top = span
            yield f'<line class="whisker" x1="{across(bottom):.1f}" x2="{across(top):.1f}" y1="{middle}" y2="{middle}"/>'
            yield f'<circle class="dot" cx="{across(value):.1f}" cy="{middle}" r="5"/>'


def _cells(table: Table, names: Sequence[str], left: float, top: float) -> Iterator[str]:
    """Yield the cross table: blue where the row was ahead, orange where it was behind."""
    wide = min(90.0, (WIDTH - MARGIN - left) / len(names))
    yield _text(MARGIN, top - 8, table.crossing, "faint")
    for column in range(len(names)):
        yield _text(left + wide * (column + 0.5), top + 20, f"{column + 1}", "faint small middle figure")
    for row, (name, line) in enumerate(zip(names, table.cross, strict=True)):
        middle = top + 30 + ROW * row + ROW / 2
        yield _text(MARGIN, middle + 5, f"{row + 1}", "faint figure")
        yield _text(MARGIN + 26, middle + 5, name, "word")
        for column, cell in enumerate(line):
            yield from _cell(cell, left + wide * column, middle, wide)


def _cell(cell: Encounter | None, left: float, middle: float, wide: float) -> Iterator[str]:
    box = f'x="{left + 1:.1f}" y="{middle - ROW / 2 + 1}" width="{wide - 2:.1f}" height="{ROW - 2}" rx="3"'
    if cell is None or cell.share is None:
        yield f'<rect class="none" {box}/>'
        return
    strong = 0.1 + 0.8 * abs(cell.share - 0.5)  # at most half: the figures on it stay readable in light and in dark
    yield f'<rect class="{"ahead" if cell.share >= 0.5 else "behind"}" fill-opacity="{strong:.2f}" {box}/>'
    yield _text(left + wide / 2, middle + 5, f"{cell.share:.0%}", "word small middle figure")


def _sentences(table: Table) -> Iterator[str]:
    yield f"{table.measure}."
    for row in table.standings:
        yield _sentence(table, row)
    if table.failures:
        yield f"{len(table.failures)} matches failed."


def _sentence(table: Table, row: Standing) -> str:
    return f"{row.rank}. {row.agent}: {table.figures(row)}; {row.won} won, {row.drawn} drawn, {row.lost} lost."


def _axis(low: float, high: float) -> tuple[float, float, float]:
    """Return where an axis begins and ends that holds both, and the step between its numbers."""
    if high <= low:
        low, high = low - 1, high + 1
    rough = (high - low) / TICKS
    power = 10.0 ** floor(log10(rough))
    # 1, 2 or 5 times a power of ten is what people read easily.
    step = power * next(factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    return floor(low / step) * step, ceil(high / step) * step, step


def _number(value: float, step: float) -> str:
    digits = max(0, -floor(log10(step)))
    return f"{value:.{digits}f}".replace("-", "\u2212") if abs(value) > step / 1000 else "0"


def _cut(label: str) -> str:
    return label if len(label) <= LONGEST else f"\u2026{label[1 - LONGEST :]}"  # the end of a path tells more


def _text(x: float, y: float, words: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'
