"""Writes a replay while the match is played. Knows frames and files; knows no session and no clock."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Sequence
from itertools import chain
from types import TracebackType
from typing import Any, BinaryIO, Final, Protocol

from rollback.errors import ReplayError, UsageError
from rollback.replays.chunks import MAGIC, Kind, pack_chunk
from rollback.replays.header import ReplayHeader, pack_header
from rollback.replays.limits import (
    MAX_BLOCK,
    MAX_BLOCKS,
    MAX_CHUNK,
    MAX_EVENT,
    MAX_EVENT_BYTES,
    MAX_EVENTS,
    MAX_FILE,
    MAX_FRAMES,
    MAX_KEYFRAME_BYTES,
    MAX_KEYFRAMES,
    MAX_TEXT,
)
from rollback.state.trees import shown
from rollback.wire.blocks import pack_rows
from rollback.wire.tree import MAX_TREE_BYTES, pack_tree

__all__ = ["ReplayWriter"]

_CLOSED: Final = (-1,)  # sizes of no inputs: the hot path's one comparison refuses everything


class SettledFrame(Protocol):
    """What `add` looks at of a `rollback.types.Confirmed`."""

    @property
    def frame(self) -> int:
        """The frame."""

    @property
    def inputs(self) -> Sequence[bytes]:
        """One input a player."""


class ReplayWriter:
    """A replay in the making: about once a second what came since is written as whole chunks.

    Use it as a context manager, or call `close`. A process that is killed leaves a file that can be read up to about a
    second before its end.

    Args:
        target: A path, which is overwritten, or a binary file, which is left open.
        header: What is known before the first frame.

    Raises:
        ReplayError: The file cannot be written, here and in every method.
    """

    def __init__(self, target: str | os.PathLike[str] | BinaryIO, header: ReplayHeader) -> None:
        self.header = header
        self._sizes: tuple[int, ...] = _CLOSED if header.first_frame else header.sizes
        self._width = sum(header.sizes)
        self._block = min(header.fps, MAX_BLOCK)
        self._next = header.first_frame  # the frame that is due
        self._written = header.first_frame  # the first frame that is not in the file
        self._blocks = 0
        self._flush_at = self._next + self._block
        self._rows: list[bytes] = []
        self._sums: list[bytes] = []
        self._last_sum = -1
        self._last_keyframe = -1
        self._events = self._event_bytes = self._keyframes = self._keyframe_bytes = 0
        self._bytes = len(MAGIC)
        self._crc = zlib.crc32(MAGIC)
        self._over = ""  # why nothing more is taken
        packed = pack_header(header)
        self._owned = isinstance(target, str | os.PathLike)
        self._path = os.fspath(target) if isinstance(target, str | os.PathLike) else "the given file"
        try:
            self._file = open(target, "wb") if isinstance(target, str | os.PathLike) else target
            self._file.write(MAGIC)
        except OSError as error:
            raise self._unwritable(error) from None
        self._put(Kind.HEADER, packed)
        self._push()

    @property
    def frames(self) -> int:
        """How many frames were added."""
        return self._next - self.header.first_frame

    @property
    def size(self) -> int:
        """Bytes written."""
        return self._bytes

    @property
    def block_end(self) -> int:
        """The frame that is due when what is held back is enough to be written."""
        return self._flush_at

    @property
    def next_frame(self) -> int:
        """The frame that is due."""
        return self._next

    def add(self, confirmed: SettledFrame) -> None:
        """Record the inputs of the next frame. Frames come in order, from the header's first one, each once.

        Raises:
            UsageError: Another frame is due, an input has a wrong width, nothing more is taken, or the keyframe is missing
                that a recording which does not begin with frame 0 begins with.
        """
        inputs = confirmed.inputs
        if confirmed.frame != self._next or tuple(map(len, inputs)) != self._sizes:
            raise UsageError(self._refusal(confirmed.frame, inputs))
        self._rows += inputs
        self._next += 1
        if self._next == self._flush_at:
            self._flush()

    def add_all(self, first: int, inputs: Sequence[Sequence[bytes]]) -> None:
        """Record the inputs of the frames from `first` on, one byte string a player in each; what `add` does, in less time.

        Raises:
            UsageError: As in `add`; none of the frames in the block that holds the wrong one is recorded.
        """
        while inputs:
            room = max(1, self._flush_at - self._next)
            part, inputs = (inputs, ()) if len(inputs) <= room else (inputs[:room], inputs[room:])
            # Not frame by frame, so that the widths of many are looked at by one call.
            flat = [*chain.from_iterable(part)]
            players = len(self._sizes)
            is_right = first == self._next and {*map(len, part)} == {players}
            if not is_right or any({*map(len, flat[player::players])} != {self._sizes[player]} for player in range(players)):
                wrong = next((row for row in part if tuple(map(len, row)) != self._sizes), part[0])
                raise UsageError(self._refusal(first, wrong))
            self._rows += flat
            first = self._next = first + len(part)
            if first == self._flush_at:
                self._flush()

    def flush(self) -> None:
        """Write what is held back for a fuller block."""
        self._flush()

    def checksum(self, frame: int, value: int) -> None:
        """Record `rollback.state.checksum` of the state before `frame`. Frames rise.

        Raises:
            UsageError: A later frame's was recorded, or `value` has no 64 bits.
        """
        self._check_frame(frame, self._last_sum, "checksum")
        if type(value) is not int or not 0 <= value < 2**64:
            raise UsageError(f"the checksum of frame {frame} must be a whole number of 64 bits, not {shown(value)}")
        self._last_sum = frame
        self._sums.append(struct.pack("<IQ", frame, value))

    def keyframe(self, frame: int, state: Any) -> bool:
        """Record a snapshot of the state before `frame`, from which a reader can go on. Frames rise.

        Returns:
            Whether there was room: keyframes past a limit are left out, and the replay is still whole.

        Raises:
            UsageError: A later frame's was recorded, or `state` is no state tree.
        """
        self._check_frame(frame, self._last_keyframe, "keyframe")
        packed = pack_tree(state)
        payload = struct.pack("<II", frame, len(packed)) + zlib.compress(packed, 1)
        total = self._keyframe_bytes + len(payload)
        is_small = len(packed) <= MAX_TREE_BYTES and len(payload) <= MAX_CHUNK and total <= MAX_KEYFRAME_BYTES
        if not is_small or self._keyframes == MAX_KEYFRAMES:
            return False
        self._last_keyframe = frame
        if frame == self.header.first_frame:
            self._sizes = self.header.sizes
        self._keyframes += 1
        self._keyframe_bytes = total
        self._put(Kind.KEYFRAME, payload)
        return True

    def event(self, frame: int, kind: str, data: Any = None) -> bool:
        """Record that something happened before `frame`, in a word; `data` is a state tree without anything of numpy.

        A `kind` of "resynced" says that the state of the keyframe of this frame, which is recorded before it, was taken
        over from another peer: the inputs alone do not lead there.

        Returns:
            Whether there was room: events past a limit are left out, and the replay is still whole.

        Raises:
            UsageError: `frame`, `kind` or `data` is not what it should be.
        """
        self._check_frame(frame, -1, "event")
        if type(kind) is not str or len(kind) > MAX_TEXT:
            raise UsageError(f"the kind of an event must be a string of at most {MAX_TEXT} characters, not {shown(kind)}")
        payload = struct.pack("<I", frame) + pack_tree((kind, data))
        if len(payload) > MAX_EVENT or not _is_plain(data):
            raise UsageError(f"the data of an event must be plain and take at most {MAX_EVENT} bytes, not {shown(data)}")
        if self._events == MAX_EVENTS or self._event_bytes + len(payload) > MAX_EVENT_BYTES:
            return False
        self._events += 1
        self._event_bytes += len(payload)
        self._put(Kind.EVENT, payload)
        self._push()
        return True

    def close(self, final_checksum: int | None = None, reason: str = "") -> None:
        """Write what is left and the end. Closing twice is harmless.

        Args:
            final_checksum: Of the state after the last frame.
            reason: Why the match ended.
        """
        if self._over.startswith("is closed"):
            return
        if final_checksum is not None and (type(final_checksum) is not int or not 0 <= final_checksum < 2**64):
            raise UsageError(f"final_checksum must be a whole number of 64 bits or None, not {shown(final_checksum)}")
        self._flush()
        self._put(Kind.FOOTER, pack_tree({"frames": self.frames, "final": final_checksum, "reason": reason[:MAX_TEXT]}))
        self._push()
        self._stop("is closed: make another writer for another match")
        if self._owned:
            self._file.close()

    def __enter__(self) -> ReplayWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close(reason="" if kind is None else f"{kind.__name__}: {error}")

    def _flush(self) -> None:
        if self._rows:
            packed = pack_rows(b"".join(self._rows), self._width)
            if self._bytes + len(packed) + MAX_KEYFRAME_BYTES - self._keyframe_bytes > MAX_FILE - MAX_CHUNK:
                self._stop(f"is full: {MAX_FILE // 2**20} MiB are the most a replay may hold")
            self._put(Kind.INPUTS, struct.pack("<IH", self._written, self._next - self._written) + packed)
            self._rows.clear()
            self._written = self._next
            self._flush_at = self._next + self._block
            self._blocks += 1
            if self._flush_at > MAX_FRAMES or self._blocks == MAX_BLOCKS:
                self._stop(f"is full: {self._next} frames are the most it may hold at {self.header.fps} frames a second")
        if self._sums:
            self._put(Kind.CHECKSUMS, b"".join(self._sums))
            self._sums.clear()
        self._push()

    def _put(self, kind: Kind, payload: bytes) -> None:
        chunk, self._crc = pack_chunk(kind, payload, self._crc)
        self._bytes += len(chunk)
        try:
            self._file.write(chunk)
        except OSError as error:
            raise self._unwritable(error) from None

    def _push(self) -> None:
        try:
            self._file.flush()
        except OSError as error:
            raise self._unwritable(error) from None

    def _stop(self, why: str) -> None:
        self._over = why
        self._sizes = _CLOSED

    def _check_frame(self, frame: int, last: int, what: str) -> None:
        if self._over.startswith("is closed"):
            raise UsageError(f"the replay {self._over}")
        if type(frame) is not int or not last < frame <= MAX_FRAMES:
            raise UsageError(f"the frame of a {what} must be from {last + 1} to {MAX_FRAMES}, not {shown(frame)}")

    def _refusal(self, frame: int, inputs: Sequence[bytes]) -> str:
        if self._over:
            return f"frame {frame} cannot be added: the replay {self._over}"
        if frame != self._next:
            first = self.header.first_frame
            return f"frame {frame} was added where frame {self._next} is due: add every frame once, in order, from {first}"
        if self._sizes == _CLOSED:
            return f"the recording begins with frame {frame}: record the keyframe of that frame first"
        return f"frame {frame} has inputs of {[*map(len, inputs)]} bytes, the header says {[*self._sizes]}"

    def _unwritable(self, error: OSError) -> ReplayError:
        return ReplayError(f"the replay {self._path} cannot be written: {error.strerror or error}")


def _is_plain(data: Any) -> bool:
    """Return whether a reader without numpy can read the tree."""
    if type(data) is dict:
        return all(map(_is_plain, data)) and all(map(_is_plain, data.values()))
    if type(data) in (list, tuple):
        return all(map(_is_plain, data))
    return type(data) in (str, bytes, int, float, bool, type(None))
