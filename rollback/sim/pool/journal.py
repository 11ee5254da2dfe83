"""The journal of a run: what was played stays played. Knows results and their order; plays nothing, and knows no backend.

The first line tells the seed, each further line one result, as it came. It is only ever appended to. An index in memory, two
numbers a match, finds a result again: the results themselves stay in the file.
"""

from __future__ import annotations

import contextlib
import os
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self

from rollback.errors import UsageError
from rollback.sim.pool.checked_lines import Damage, append_whole, checked_line, checked_lines, values_of
from rollback.sim.pool.fingerprints import Fingerprints
from rollback.sim.pool.result import MatchResult

if TYPE_CHECKING:
    from rollback.sim.pool.job import Job

__all__ = ["Journal", "read_journal"]

FORMAT: Final = 1
SYNC_EVERY: Final = 1000  # results that a failing power supply may cost; a killed process costs only the one it wrote
LAST: Final = 80  # bytes of a line's end that hold the fingerprint
FIRST: Final = 200  # bytes of its beginning that hold the seed, before any text of a game's
PLAIN: Final = (str, int, float, type(None))  # what comes back from JSON as it was
_BEGINNING: Final = b'{"index":'


class Journal:
    """Holds the file, so that no other run has it, until it is closed.

    Of each match `has` is asked first. What it does not have is played, and given to `write`; the rest is there as `result`.
    Results of any status are kept, those of crashes and timeouts too: a run that goes on ends as if it had never stopped.
    """

    def __init__(self, path: Path, file: BinaryIO, reader: BinaryIO, seed: int) -> None:
        self._path = path
        self._file = file
        self._reader = reader
        _begin(path, file, checked_line(_heading(seed)))
        self._indices, self._offsets, end = _index(path, reader, seed)
        file.truncate(end)  # what an interrupted run left unfinished
        self._asked: dict[int, str] = {}  # what is being played: never more than are under way
        self._fingerprints = Fingerprints()
        self._since_sync = 0

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, seed: int) -> Self:
        """Open a journal, or begin one where there is none.

        What an interrupted run left unfinished in the last line is cut off.

        Raises:
            UsageError: It cannot be written, is another run's at this moment, belongs to another seed or version, or is
                damaged.
        """
        place = Path(path)
        with contextlib.ExitStack() as opened:
            try:
                file = opened.enter_context(_locked(place))
                reader = opened.enter_context(open(place, "rb"))
                journal = cls(place, file, reader, seed)
            except OSError as error:
                raise _refused(place, error) from None
            opened.pop_all()  # it holds them from here on
        return journal

    def __len__(self) -> int:
        """Return how many results were there when it was opened."""
        return len(self._indices)

    def has(self, job: Job) -> bool:
        """Return whether a match was played before; else it is asked for: it is to be played, and its result written.

        Raises:
            UsageError: Another match was played under that index.
        """
        fingerprint = self._fingerprints.of(job.spec)
        line = self._line(job.index)
        if line is None:
            self._asked[job.index] = fingerprint
            return False
        if b',"spec":"%b",' % fingerprint.encode() not in line[-LAST:] or b',"seed":%d,' % job.seed not in line[:FIRST]:
            raise UsageError(
                f"the journal {str(self._path)!r} belongs to other matches: its match {job.index} is not the one given now. "
                "Give the same specs in the same order, or name another file"
            )
        return True

    def result(self, index: int) -> MatchResult:
        """Return the result of a match that was played before this run, from the file.

        Raises:
            UsageError: It was not, or its line tells no result.
        """
        line = self._line(index)
        if line is None:
            raise UsageError(f"match {index} is not among those that the journal {str(self._path)!r} held when it was opened")
        return _result(self._path, line)

    def write(self, result: MatchResult) -> None:
        """Append what came of a match that was asked for; once it returns, killing this process loses nothing of it.

        Raises:
            UsageError: `has` did not ask for it, it was written before, no line can hold it, or the disk is full.
        """
        fingerprint = self._asked.pop(result.index, None)
        if fingerprint is None:
            raise UsageError(f"match {result.index} was not asked for, or is in the journal {str(self._path)!r} already")
        if not all(isinstance(value, PLAIN) for value in result.tags.values()):
            raise UsageError(
                f"tags of a match in a journal must be plain values, and those of {result.index} are {result.tags!r:.80}"
            )
        try:
            line = checked_line({"index": result.index, **result.to_dict(), "spec": fingerprint})
        except UsageError as error:
            raise UsageError(f"the journal {str(self._path)!r} cannot hold match {result.index}: {error}") from None
        try:
            append_whole(self._file, line)
            self._since_sync += 1
            if self._since_sync == SYNC_EVERY:
                self._sync()
        except OSError as error:
            raise _refused(self._path, error) from None

    def close(self) -> None:
        """Let another run have the file; what was written is on the disk then. Closing twice is allowed."""
        if self._file.closed:
            return
        try:
            self._sync()
        except OSError as error:
            raise _refused(self._path, error) from None
        finally:
            self._reader.close()
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _sync(self) -> None:
        os.fsync(self._file.fileno())
        self._since_sync = 0

    def _line(self, index: int) -> bytes | None:
        place = bisect_left(self._indices, index)
        if place == len(self._indices) or self._indices[place] != index:
            return None
        self._reader.seek(self._offsets[place])
        return self._reader.readline()


def read_journal(path: str | os.PathLike[str]) -> Iterator[MatchResult]:
    """Yield the results of a journal in the order in which they came; a run that goes on meanwhile may have it.

    Raises:
        UsageError: The file cannot be read, is no journal, or is damaged.
    """
    place = Path(path)
    try:
        with open(place, "rb") as file:
            for number, _, line in _lines(place, file):
                if number == 1:
                    _checked_heading(place, line)
                else:
                    yield _result(place, line)
    except OSError as error:
        raise UsageError(f"{str(place)!r} cannot be read: {error.strerror or error}") from None


def _heading(seed: int) -> dict[str, Any]:
    from rollback import __version__

    return {"journal": FORMAT, "rollback": __version__, "seed": seed}


def _locked(path: Path) -> BinaryIO:
    """Return the file, made if there is none, that no other run has; it is free again when it is closed, also by a crash."""
    file = open(path, "a+b", buffering=0)
    with contextlib.suppress(ImportError):  # elsewhere nothing keeps two runs apart
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise UsageError(
                f"another run is writing the journal {str(path)!r}: wait until it ends, or name another file"
            ) from None
    return file


def _begin(path: Path, file: BinaryIO, heading: bytes) -> None:
    """Write the first line, if the file holds none, or only the beginning of this one."""
    file.seek(0)
    start = file.read(len(heading))
    if len(start) == len(heading) or b"\n" in start:
        return
    if not heading.startswith(start):  # somebody's file: nothing is cut off that we did not write
        raise _no_journal(path)
    file.truncate(0)
    append_whole(file, heading)


def _index(path: Path, reader: BinaryIO, seed: int) -> tuple[array[int], array[int], int]:
    """Return the indices that are there, in order, the offset of each, and where the last whole line ends."""
    indices, offsets, end = array("q"), array("q"), 0
    for number, offset, line in _lines(path, reader):
        end = offset + len(line)
        if number == 1:
            _check_run(path, _checked_heading(path, line), seed)
            continue
        digits = line[len(_BEGINNING) : line.find(b",", 0, 40)]
        if not line.startswith(_BEGINNING) or not digits.isdigit() or len(digits) > 18:
            raise _damaged(path, Damage(number, "is no result of a match"))
        indices.append(int(digits))
        offsets.append(offset)
    if any(later <= earlier for earlier, later in pairwise(indices)):
        order = sorted(range(len(indices)), key=indices.__getitem__)
        indices, offsets = array("q", (indices[at] for at in order)), array("q", (offsets[at] for at in order))
        for earlier, later in pairwise(indices):
            if earlier == later:
                raise UsageError(f"the journal {str(path)!r} holds match {earlier} twice: delete one of its lines")
    return indices, offsets, end


def _lines(path: Path, file: BinaryIO) -> Iterator[tuple[int, int, bytes]]:
    try:
        yield from checked_lines(file)
    except Damage as damage:
        raise _no_journal(path) if damage.line == 1 else _damaged(path, damage) from None


def _checked_heading(path: Path, line: bytes) -> dict[str, Any]:
    with contextlib.suppress(UsageError):
        values = values_of(line)
        if values.get("journal") == FORMAT:
            return values
    raise _no_journal(path)


def _check_run(path: Path, heading: dict[str, Any], seed: int) -> None:
    mine = _heading(seed)
    if heading.get("rollback") != mine["rollback"]:
        raise UsageError(
            f"the journal {str(path)!r} was begun by version {heading.get('rollback')} of rollback, and this is "
            f"{mine['rollback']}: results of two versions make no run. Name another file"
        )
    if heading.get("seed") != seed:
        raise UsageError(
            f"the journal {str(path)!r} belongs to seed {heading.get('seed')}, not to {seed}: "
            "give that seed, or name another file"
        )


def _result(path: Path, line: bytes) -> MatchResult:
    try:
        values = values_of(line)
        del values["spec"]
        return MatchResult.from_dict(values)
    except (UsageError, KeyError) as error:
        raise UsageError(f"a result in the journal {str(path)!r} cannot be read: {error}") from None


def _no_journal(path: Path) -> UsageError:
    return UsageError(f"{str(path)!r} is no journal of matches, or its first line is damaged: name another file")


def _damaged(path: Path, damage: Damage) -> UsageError:
    return UsageError(f"the journal {str(path)!r}: {damage}. Delete that line, and its match is played again")


def _refused(path: Path, error: OSError) -> UsageError:
    return UsageError(f"the journal {str(path)!r} cannot be written: {error.strerror or error}")
