"""Results as files for other programs: lines of JSON, CSV, Parquet; and back. Knows results; knows no run and no summary.

A line of JSON holds a result as `to_dict` tells it, with Python's words for what JSON has none for: NaN, Infinity, -Infinity.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from rollback.errors import UsageError
from rollback.replays.whole_file import write_whole
from rollback.sim.pool.checked_lines import LONGEST
from rollback.sim.pool.journal import read_journal
from rollback.sim.pool.report_csv import read_csv, write_csv
from rollback.sim.pool.report_parquet import pyarrow, read_parquet, write_parquet
from rollback.sim.pool.report_rows import line_of
from rollback.sim.pool.result import MatchResult

__all__ = ["ENDINGS", "check_report", "read_results", "write_results"]

ENDINGS: Final = (".jsonl", ".csv", ".parquet")


def check_report(path: str | os.PathLike[str]) -> Path:
    """Return the path, if its ending says how to write results, so that a long run does not end in a mistake of writing.

    Raises:
        UsageError: It does not, or the folder is not there.
        MissingPackage: A .parquet needs pyarrow.
    """
    place = Path(path)
    if place.suffix.lower() not in ENDINGS:
        raise UsageError(f"{str(path)!r} does not say how to write the results: let it end in {', '.join(ENDINGS)}")
    if place.is_dir() or not place.parent.is_dir():
        raise UsageError(f"{str(path)!r} cannot be written: name a file in a folder that is there, such as results.csv")
    if place.suffix.lower() == ".parquet":
        pyarrow()
    return place


def write_results(results: Iterable[MatchResult], path: str | os.PathLike[str]) -> int:
    """Write results in the format that the path's ending names, and return how many they were.

    The file is there whole, or not at all. Results that come one by one are never all in memory.

    Args:
        results: Of a run, in the order they are to stand in.
        path: Where to; an older file is replaced.

    Raises:
        UsageError: The ending names no format, the file cannot be written, or a result does not fit the format.
        MissingPackage: A .parquet needs pyarrow.
    """
    place = check_report(path)
    write = {".jsonl": _write_lines, ".csv": write_csv, ".parquet": write_parquet}[place.suffix.lower()]
    count = 0

    def counted() -> Iterator[MatchResult]:
        nonlocal count
        for result in results:
            count += 1
            yield result

    try:
        write_whole(place, lambda file: write(counted(), file))
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be written: {error.strerror or error}") from None
    return count


def read_results(path: str | os.PathLike[str]) -> Iterator[MatchResult]:
    """Yield the results of a file that `write_results` wrote, or of a journal, in the order in which they stand there.

    Raises:
        UsageError: The file cannot be read, or holds no results.
        MissingPackage: A .parquet needs pyarrow.
    """
    place = Path(path)
    read = {".csv": read_csv, ".parquet": read_parquet}.get(place.suffix.lower(), _read_lines)
    try:
        yield from read(place)
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be read: {error.strerror or error}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{str(path)!r} holds no results: {error}") from None


def _write_lines(results: Iterable[MatchResult], file: BinaryIO) -> None:
    for result in results:
        file.write(line_of(result).encode())


def _read_lines(path: Path) -> Iterator[MatchResult]:
    with open(path, encoding="utf-8", newline="\n") as file:
        if file.readline(LONGEST).startswith('{"journal":'):
            yield from read_journal(path)
            return
        file.seek(0)
        for number, line in enumerate(iter(lambda: file.readline(LONGEST), ""), 1):
            try:
                yield MatchResult.from_dict(json.loads(line))
            except (ValueError, RecursionError) as error:  # of these is UsageError, too
                raise UsageError(f"line {number} of {str(path)!r} is no result of a match: {error}") from None
