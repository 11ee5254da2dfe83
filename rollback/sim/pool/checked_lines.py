"""Lines of JSON that each carry their checksum, so that a damaged one is told from a torn one. Knows no match and no run.

A line is an object whose last entry is `check`, the CRC-32 of all bytes before that entry: any program that reads lines of
JSON reads it, and a single changed byte is noticed. Only what an interrupted write leaves, an end without its line feed, is
no damage: it is left out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final
from zlib import crc32

from rollback.errors import UsageError

__all__ = ["LONGEST", "Damage", "append_whole", "checked_line", "checked_lines", "values_of"]

LONGEST: Final = 1 << 20  # bytes of a line: a traceback and some hundred numbers are a hundredth of it
_END: Final = len(b',"check":"00000000"}\n')


class Damage(UsageError):
    """A line that is not what was written.

    Attributes:
        line: Its number, from 1.
    """

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"line {line} {what}")
        self.line = line


def checked_line(values: Mapping[str, Any]) -> bytes:
    """Return an object as a line with its checksum.

    Raises:
        UsageError: JSON cannot hold the object, or the line would be longer than a MiB.
    """
    try:
        told = json.dumps(values, separators=(",", ":")).encode()[:-1]
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"JSON cannot hold it: {error}") from None
    if len(told) + _END > LONGEST:
        raise UsageError(f"it takes {len(told) + _END} bytes, and a line holds at most {LONGEST}: keep fewer numbers in stats")
    return b'%b,"check":"%08x"}\n' % (told, crc32(told))


def checked_lines(file: BinaryIO) -> Iterator[tuple[int, int, bytes]]:
    """Yield (number of the line, its offset, the line) of all whole lines from the file's beginning.

    Raises:
        Damage: A line is not what was written.
    """
    file.seek(0)
    number, offset = 0, 0
    while line := file.readline(LONGEST + 1):
        number += 1
        if not line.endswith(b"\n"):
            if len(line) > LONGEST:
                raise Damage(number, f"is longer than the {LONGEST} bytes that a line may have")
            return  # torn: it was never finished
        if not _is_whole(line):
            raise Damage(number, "is damaged: it is not what was written")
        yield number, offset, line
        offset += len(line)


def values_of(line: bytes) -> dict[str, Any]:
    """Return the object of a whole line, without its checksum.

    Raises:
        UsageError: It was no object, or is not JSON, in spite of its checksum.
    """
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"it is no JSON: {error}") from None
    if not isinstance(values, dict):
        raise UsageError("it is no object")
    values.pop("check", None)
    return values


def append_whole(file: BinaryIO, line: bytes) -> None:
    """Write all of a line at the end of an unbuffered file, or nothing.

    Raises:
        OSError: The disk does not take it.
    """
    end = file.seek(0, os.SEEK_END)
    written = 0
    try:
        while written < len(line):
            written += file.write(line[written:])
    except BaseException:
        file.truncate(end)
        raise


def _is_whole(line: bytes) -> bool:
    told = line[:-_END]
    return line[-_END:] == b',"check":"%08x"}\n' % crc32(told)
