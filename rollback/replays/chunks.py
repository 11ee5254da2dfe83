"""A replay file as a stream of chunks, each with its checksum. Knows framing; knows not what is in a chunk.

The file is a stream of msgpack objects: a text that says what it is, then one array a chunk of kind, payload and the
CRC-32 of that text and all heads and payloads up to here, so that a chunk that was changed, moved, left out or taken
from another file is noticed. Whoever was killed while writing leaves whole chunks and part of one.
"""

from __future__ import annotations

import struct
import zlib
from enum import IntEnum
from typing import BinaryIO, Final

from rollback.errors import ReplayError
from rollback.replays.limits import MAX_CHUNK, MAX_FILE

__all__ = ["MAGIC", "ChunkReader", "Kind", "pack_chunk"]

MAGIC: Final = b"\xafrollback-replay"  # a msgpack text

_TRAILER: Final = struct.Struct(">BI")
_LENGTHS: Final = {0xC4: 1, 0xC5: 2, 0xC6: 4}


class Kind(IntEnum):
    """What a chunk holds."""

    HEADER = 0
    INPUTS = 1
    CHECKSUMS = 2
    KEYFRAME = 3
    EVENT = 4
    FOOTER = 5


def pack_chunk(kind: Kind, payload: bytes, crc: int) -> tuple[bytes, int]:
    """Return the chunk and the running checksum after it; `crc` is the one before it, at first that of `MAGIC`."""
    size = len(payload)
    code, width = (0xC4, "B") if size < 256 else (0xC5, ">H") if size < 65_536 else (0xC6, ">I")
    body = bytes([0x93, kind, code]) + struct.pack(width, size) + payload
    crc = zlib.crc32(body, crc)
    return body + _TRAILER.pack(0xCE, crc), crc


class ChunkReader:
    """Reads chunk after chunk as long as they are whole.

    Attributes:
        damage: The sentence that says why reading ended before the end of the file; empty while all is well.
    """

    def __init__(self, file: BinaryIO) -> None:
        """Begin to read.

        Raises:
            ReplayError: This is no replay file.
        """
        self.damage = ""
        self._file = file
        self._place = 0
        if self._read(len(MAGIC)) != MAGIC:
            raise ReplayError("this is no replay: the file does not begin like one (replays are recorded as .rbr files)")
        self._crc = zlib.crc32(MAGIC)

    def next(self) -> tuple[int, bytes] | None:
        """Return kind and payload of the next chunk, or None at the end or at the first damage.

        Raises:
            ReplayError: The file is larger than a replay may be.
        """
        start = self._place
        head = self._read(3)
        if not head or self.damage:
            return None
        if len(head) < 3:
            self._cut(start)
            return None
        if head[0] != 0x93 or head[1] > 0x7F or head[2] not in _LENGTHS:
            self._broken(start, "is no chunk")
            return None
        length = self._read(_LENGTHS[head[2]])
        size = int.from_bytes(length, "big")
        if size > MAX_CHUNK:
            self._broken(start, f"claims {size} bytes, at most {MAX_CHUNK} are allowed")
            return None
        payload = self._read(size)
        trailer = self._read(_TRAILER.size)
        if len(length) < _LENGTHS[head[2]] or len(payload) < size or len(trailer) < _TRAILER.size:
            self._cut(start)
            return None
        crc = zlib.crc32(payload, zlib.crc32(head + length, self._crc))
        if trailer != _TRAILER.pack(0xCE, crc):
            self._broken(start, "does not match its checksum")
            return None
        self._crc = crc
        return head[1], payload

    def _read(self, size: int) -> bytes:
        data = self._file.read(size)
        self._place += len(data)
        if self._place > MAX_FILE:
            raise ReplayError(f"the file is larger than {MAX_FILE // 2**20} MiB, the most a replay may be")
        return data

    def _cut(self, start: int) -> None:
        self.damage = f"the file ends in the middle of the chunk at byte {start}"

    def _broken(self, start: int, what: str) -> None:
        self.damage = f"the chunk at byte {start} {what}; it and all after it is ignored"
