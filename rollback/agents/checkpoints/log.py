"""What a training tells, a line of JSON each, only ever added to. Knows lines and their order; knows no run.

A process may be killed in the middle of a line: such a last line counts as not written, and the next writer takes it away.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

from rollback.agents.checkpoints.atomic import write_whole
from rollback.agents.checkpoints.only_files import only_files
from rollback.agents.checkpoints.plain import dumped, parsed, plain
from rollback.errors import CheckpointError, UsageError
from rollback.sim.pool.checked_lines import append_whole

__all__ = ["LogWriter", "cut_log", "read_log"]

LONGEST: Final = 64 * 1024  # bytes of a line
AT_ONCE: Final = 100_000  # lines that one reading returns at most; there may be more behind
_BLOCK: Final = 64 * 1024


class LogWriter:
    """Adds lines to a log; only one at a time may. Used in `with`, or closed.

    Raises:
        CheckpointError: The file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file: BinaryIO = open(path, "a+b", buffering=0, opener=only_files)
            self._file.truncate(_end_of_whole_lines(self._file))
        except OSError as error:
            raise _refused(path, "written", error) from None

    def add(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Add plain values as lines: all of them or, where the disk is full, none. They outlive the process.

        Raises:
            UsageError: Something in them is no plain value, or a line is too long; nothing is written.
            CheckpointError: The disk does not take them.
        """
        content = b"".join(map(_line, lines))
        try:
            append_whole(self._file, content)
        except OSError as error:
            raise _refused(self._path, "written", error) from None

    def close(self) -> None:
        """Put what was written on the disk. Closing twice is allowed."""
        if self._file.closed:
            return
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _refused(self._path, "written", error) from None
        finally:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()


def read_log(path: Path, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """Return the whole lines from an offset on, and where the next reading goes on; somebody may be writing meanwhile.

    Args:
        path: The log; one that is not there yet has no lines.
        offset: 0, or what an earlier reading returned; where no line ends there any more, the log is read from the start.

    Raises:
        CheckpointError: It cannot be read, or a line that is finished is no JSON object.
    """
    found: list[dict[str, Any]] = []
    try:
        with open(path, "rb", opener=only_files) as file:
            file.seek(max(0, offset - 1))
            if offset and file.read(1) != b"\n":
                offset = 0  # it was cut shorter, and perhaps has grown again
                file.seek(0)
            for line in _whole_lines(file):
                found.append(_values(path, offset, line))
                offset += len(line)
                if len(found) >= AT_ONCE:
                    break
    except FileNotFoundError:
        return [], 0
    except OSError as error:
        raise _refused(path, "read", error) from None
    return found, offset


def cut_log(path: Path, episode: int) -> None:
    """Forget what was told after an episode: training goes on from a checkpoint of that episode and tells it again.

    Raises:
        CheckpointError: The file cannot be read or written.
    """
    kept: list[bytes] = []
    offset = total = 0
    while True:
        lines, following = read_log(path, offset)
        kept += [_line(line) for line in lines if not _is_after(line.get("episode"), episode)]
        total += len(lines)
        if following == offset:
            break
        offset = following
    if len(kept) < total:
        try:
            write_whole(path, b"".join(kept))
        except OSError as error:
            raise _refused(path, "written", error) from None


def _is_after(number: Any, episode: int) -> bool:
    return type(number) is int and number > episode


def _line(values: Mapping[str, Any]) -> bytes:
    line = dumped(plain(dict(values), "a line of the log")) + b"\n"
    if len(line) > LONGEST:
        raise UsageError(f"a line of the log has {len(line)} bytes, at most {LONGEST} are written: tell less at once")
    return line


def _values(path: Path, offset: int, line: bytes) -> dict[str, Any]:
    try:
        found = parsed(line)
        if isinstance(found, dict):
            return found
        problem = "is no object"
    except UsageError as error:
        problem = str(error)
    raise CheckpointError(f"{path} is damaged: the line at byte {offset} {problem}")


def _whole_lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(LONGEST + 1):
        if not line.endswith(b"\n") and len(line) <= LONGEST:
            return  # torn, or being written
        yield line


def _end_of_whole_lines(file: BinaryIO) -> int:
    """Return where the last finished line ends, looking from the end."""
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        start = max(0, end - _BLOCK)
        file.seek(start)
        newline = file.read(end - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


def _refused(path: Path, what: str, error: OSError) -> CheckpointError:
    return CheckpointError(f"{path} cannot be {what} ({error.strerror or error})")
