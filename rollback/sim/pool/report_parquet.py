"""Results as Parquet, and back. The only file of the pool that knows pyarrow.

A column has one kind of values: whole numbers, numbers, truth values or text. Where a column has several, or what fits none
of these, it is text that holds JSON, and its metadata say so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

from rollback.errors import MissingPackage, UsageError
from rollback.sim.pool.report_rows import MOST_COLUMNS, kinds_of, result_of, rows_of
from rollback.sim.pool.result import MatchResult

__all__ = ["pyarrow", "read_parquet", "write_parquet"]

ROWS: Final = 5000  # that are in memory at once
AS_JSON: Final = {b"rollback": b"json"}


def pyarrow() -> Any:
    """Return the package.

    Raises:
        MissingPackage: It is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingPackage("a .parquet file", "pyarrow", "data") from None
    return pyarrow


def write_parquet(results: Iterable[MatchResult], file: BinaryIO) -> None:
    """Write results, some thousand rows at a time.

    Raises:
        UsageError: JSON cannot hold a result, or there are too many columns.
        MissingPackage: pyarrow is not installed.
    """
    arrow = pyarrow()
    with rows_of(results) as rows:
        fields = [_field(arrow, column, kinds) for column, kinds in kinds_of(rows()).items()]
        schema = arrow.schema(fields)
        with arrow.parquet.ParquetWriter(file, schema) as writer:
            left = rows()
            while chunk := list(islice(left, ROWS)):
                columns = [arrow.array([_held(row, field) for row in chunk], field.type) for field in fields]
                writer.write_table(arrow.table(columns, schema=schema))


def read_parquet(path: Path) -> Iterator[MatchResult]:
    """Yield what `write_parquet` wrote.

    Raises:
        UsageError: It is no such file, or a row is no result.
        MissingPackage: pyarrow is not installed.
    """
    arrow = pyarrow()
    number = 0
    try:
        with arrow.parquet.ParquetFile(path) as file:
            schema = file.schema_arrow
            if len(schema) > MOST_COLUMNS or "index" not in schema.names:
                raise UsageError(f"{str(path)!r} holds no results: it needs a column index, and at most {MOST_COLUMNS} columns")
            is_json = [(field.metadata or {}).get(b"rollback") == b"json" for field in schema]
            for chunk in file.iter_batches(ROWS):
                columns = [column.to_pylist() for column in chunk.columns]
                for values in zip(*columns, strict=True):
                    number += 1
                    cells = zip(schema.names, values, is_json, strict=True)
                    row = [(name, json.loads(cell) if told else cell) for name, cell, told in cells if cell is not None]
                    yield result_of(row, f"row {number} of {str(path)!r}")
    except (arrow.ArrowException, ValueError) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"{str(path)!r} holds no results: {error}") from None


def _field(arrow: Any, column: str, kinds: set[str]) -> Any:
    try:
        column.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{column!a} is no name for a column of a .parquet: it holds half a character") from None
    types = (
        ({"int", "long"}, arrow.int64()),
        ({"int", "float"}, arrow.float64()),
        ({"bool"}, arrow.bool_()),
        ({"str"}, arrow.string()),
    )
    for fitting, type in types:
        if kinds <= fitting:
            return arrow.field(column, type)
    return arrow.field(column, arrow.string(), metadata=AS_JSON)


def _held(row: dict[str, Any], field: Any) -> Any:
    if field.name not in row:
        return None
    return json.dumps(row[field.name]) if field.metadata == AS_JSON else row[field.name]
