"""What becomes of a run's log when the agent is replaced by a fresh or an older one. Knows files; knows no training.

The curve of a run is that of the agent as it is now. A reset puts the log aside, and loading a checkpoint brings back the
episodes that led to it: from the log, or from one that was put aside.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from rollback.agents.checkpoints import Checkpoint, RunFolder
from rollback.agents.checkpoints.atomic import UNFINISHED
from rollback.agents.checkpoints.only_files import only_files
from rollback.errors import CheckpointError
from rollback.sim.pool.checked_lines import append_whole
from rollback.studio.points import Row, rows_of
from rollback.studio.thinning import EPISODE, boundary, thin

__all__ = [
    "ASIDE",
    "BEGINNING",
    "Place",
    "PointLog",
    "begin_anew",
    "bring_back",
    "put_aside",
    "read_rows",
]

ASIDE: Final = 3  # logs that are kept of before
_LOG: Final = "log.jsonl"


def put_aside(folder: RunFolder) -> None:
    """Begin an empty log. No writer may be open.

    Raises:
        CheckpointError: The disk does not do it.
    """
    log = folder.path / _LOG
    try:
        if not log.exists() or log.stat().st_size == 0:
            return
        for age in range(ASIDE - 1, 0, -1):
            if (younger := _aside(folder, age)).exists():
                os.replace(younger, _aside(folder, age + 1))
        os.replace(log, _aside(folder, 1))
    except OSError as error:
        raise CheckpointError(f"{log} cannot be put aside ({error.strerror or error})") from None


def begin_anew(folder: RunFolder, checkpoint: Checkpoint) -> str:
    """Put the log of a run aside that nobody trains, and let it go on from a fresh agent; return what the other is called now.

    Raises:
        CheckpointError: Another process trains it, or the disk does not do it.
    """
    with folder.writing():
        newest = folder.newest()
        held = newest.checkpoint if newest is not None else None
        aside = folder.put_aside(held) if held is not None and held.step else ""
        put_aside(folder)
        folder.keep(checkpoint)
    return aside


def bring_back(folder: RunFolder, episode: int, step: int) -> None:
    """Make the log end with an episode, in the way it was when a checkpoint of that episode was made.

    Where it shares a line with later ones the log ends before that line: some episodes are missing then, and none is told
    that was not. Where no log knows it, as with a checkpoint of another run, the log begins behind it. No writer may be open.

    Args:
        folder: The run.
        episode: The last episode that ended before the checkpoint.
        step: Steps at the checkpoint, at least those of that episode's end.
    """
    log = folder.path / _LOG
    if episode == 0:
        put_aside(folder)
        return
    try:
        end = _end_of(log, episode, step)
        if end is None:
            aside = [_aside(folder, age) for age in range(1, ASIDE + 1)]
            known = next(((each, found) for each in aside if (found := _end_of(each, episode, step)) is not None), None)
            kept = folder.path / f".{_LOG}{UNFINISHED}"
            if known is not None:
                shutil.copyfile(known[0], kept)
            put_aside(folder)
            if known is None:
                return
            os.replace(kept, log)
            end = known[1]
        os.truncate(log, end)
    except OSError as error:
        raise _refused(log, error) from None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reading goes on.

    Attributes:
        file: Which file was read; 0: none yet.
        offset: Behind the last whole line that was read.
    """

    file: int = 0
    offset: int = 0


BEGINNING: Final = Place()


def read_rows(folder: RunFolder, place: Place, most: int) -> tuple[list[Row], Place] | None:
    """Return the points of some of the whole lines of the log from a place on, and where the next reading goes on.

    Args:
        folder: The run.
        place: `BEGINNING`, or what an earlier reading returned.
        most: Bytes that are read.

    Returns:
        None where the log is another one than at that reading, or was cut shorter: it is to be read from its start.
    """
    try:
        with open(folder.path / _LOG, "rb", opener=only_files) as file:
            found = os.fstat(file.fileno())
            if place.file and (found.st_ino != place.file or found.st_size < place.offset):
                return None
            file.seek(max(0, place.offset - 1))
            content = file.read(most + 1 if place.offset else most)
    except OSError:  # there is none yet
        return None if place.file else ([], place)
    if place.offset:
        if not content.startswith(b"\n"):  # it was cut, and has grown again
            return None
        content = content[1:]
    whole = content[: content.rfind(b"\n") + 1]
    return rows_of(whole), Place(found.st_ino, place.offset + len(whole))


class PointLog:
    """Adds lines of points to a run's log. Only the process that trains the run may.

    Args:
        folder: The run.

    Raises:
        CheckpointError: The disk does not take it.
    """

    def __init__(self, folder: RunFolder) -> None:
        folder.log().close()  # takes away a line that was cut off when an earlier process was killed
        self._path = folder.path / _LOG
        self._thinned = 0  # up to which episode
        self._file = self._opened()

    def _opened(self) -> BinaryIO:
        try:
            return open(self._path, "ab", buffering=0)
        except OSError as error:
            raise _refused(self._path, error) from None

    def add(self, lines: bytes) -> None:
        """Add whole lines: all of them or, where the disk is full, none."""
        try:
            append_whole(self._file, lines)
        except OSError as error:
            raise _refused(self._path, error) from None

    def thin(self, episodes: int) -> None:
        """Let old episodes share lines where there are many, see `thinning`; `episodes` are those that a checkpoint holds.

        Where the disk has no room for it the log stays as it is, until the next time.
        """
        if (end := boundary(episodes)) <= self._thinned:
            return
        self._file.close()
        try:
            thin(self._path, episodes)
            self._thinned = end
        except OSError:
            pass
        finally:
            self._file = self._opened()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _refused(path: Path, error: OSError) -> CheckpointError:
    return CheckpointError(f"{path} cannot be written ({error.strerror or error})")


def _aside(folder: RunFolder, age: int) -> Path:
    return folder.path / f"log-before-{age}.jsonl"


def _end_of(log: Path, episode: int, step: int) -> int | None:
    """Return where a log has told of an episode and of no later one; None if it does not tell of it, or of another training."""
    try:
        with open(log, "rb", opener=only_files) as file:
            end = 0
            for line in file:  # the numbers only rise
                found = EPISODE.match(line)
                number = int(found[1]) if found else 0
                if number > episode:
                    is_among = found is not None and number - int(found[2] or 1) < episode
                    return end if is_among and all(row[1] > step for row in rows_of(line)) else None
                end += len(line)
                if number == episode:
                    return end if line.endswith(b"\n") and all(row[1] <= step for row in rows_of(line)) else None
    except FileNotFoundError:
        pass
    return None
