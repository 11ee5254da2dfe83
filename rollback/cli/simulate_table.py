"""What the matches of `rollback simulate` came to, in a terminal. Knows a tournament's table; knows no match."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from rollback.sim.league.table import rated, scored

if TYPE_CHECKING:
    from rollback.sim.league.standings import Encounter, Standing
    from rollback.sim.league.table import Table

__all__ = ["show"]

LONGEST: Final = 10  # failures shown; the JSON holds all
MOST_CROSSED: Final = 16  # agents whose cross table fits a terminal
GAP: Final = 2  # cells between columns
FEWEST: Final = 8  # cells of a name, however narrow the terminal is
WIDE: Final = 200  # cells of a file or a pipe, and what rich is told: it would cut the figures, and not only names

Column = tuple[str, Callable[["Standing"], str]]


def show(console: Console, table: Table, notes: Sequence[str] = ()) -> None:
    """Print the standings, the cross table, each failure with the command that plays it again, and what else is to be known."""
    console.print(Text(f"{table.heading}, seed {table.seed}", style="bold"))
    console.print()
    width = console.width if console.is_terminal else WIDE
    console.width = max(width, WIDE)
    console.print(_standings(table, width))
    if 2 < len(table.standings) <= MOST_CROSSED:
        console.print()
        console.print(Text(f"{table.crossing}:"))
        console.print(_cross(table, width))
    for failed in table.failures[:LONGEST]:
        console.print()
        console.print(Text(f"match {failed.index}, {' - '.join(failed.agents)}: {failed.status}: {failed.why}", style="red"))
        if failed.command:
            console.print(Text(f"  {failed.command}"))
    if len(table.failures) > LONGEST:
        console.print(Text(f"and {len(table.failures) - LONGEST} more failures; --json lists them all", style="red"))
    console.print()
    for note in notes:
        console.print(Text(note))


def _standings(table: Table, width: int) -> Grid:
    columns = [*(_ALONE if table.is_alone else _TOGETHER)]
    if any(row.failures for row in table.standings):
        columns.append(("failed", lambda row: str(row.failures)))
    lines = [[cell(row) for _, cell in columns] for row in table.standings]
    return _grid(table, [heading for heading, _ in columns], lines, width)


def _cross(table: Table, width: int) -> Grid:
    return _grid(table, [str(row.rank) for row in table.standings], [[*map(_cell, line)] for line in table.cross], width)


def _cell(cell: Encounter | None) -> str:
    if cell is None:
        return "."
    return "-" if cell.share is None else f"{cell.share:.0%}"


def _grid(table: Table, headings: Sequence[str], lines: Sequence[Sequence[str]], width: int) -> Grid:
    """Return rank, agent and figures; where the terminal is narrow, of an agent's name only the end is shown."""
    grid = Grid(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for heading, justify in (("", "right"), ("agent", "left"), *[(heading, "right") for heading in headings]):
        grid.add_column(heading, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    figures = sum(max(map(len, column)) + GAP for column in zip(headings, *lines, strict=True))
    room = max(FEWEST, width - figures - len(str(len(lines))) - GAP - GAP)
    for row, line in zip(table.standings, lines, strict=True):
        name = row.agent if len(row.agent) <= room else f"\u2026{row.agent[1 - room :]}"
        grid.add_row(str(row.rank), Text(name), *line)
    return grid


def _share(row: Standing) -> str:
    return "-" if row.share is None else f"{row.share:.1%}"


def _interval(row: Standing) -> str:
    return "-" if row.share is None else f"{row.interval.low:.1%} to {row.interval.high:.1%}"


def _score(row: Standing) -> str:
    return "-" if row.score is None else f"{row.score:.2f}"


def _behind(row: Standing) -> str:
    if row.behind is None:
        return "-"
    mean, error = row.behind
    return f"{mean:.2f}" if error is None else f"{mean:.2f} ± {error:.2f}"


_COUNTS: Final[tuple[Column, ...]] = (
    ("won", lambda row: str(row.won)),
    ("drawn", lambda row: str(row.drawn)),
    ("lost", lambda row: str(row.lost)),
    ("share", _share),
    ("95 %", _interval),
)
_TOGETHER: Final[tuple[Column, ...]] = (("Elo", rated), *_COUNTS, ("score", _score))
_ALONE: Final[tuple[Column, ...]] = (
    ("mean score", scored),
    ("behind the first", _behind),
    *_COUNTS,
)
