"""The contents of a replay file, held compactly. Knows what is in a chunk; knows no game.

Inputs, checksums and keyframes stay as they are in the file until they are asked for, so that a file takes about as
much memory as it has bytes, whatever it claims.
"""

from __future__ import annotations

import struct
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from typing import Any, Final

from rollback.errors import ReplayError, WireError
from rollback.replays.chunks import Kind
from rollback.replays.events import MENDED, ReplayEvent
from rollback.replays.header import ReplayHeader
from rollback.replays.limits import (
    MAX_BLOCK,
    MAX_EVENT,
    MAX_EVENT_BYTES,
    MAX_EVENTS,
    MAX_FRAMES,
    MAX_KEYFRAMES,
    MAX_TEXT,
)
from rollback.state.trees import shown
from rollback.wire.blocks import check_rows, unpack_rows
from rollback.wire.tree import MAX_TREE_BYTES, unpack_tree

__all__ = ["Checksums", "Keyframes", "Recording"]

_BLOCK: Final = struct.Struct("<IH")
_SUM: Final = struct.Struct("<IQ")
_KEYFRAME: Final = struct.Struct("<II")


class Checksums(Mapping[int, int]):
    """Recorded checksums by frame, each of the state before it."""

    def __init__(self) -> None:
        self._frames = array("I")
        self._sums = array("Q")

    def __getitem__(self, frame: int) -> int:
        place = bisect_left(self._frames, frame)
        if place == len(self._frames) or self._frames[place] != frame:
            raise KeyError(frame)
        return self._sums[place]

    def __iter__(self) -> Iterator[int]:
        return iter(self._frames)

    def __len__(self) -> int:
        return len(self._frames)

    def take(self, payload: bytes) -> None:
        """Add what a chunk holds, or raise `WireError`."""
        if len(payload) % _SUM.size:
            raise WireError("malformed", "checksums of odd length")
        last = self._frames[-1] if self._frames else -1
        for frame, _ in _SUM.iter_unpack(payload):
            if not last < frame <= MAX_FRAMES:
                raise WireError("malformed", f"a checksum of frame {frame} out of order")
            last = frame
        for frame, value in _SUM.iter_unpack(payload):
            self._frames.append(frame)
            self._sums.append(value)


class Keyframes(Mapping[int, Any]):
    """Recorded snapshots by frame, each of the state before it; unpacked when asked for."""

    def __init__(self) -> None:
        self._packed: dict[int, tuple[int, bytes]] = {}

    def __getitem__(self, frame: int) -> Any:
        size, data = self._packed[frame]
        inflate = zlib.decompressobj()
        try:
            packed = inflate.decompress(data, size + 1)
            if len(packed) != size or not inflate.eof or inflate.unused_data:
                raise ReplayError(f"the keyframe of frame {frame} does not have the size it claims")
            return unpack_tree(packed)
        except (WireError, zlib.error) as error:
            raise ReplayError(f"the keyframe of frame {frame} cannot be read: {error}") from None

    def __contains__(self, frame: object) -> bool:
        return frame in self._packed  # without unpacking, which may fail

    def __iter__(self) -> Iterator[int]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)

    def take(self, payload: bytes) -> None:
        """Add what a chunk holds, or raise `WireError`."""
        if len(payload) < _KEYFRAME.size:
            raise WireError("malformed", "half a keyframe")
        frame, size = _KEYFRAME.unpack_from(payload)
        is_late = self._packed and frame <= next(reversed(self._packed))
        if frame > MAX_FRAMES or is_late or len(self) == MAX_KEYFRAMES or not 0 < size <= MAX_TREE_BYTES:
            raise WireError("malformed", f"a keyframe of frame {frame} and {size} bytes")
        self._packed[frame] = (size, payload[_KEYFRAME.size :])


class Recording:
    """What a replay file holds, as far as it could be read.

    Attributes:
        header: Which game, with which settings, who played.
        first: The frame it begins with.
        frames: How many frames there are inputs of.
        checksums: Frame to checksum of the state before it.
        keyframes: Frame to snapshot of the state before it.
        events: What happened, in order.
        final_checksum: That of the state after the last frame, or None.
        reason: Why the match ended, as far as is known.
        is_ended: Whether the recording reached its own end.
    """

    def __init__(self, header: ReplayHeader) -> None:
        self.header = header
        self.first = header.first_frame
        self.frames = 0
        self.checksums = Checksums()
        self.keyframes = Keyframes()
        self.events: list[ReplayEvent] = []
        self.final_checksum: int | None = None
        self.reason = ""
        self.is_ended = False
        self._width = sum(header.sizes)
        self._starts = array("I")  # first frame of each block
        self._places = array("Q", [0])  # where each block begins in the bytes below, and where the last one ends
        self._blocks = bytearray()
        self._event_bytes = 0
        self._held = -1, b""  # the block read last, unpacked

    def __len__(self) -> int:
        return self.frames

    def __iter__(self) -> Iterator[tuple[bytes, ...]]:
        return map(self._split, self.rows(self.first, self.end))

    @property
    def end(self) -> int:
        """The frame after the last one: the recording leads up to the state before it."""
        return self.first + self.frames

    @property
    def taken_over(self) -> list[int]:
        """Frames whose state was taken over from another peer after a desync, so that the inputs alone do not lead there."""
        return sorted({event.frame for event in self.events if event.kind == MENDED and event.frame in self.keyframes})

    def inputs(self, frame: int) -> tuple[bytes, ...]:
        """Return each player's input of a frame.

        Raises:
            ReplayError: There is no such frame.
        """
        if type(frame) is not int or not self.first <= frame < self.end:
            raise ReplayError(f"the replay has no frame {shown(frame)}: it has the frames {self.first} to {self.end - 1}")
        return self._split(next(self.rows(frame, frame + 1)))

    def rows(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield all players' inputs, joined, of the frames from `start` up to `stop`, which the recording holds."""
        width = self._width
        block = bisect_right(self._starts, start) - 1
        while start < stop:
            first, rows = self._starts[block], self._block(block)
            end = min(stop, first + len(rows) // width)
            for place in range((start - first) * width, (end - first) * width, width):
                yield rows[place : place + width]
            start, block = end, block + 1

    def take(self, kind: int, payload: bytes) -> None:
        """Add what a chunk holds.

        Raises:
            WireError: The chunk holds what it may not; nothing of it counts.
        """
        if kind == Kind.INPUTS:
            self._take_inputs(payload)
        elif kind == Kind.CHECKSUMS:
            self.checksums.take(payload)
        elif kind == Kind.KEYFRAME:
            self.keyframes.take(payload)
        elif kind == Kind.EVENT:
            self._take_event(payload)
        elif kind == Kind.FOOTER:
            self._take_footer(payload)
        else:
            raise WireError("unknown", f"a chunk of kind {kind}")

    def _split(self, row: bytes) -> tuple[bytes, ...]:
        parts, place = [], 0
        for size in self.header.sizes:
            parts.append(row[place : place + size])
            place += size
        return tuple(parts)

    def _block(self, block: int) -> bytes:
        if self._held[0] != block:
            end = self._starts[block + 1] if block + 1 < len(self._starts) else self.end
            data = bytes(self._blocks[self._places[block] : self._places[block + 1]])
            self._held = block, unpack_rows(data, self._width, end - self._starts[block])
        return self._held[1]

    def _take_inputs(self, payload: bytes) -> None:
        if len(payload) < _BLOCK.size:
            raise WireError("malformed", "half a block of inputs")
        first, count = _BLOCK.unpack_from(payload)
        if first != self.end or not 1 <= count <= MAX_BLOCK or first + count > MAX_FRAMES:
            raise WireError("malformed", f"{count} frames from frame {first} on, where frame {self.end} is due")
        data = payload[_BLOCK.size :]
        check_rows(data, self._width, count)
        self._starts.append(first)
        self._blocks += data
        self._places.append(len(self._blocks))
        self.frames += count

    def _take_event(self, payload: bytes) -> None:
        self._event_bytes += len(payload)
        if len(self.events) == MAX_EVENTS or self._event_bytes > MAX_EVENT_BYTES or len(payload) > MAX_EVENT:
            raise WireError("oversized", f"more than {MAX_EVENTS} events, or {MAX_EVENT_BYTES} bytes of them")
        event = unpack_tree(payload[4:], max_bytes=MAX_EVENT)
        if type(event) is not tuple or len(event) != 2 or type(event[0]) is not str or len(event[0]) > MAX_TEXT:
            raise WireError("malformed", "an event without a kind")
        self.events.append(ReplayEvent(int.from_bytes(payload[:4], "little"), *event))

    def _take_footer(self, payload: bytes) -> None:
        footer = unpack_tree(payload, max_bytes=MAX_EVENT, max_depth=1)
        frames = footer.get("frames") if type(footer) is dict else None
        if type(frames) is not int or frames != self.frames:
            raise WireError("malformed", "an end that does not belong to these frames")
        final, reason = footer.get("final"), footer.get("reason")
        is_sum = final is None or (type(final) is int and 0 <= final < 2**64)
        if not is_sum or type(reason) is not str or len(reason) > MAX_TEXT:
            raise WireError("malformed", "an end without a checksum or a reason")
        self.final_checksum, self.reason, self.is_ended = final, reason, True
