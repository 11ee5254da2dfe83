"""What a worker leaves behind when it dies: which match it was at, and what its watchdog saw. Knows files and places.

A page of memory shared through a file says at each moment where the worker is. It costs a quarter of a microsecond a
match, and it stands when the process is killed, when it ends itself, and when a game closes all files.
"""

from __future__ import annotations

import faulthandler
import mmap
import os
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rollback.sim.pool.patience import slack_of

__all__ = ["BETWEEN", "BlackBox", "Found", "found", "found_of_batch"]

PLACE: Final = struct.Struct("<qqd")  # the batch, the match in it, and the seconds that it has for what it is at
BETWEEN: Final = -1  # in a batch, but in no match: it is being opened, or its results are being sent
NOWHERE: Final = -2  # in no batch
UNLIMITED: Final = 0.0  # seconds
LONGEST: Final = 8_000  # characters of the watchdog's text


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of a worker.

    Attributes:
        batch: Which it has; None, if it has none.
        place: At which of its matches it is; None, if at none.
        traceback: Where the code was when the watchdog ended it; empty, if something else did.
        seconds: What it has for what it is at: more than a match where that is being prepared; None without a limit.
    """

    batch: int | None
    place: int | None
    traceback: str
    seconds: float | None = None


class BlackBox:
    """The worker's side.

    Args:
        folder: Where to leave it; the folder is there.
        timeout: Seconds after which a match is ended, together with this process; None lets it run.
        starting: The same for what is imported and made before the first one, the opening of a batch too.

    Attributes:
        starting: The same; it may be changed between two batches.
    """

    def __init__(self, folder: Path, timeout: float | None, starting: float | None) -> None:
        box, trace = _files(folder, os.getpid())
        box.write_bytes(PLACE.pack(0, NOWHERE, UNLIMITED))
        with box.open("r+b") as file:
            self._place = mmap.mmap(file.fileno(), PLACE.size)
        self._trace = trace.open("w", encoding="utf-8")
        self._timeout = timeout
        self.starting = starting
        self._slack = 0.0 if timeout is None else slack_of(timeout)
        self._rearm = 0.0
        self._at = (0, NOWHERE)
        self._makes = False
        self._process = os.getpid()

    def settle(self) -> None:
        """Let the watchdog take the memory that it needs, before what this process has is measured: 64 MiB of addresses."""
        if self._timeout is not None:
            faulthandler.dump_traceback_later(self._timeout, exit=True, file=self._trace)
            faulthandler.cancel_dump_traceback_later()

    def enter(self, batch: int, place: int = BETWEEN) -> None:
        """Say that this match of this batch begins now; the watchdog gives it its time from here on."""
        self._end_copies()
        self._at = batch, place
        if self._timeout is None:
            PLACE.pack_into(self._place, 0, batch, place, UNLIMITED)
        elif place == BETWEEN:
            self._give(self.starting or self._timeout)
        else:
            PLACE.pack_into(self._place, 0, batch, place, self._timeout)
            if (now := time.monotonic()) >= self._rearm:
                faulthandler.dump_traceback_later(self._timeout + self._slack, exit=True, file=self._trace)
                self._rearm = now + self._slack  # until then what is left is no shorter than the timeout

    @contextmanager
    def making(self) -> Iterator[None]:
        """Let the clock of the match stand while something is made once for all matches, and begin anew after it."""
        if self._timeout is None or self._makes:
            yield
            return
        self._makes = True
        self._give(self.starting or self._timeout)
        try:
            yield
        finally:
            self._makes = False
            self.enter(*self._at)

    def _give(self, seconds: float) -> None:
        PLACE.pack_into(self._place, 0, *self._at, seconds)
        faulthandler.dump_traceback_later(seconds + slack_of(seconds), exit=True, file=self._trace)
        self._rearm = 0.0

    def rest(self, batch: int) -> None:
        """Say that its matches are over, and that only sending the results is left."""
        self._end_copies()
        if self._timeout is not None:
            faulthandler.cancel_dump_traceback_later()
            self._rearm = 0.0
        PLACE.pack_into(self._place, 0, batch, BETWEEN, UNLIMITED)

    def _end_copies(self) -> None:
        if (
            os.getpid() != self._process
        ):  # a game forked, and came back: one of the two is enough, and nobody would end this one
            os._exit(0)

    def close(self) -> None:
        """Let go of the files."""
        self._place.close()
        self._trace.close()


def found(folder: Path, process: int) -> Found:
    """Return where a worker is, or was when it died; nothing, if it died before it could begin."""
    box, trace = _files(folder, process)
    try:
        batch, place, seconds = PLACE.unpack(box.read_bytes())
        text = trace.read_text(encoding="utf-8", errors="replace")[:LONGEST]
    except (OSError, struct.error):
        return Found(None, None, "")
    return Found(None if place == NOWHERE else batch, place if place >= 0 else None, text, seconds or None)


def found_of_batch(folder: Path, batch: int) -> Found | None:
    """Return where the worker was that had this batch last; None, if nobody left anything about it."""
    for process in _processes(folder):
        told = found(folder, process)
        if told.batch == batch:
            return told
    return None


def _processes(folder: Path) -> Iterator[int]:
    yield from sorted(int(path.stem) for path in folder.glob("*.box"))


def _files(folder: Path, process: int) -> tuple[Path, Path]:
    return folder / f"{process}.box", folder / f"{process}.trace"
