"""Results as comma-separated values, and back, each as it was. Knows cells; knows no result from inside.

A cell is a number, true, false, null, or text as it stands. Text that could be taken for one of those, or by a spreadsheet
for a formula, stands in quotation marks with escapes, as JSON has it. An empty cell is nothing at all.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, BinaryIO, Final

from rollback.errors import UsageError
from rollback.sim.pool.checked_lines import LONGEST
from rollback.sim.pool.report_rows import MOST_COLUMNS, kinds_of, result_of, rows_of
from rollback.sim.pool.result import MatchResult

__all__ = ["read_csv", "write_csv"]

FORMULA: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # what begins one, full-width ones too


def write_csv(results: Iterable[MatchResult], file: BinaryIO) -> None:
    """Write a line with the names of the columns, and one for each result.

    Raises:
        UsageError: JSON cannot hold a result, or there are too many columns.
    """
    with rows_of(results) as rows:
        columns = list(kinds_of(rows()))
        text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(map(_cell, columns))
        for row in rows():
            writer.writerow([_cell(row[column]) if column in row else "" for column in columns])
        text.detach()


def _cell(value: Any) -> str:
    return value if isinstance(value, str) and _is_plain(value) else json.dumps(value, separators=(",", ":"))


def _is_plain(text: str) -> bool:
    """Return whether a text may stand as it is: it is read as itself, and no spreadsheet takes it for a formula."""
    if not text.replace("\n", "").replace("\t", "").isprintable() or text.lstrip().startswith(FORMULA):
        return False
    return isinstance(_read_cell(text), str) and not text.startswith('"') and text != ""


def _read_cell(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def read_csv(path: Path) -> Iterator[MatchResult]:
    """Yield what `write_csv` wrote.

    Raises:
        UsageError: A line is no result.
        csv.Error: A line is none of a CSV.
    """
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST))
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(_bounded(file), strict=True)
        columns = _checked_columns([str(_read_cell(cell)) for cell in next(reader, [])], path)
        for cells in reader:
            if len(cells) != len(columns):
                raise UsageError(f"line {reader.line_num} of {str(path)!r} has {len(cells)} cells, not {len(columns)}")
            row = [(column, _read_cell(cell)) for column, cell in zip(columns, cells, strict=True) if cell]
            yield result_of(row, f"line {reader.line_num} of {str(path)!r}")


def _bounded(file: IO[str]) -> Iterator[str]:
    return iter(lambda: file.readline(8 * LONGEST), "")


def _checked_columns(columns: Sequence[str], path: Path) -> Sequence[str]:
    if len(columns) > MOST_COLUMNS or "index" not in columns:
        raise UsageError(f"{str(path)!r} holds no results: it needs a column index, and at most {MOST_COLUMNS} columns")
    return columns
