"""A match as it is recorded: to a file, if there is one, and into memory. Knows frames; knows no session.

What memory holds is for the moment two peers turn out to differ: the same bytes as in the file, about 85 a second for two
players with a byte each. They are packed once, for both.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple, cast

from rollback.errors import ReplayError, UsageError
from rollback.replays import Replay, ReplayHeader, ReplayWriter
from rollback.replays.limits import MAX_BLOCK

__all__ = ["Tape"]

MOST_FRAMES: Final = 360_000  # 100 minutes at 60 fps, which are copied in less time than a peer may be silent
MOST_BYTES: Final = 16 * 1024 * 1024  # wide inputs of many players get there sooner
RECENT: Final = MAX_BLOCK  # the newest frames, which are held for ever


class Row(NamedTuple):
    """A frame's inputs, as a writer takes them."""

    frame: int
    inputs: Sequence[bytes]


class Tape:
    """A recording, in memory until that is full; the newest frames are always held.

    What cannot be written ends the recording, never the match: `problem` says what it was.

    Args:
        header: Which game, with which settings, who plays.
        path: The file, which is overwritten; None for none.

    Attributes:
        header: As given.
        problem: Why the file ends before the match; empty while all is well.
    """

    def __init__(self, header: ReplayHeader, path: str | os.PathLike[str] | None = None) -> None:
        self.header = header
        self.problem = ""
        self._copies = _Copies(path)
        self._writer = ReplayWriter(cast(BinaryIO, self._copies), header)
        self._recent: deque[Row] = deque(maxlen=RECENT)
        self._next = header.first_frame

    @property
    def has_file(self) -> bool:
        """Whether a file was begun."""
        return self._copies.is_begun

    @property
    def frames(self) -> int:
        """Frames added."""
        return self._next - self.header.first_frame

    @property
    def next_frame(self) -> int:
        """The frame that is due."""
        return self._next

    @property
    def block_end(self) -> int:
        """The frame that is due when a part of the recording is whole, and is written."""
        return self._writer.block_end

    @property
    def size(self) -> int:
        """Bytes written."""
        return self._writer.size

    def add(self, inputs: Sequence[Sequence[bytes]]) -> None:
        """Hold the inputs of the next settled frames."""
        if not self._copies.is_full and (self.frames >= MOST_FRAMES or self.size >= MOST_BYTES):
            self._fill()
        first = self._next
        if self._copies.is_full:
            self._recent.extend([Row(frame, row) for frame, row in enumerate(inputs, first)][-RECENT:])
        self._next += len(inputs)
        self._do(lambda: self._writer.add_all(first, inputs))

    def checksum(self, frame: int, value: int) -> None:
        """Hold the checksum of the state before a settled frame; frames rise."""
        self._do(lambda: self._writer.checksum(frame, value))

    def keyframe(self, frame: int, state: Any) -> bool:
        """Hold the state before a frame; frames rise. Return whether there was room."""
        return self._do(lambda: self._writer.keyframe(frame, state)) is True

    def event(self, frame: int, kind: str, data: Any) -> None:
        """Hold what happened before `frame`."""
        self._do(lambda: self._writer.event(frame, kind, data))

    def close(self, final_checksum: int | None, reason: str) -> None:
        """Write the end, and close the file; what is in memory can still be copied."""
        self._do(lambda: self._writer.close(final_checksum, reason))
        self._copies.close()

    def inputs(self, first: int, last: int) -> list[Row]:
        """Return the frames from `first` to `last` that are held."""
        oldest = self._recent[0].frame if self._recent else self._next
        rows = []
        if first < oldest:
            recorded = self._recorded()
            held = range(max(first, recorded.first), min(last + 1, recorded.end, oldest))
            rows = [Row(frame, recorded.inputs(frame)) for frame in held]
        return rows + [row for row in self._recent if first <= row.frame <= last]

    def copy_to(self, writer: ReplayWriter, state: tuple[int, Any] | None = None) -> bool:
        """Write all that is held from the first frame on without a gap, and the state before one frame more.

        Returns:
            Whether that state was written.

        Raises:
            ReplayError: The file cannot be written.
        """
        recorded, has_state = self._recorded(), False
        extra = () if state is None or state[0] in recorded.keyframes else (state[0],)
        for frame in sorted([*recorded.keyframes, *extra]):
            if state is not None and frame == state[0]:
                has_state = writer.keyframe(*state)
            else:
                writer.keyframe(frame, recorded.keyframes[frame])
        rows: list[Sequence[bytes]] = list(recorded)
        if self._recent and self._recent[0].frame <= recorded.end:
            rows += [row.inputs for row in self._recent if row.frame >= recorded.end]
        writer.add_all(recorded.first, rows)
        for frame, value in recorded.checksums.items():
            writer.checksum(frame, value)
        for event in recorded.events:
            writer.event(event.frame, event.kind, event.data)
        return has_state

    def _recorded(self) -> Replay:
        if not self._copies.is_full:
            self._do(self._writer.flush)
        return Replay.open(BytesIO(self._copies.memory.getvalue()))

    def _fill(self) -> None:
        self._do(self._writer.flush)
        self._copies.is_full = True

    def _do(self, what: Callable[[], Any]) -> Any:
        """Write, as long as that works."""
        try:
            return what()
        except (ReplayError, UsageError) as error:  # no room in the recording
            self.problem = self.problem or str(error)
        finally:
            self.problem = self.problem or self._copies.problem
        return None


class _Copies:
    """A binary file whose bytes go to memory and to a file, whichever of them can still take any."""

    def __init__(self, path: str | os.PathLike[str] | None) -> None:
        self.memory = BytesIO()
        self.is_full = False
        self.is_begun = False
        self.problem = ""
        self._file: BinaryIO | None = None
        if path is not None:
            try:
                self._file = open(Path(path), "wb")
                self.is_begun = True
            except OSError as error:
                self._fail(path, error)
        self._path = path

    def write(self, data: bytes) -> None:
        if not self.is_full:
            self.memory.write(data)
        if self._file is not None:
            try:
                self._file.write(data)
            except OSError as error:
                self._fail(self._path, error)

    def flush(self) -> None:
        if self._file is not None:
            try:
                self._file.flush()
            except OSError as error:
                self._fail(self._path, error)

    def close(self) -> None:
        if self._file is not None:
            try:
                self._file.close()
            except OSError as error:
                self._fail(self._path, error)
            self._file = None

    def _fail(self, path: Any, error: OSError) -> None:
        """Write no more to the file: a disk that is full must not end a match, nor what is kept in memory."""
        self.problem = self.problem or f"the replay {os.fspath(path)} cannot be written: {error.strerror or error}"
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError:
                pass  # the first failure is the one to tell
