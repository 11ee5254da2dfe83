"""The match up to now, held in memory for the moment two peers turn out to differ. Knows frames; knows no session, no disk.

It is a replay that was never written to a file: packed like one, about 85 bytes a second for two players with a byte each.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any, Final, NamedTuple

from rollback.replays import Replay, ReplayHeader, ReplayWriter
from rollback.replays.limits import MAX_BLOCK
from rollback.types import Confirmed

__all__ = ["Tape"]

MOST_FRAMES: Final = 360_000  # 100 minutes at 60 fps, which are copied in less time than a peer may be silent
MOST_BYTES: Final = 16 * 1024 * 1024  # wide inputs of many players get there sooner
RECENT: Final = MAX_BLOCK  # what a writer may hold back until its block is full, so that nothing newer is missing
RECENT_SUMS: Final = 2 * MAX_BLOCK  # a checksum a frame, and those of frames that have not settled yet


class Row(NamedTuple):
    """A frame's inputs, as a writer takes them."""

    frame: int
    inputs: Sequence[bytes]


class Tape:
    """A recording in memory, from frame 0 until it is full; the newest frames are always held.

    Attributes:
        header: Which game, with which settings, who plays.
        frames: Frames added.
    """

    def __init__(self, header: ReplayHeader) -> None:
        self.header = header
        self.frames = 0
        self._file = BytesIO()
        self._writer = ReplayWriter(self._file, header)
        self._recent: deque[Sequence[bytes]] = deque(maxlen=RECENT)
        self._sums: deque[tuple[int, int]] = deque(maxlen=RECENT_SUMS)
        self._full = False

    def add(self, confirmed: Confirmed) -> None:
        """Hold the next settled frame."""
        if not self._full:
            self._writer.add(confirmed)
            self._full = self._writer.frames >= MOST_FRAMES or self._file.tell() >= MOST_BYTES
        self._recent.append(confirmed.inputs)
        self.frames += 1

    def checksum(self, frame: int, value: int) -> None:
        """Hold the checksum of the state before a settled frame; frames rise."""
        self._sums.append((frame, value))
        if not self._full:
            self._writer.checksum(frame, value)

    def event(self, frame: int, kind: str, data: Any) -> None:
        """Hold what happened before `frame`."""
        if not self._full:
            self._writer.event(frame, kind, data)

    def inputs(self, first: int, last: int) -> list[Row]:
        """Return the frames from `first` to `last` that are held."""
        first, oldest = max(0, first), self.frames - len(self._recent)
        recorded = self._recorded() if first < oldest else None
        rows = []
        for frame in range(first, min(last + 1, self.frames)):
            if frame >= oldest:
                rows.append(Row(frame, self._recent[frame - oldest]))
            elif recorded is not None and frame < recorded.frames:
                rows.append(Row(frame, recorded.inputs(frame)))
        return rows

    def copy_to(self, writer: ReplayWriter) -> None:
        """Write all that is held from frame 0 on without a gap.

        Raises:
            ReplayError: The file cannot be written.
        """
        recorded = self._recorded()
        for row in self._rows(recorded):
            writer.add(row)
        sums = dict(recorded.checksums) | {frame: value for frame, value in self._sums if frame <= writer.frames}
        for frame in sorted(sums):
            writer.checksum(frame, sums[frame])
        for event in recorded.events:
            writer.event(event.frame, event.kind, event.data)

    def _rows(self, recorded: Replay) -> Iterator[Row]:
        for frame, inputs in enumerate(recorded):
            yield Row(frame, inputs)
        oldest = self.frames - len(self._recent)
        if oldest <= recorded.frames:
            for frame in range(recorded.frames, self.frames):
                yield Row(frame, self._recent[frame - oldest])

    def _recorded(self) -> Replay:
        return Replay.open(BytesIO(self._file.getvalue()))
