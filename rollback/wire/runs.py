"""Rows of inputs as XOR deltas and run lengths, newest first. Knows bytes and widths; knows no peer.

A row is what one peer's players do in one frame: their inputs side by side. Rows mostly repeat, so only the changes since the
row that the receiver acknowledged are written, one token each, from the newest back:

    MMMMFFFF [frame] delta...    a row that is the row before it XOR the delta

F is the frame modulo 15: the nearest one at or before the frame before the token written previously (for the first token: at
or before the newest frame). 15 says that the frame is further back, and follows in full: its low 16 bits, little-endian. So a
token stays the same from one datagram to the next, which lets a sender write and a receiver read it once. M names which
quarters of the row changed (lowest bit: first quarter; a quarter is ceil(width / 4) bytes, the last ones may be shorter or
empty); only those quarters follow. Newest first, because a receiver that lacks one frame, as it nearly always does, needs to
look at no more than the first token.
"""

from __future__ import annotations

from collections import deque
from functools import cache

from rollback.errors import WireError

__all__ = [
    "Change",
    "change_between",
    "changed_row",
    "decode_runs",
    "encode_runs",
    "payload_lengths",
    "put_varint",
    "take_varint",
]

Change = tuple[int, int, bytes]  # frame, mask in the upper half of a byte, delta

ONE_BYTE = [bytes((value,)) for value in range(256)]

BAD = 0  # length of the delta of a token that is illegal: a change always has one


@cache
def payload_lengths(width: int) -> tuple[int, ...]:
    """Return, for each mask, how many bytes of delta follow for rows of `width`; 0 where the mask is illegal."""
    quarter = -(-width // 4)
    sizes = [max(0, min(quarter, width - place * quarter)) for place in range(4)]
    named = [[place for place in range(4) if mask & 1 << place] for mask in range(16)]
    return tuple(sum(sizes[p] for p in places) if all(sizes[p] for p in places) else BAD for places in named)


def change_between(before: bytes, after: bytes) -> tuple[int, bytes]:
    """Return the mask, in the upper half of a byte, and the delta that turn `before` into the different row `after`."""
    if len(before) == 1:
        return 16, ONE_BYTE[before[0] ^ after[0]]
    quarter = -(-len(before) // 4)
    mask, delta = 0, bytearray()
    for place in range(4):
        old, new = before[place * quarter : (place + 1) * quarter], after[place * quarter : (place + 1) * quarter]
        if old != new:
            mask |= 1 << place
            delta += bytes([a ^ b for a, b in zip(old, new, strict=True)])
    return mask << 4, bytes(delta)


def changed_row(before: bytes, token: int, delta: bytes) -> bytes:
    """Return the row that the token makes of `before`; the caller has checked the length of the delta."""
    if len(before) == 1:
        return ONE_BYTE[before[0] ^ delta[0]]
    quarter = -(-len(before) // 4)
    row, at = bytearray(before), 0
    for place in range(4):
        if token >> 4 & 1 << place:
            for index in range(place * quarter, min((place + 1) * quarter, len(row))):
                row[index] ^= delta[at]
                at += 1
    return bytes(row)


def encode_runs(changes: deque[Change], acked: int, newest: int, room: int) -> tuple[bytes, int]:
    """Return the tokens of the changes in `acked + 1`..`newest`, and the frame they lead up to.

    Args:
        changes: All changes not yet acknowledged by everybody, oldest first.
        acked: Newest frame the receiver holds.
        newest: Frame to lead up to.
        room: Most bytes to use. What does not fit is cut at the new end: the oldest rows are the most wanted.
    """
    wanted = [change for change in changes if acked < change[0] <= newest]
    size = 0
    for index, change in enumerate(wanted):
        size += len(change[2]) + 3  # the longest token: a byte and a frame
        if size > room:
            newest = change[0] - 1
            del wanted[index:]
            break
    out = bytearray()
    before = newest
    for frame, mask, delta in reversed(wanted):
        if before - frame < 15:
            out.append(mask | frame % 15)
        else:
            out += bytes((mask | 15, frame & 255, frame >> 8 & 255))
        out += delta
        before = frame - 1
    return bytes(out), newest


def decode_runs(data: bytes, at: int, newest: int, lengths: tuple[int, ...]) -> list[Change]:
    """Return the changes written from `at` to the end of the datagram, newest first.

    Raises:
        WireError: `truncated`, or `token` (an illegal mask, or a frame before the first).
    """
    changes = []
    end, before = len(data), newest
    while at < end:
        token = data[at]
        at += 1
        if token & 15 < 15:
            frame = before - (before - (token & 15)) % 15
        else:
            if at + 2 > end:
                raise WireError("truncated")
            frame = before - (before - (data[at] | data[at + 1] << 8) & 65535)
            at += 2
        stop = at + lengths[token >> 4]
        if stop == at or frame < 0:
            raise WireError("token", f"{token:#04x} leads to frame {frame}")
        if stop > end:
            raise WireError("truncated")
        changes.append((frame, token & 240, data[at:stop]))
        at = stop
        before = frame - 1
    return changes


def put_varint(out: bytearray, value: int) -> None:
    """Append a number of at most 28 bits, seven bits a byte, lowest first."""
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)


def take_varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number at `at` and where it ends.

    Raises:
        WireError: The number has more than four bytes.
        IndexError: The data ends within it.
    """
    value = 0
    for shift in (0, 7, 14, 21):
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise WireError("number", "a varint of more than four bytes")
