"""Blocks of inputs as XOR deltas and runs of zeros. Knows rows of one width; knows no players and no files.

A row is what all players do in one frame. The rows of a block, one after the other, are XORed with themselves one row
later: what remains is nearly all zeros, and is written as (zeros, length, bytes) with 7-bit varints. Both directions
work on a whole block as one large integer, which is what makes recording cheap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rollback.errors import WireError

__all__ = ["check_rows", "pack_rows", "unpack_rows"]

_pieces = re.compile(rb"(\0*)([^\0]+)").findall


def pack_rows(rows: bytes, width: int) -> bytes:
    """Return the joined rows of `width` bytes each, packed."""
    size = len(rows)
    value = int.from_bytes(rows, "little")
    delta = (value ^ (value << 8 * width)) & ((1 << 8 * size) - 1)
    out = bytearray()
    for zeros, data in _pieces(delta.to_bytes(size, "little")):
        if len(zeros) < 128 and len(data) < 128:
            out.append(len(zeros))
            out.append(len(data))
        else:
            out += _varint(len(zeros)) + _varint(len(data))
        out += data
    return bytes(out)


def check_rows(data: bytes, width: int, count: int) -> None:
    """Return if `data` can be unpacked; in the time its own bytes take, for a few of them may claim very many rows.

    Raises:
        WireError: `data` is no packed block of that many rows.
    """
    for _ in _unpacked(data, width * count):
        pass


def unpack_rows(data: bytes, width: int, count: int) -> bytes:
    """Return the `count` joined rows; the caller has checked that width times count is no outrageous number.

    Raises:
        WireError: `data` is no packed block of that many rows.
    """
    size = width * count
    delta = bytearray()
    for zeros, piece in _unpacked(data, size):
        delta += bytes(zeros) + piece
    value = int.from_bytes(delta, "little")
    shift, end, mask = 8 * width, 8 * size, (1 << 8 * size) - 1
    while shift < end:  # the sum over all rows before, by doubling
        value ^= (value << shift) & mask
        shift *= 2
    return value.to_bytes(size, "little")


def _unpacked(data: bytes, size: int) -> Iterator[tuple[int, bytes]]:
    """Yield what a block says, as zeros and the bytes after them; all together no more than `size`."""
    numbers, room = _Varints(data), size
    while numbers.place < len(data):
        zeros, length = numbers.read(), numbers.read()
        piece = data[numbers.place : numbers.place + length]
        room -= zeros + length
        if room < 0 or len(piece) < length:
            raise WireError("malformed", "a block of inputs holds more or less than it says")
        numbers.place += length
        yield zeros, piece


class _Varints:
    """Reads 7-bit varints of at most three bytes: blocks are smaller than two million bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.place = 0

    def read(self) -> int:
        value = 0
        for shift in (0, 7, 14):
            if self.place >= len(self._data):
                break
            byte = self._data[self.place]
            self.place += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise WireError("malformed", "a block of inputs holds half a number")


def _varint(value: int) -> bytes:
    return bytes(_septets(value))


def _septets(value: int) -> Iterator[int]:
    while value > 0x7F:
        yield value & 0x7F | 0x80
        value >>= 7
    yield value
