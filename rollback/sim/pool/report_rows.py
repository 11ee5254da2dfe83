"""Results as rows of a table: what is nested has columns of its own, `scores[0]` or `stats.frames`. Knows no file format."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from rollback.errors import UsageError
from rollback.sim.pool.columns import columns_of, tree_of
from rollback.sim.pool.result import MatchResult

__all__ = ["MOST_COLUMNS", "kinds_of", "line_of", "result_of", "rows_of"]

MOST_COLUMNS: Final = 5000  # stats with a name for every frame are no table
FIELDS: Final = ("index", "status", "attempts", "seed", "digest", "scores", "stats", "tags", "error", "command")
ALWAYS: Final = {"index": {"int"}, "status": {"str"}, "attempts": {"int"}, "seed": {"long"}}
EXACT: Final = 2**53
WIDEST: Final = 2**63  # whole numbers from here on fit no column of whole numbers


def line_of(result: MatchResult) -> str:
    """Return a result as a line of JSON.

    Raises:
        UsageError: JSON cannot hold it.
    """
    try:
        return json.dumps(result.to_dict(), separators=(",", ":")) + "\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"match {result.index} does not fit into a file: {error}") from None


def _row(result: MatchResult) -> dict[str, Any]:
    """Return the columns of a result; what is empty, as in most of them an error is, is no column."""
    told = json.loads(line_of(result))  # what JSON makes of it is what comes back from every format
    return {
        column: value for name in FIELDS if told[name] not in ("", [], {}) for column, value in columns_of(name, told[name])
    }


def result_of(row: Iterable[tuple[str, Any]], where: str) -> MatchResult:
    """Return the result that a row tells.

    Args:
        row: Its columns, those that are empty left out.
        where: What it is called if it tells none.

    Raises:
        UsageError: It tells none.
    """
    try:
        return MatchResult.from_dict(tree_of(row))
    except UsageError as error:
        raise UsageError(f"{where} is no result of a match: {error}") from None


@contextmanager
def rows_of(results: Iterable[MatchResult]) -> Iterator[Callable[[], Iterator[dict[str, Any]]]]:
    """Give a function that goes through the rows, as often as it is called: a table needs its columns first.

    They are in a file meanwhile, however many there are.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as kept:
        for result in results:
            kept.write(json.dumps(_row(result), separators=(",", ":")) + "\n")

        def rows() -> Iterator[dict[str, Any]]:
            kept.seek(0)
            return map(json.loads, kept)

        yield rows


def kinds_of(rows: Iterable[dict[str, Any]]) -> dict[str, set[str]]:
    """Return the columns in the order in which they are to stand, each with the kinds of its values.

    The kinds are bool, int, long for whole numbers that a float does not hold exactly, float, str, and json for the rest.

    Raises:
        UsageError: There are too many columns.
    """
    kinds: dict[str, set[str]] = {}
    for row in rows:
        for column, value in row.items():
            kinds.setdefault(column, set()).add(_kind(value))
        if len(kinds) > MOST_COLUMNS:
            raise UsageError(f"a table has at most {MOST_COLUMNS} columns: write a .jsonl, or keep fewer names in stats")
    return dict(sorted((kinds or ALWAYS).items(), key=lambda pair: FIELDS.index(re.split(r"[.\[]", pair[0])[0])))


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case int():
            return "int" if abs(value) <= EXACT else "long" if -WIDEST <= value < WIDEST else "json"
        case float():
            return "float"
        case str():
            return "str" if value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value) else "json"
    return "json"
