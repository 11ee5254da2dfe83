"""Rows of inputs as XOR deltas and run lengths, newest first. Knows bytes and widths; knows no peer.

A row is what one peer's players do in one frame: their inputs side by side. Rows mostly repeat, so only the changes since the
row that the receiver acknowledged are written, one token each, from the newest back:

    MMMMLLLL [varint] delta...    a row that is the row before it XOR the delta

L says how many frames the row has lasted, up to the frame before the token written previously (for the first token: up to the
newest frame); 15 is followed by a varint to add. M names which quarters of the row changed (lowest bit: first quarter; a
quarter is ceil(width / 4) bytes, the last ones may be shorter or empty); only those quarters follow. Newest first, because a
receiver that lacks one frame, as it nearly always does, needs to look at no more than the first token.
"""

from __future__ import annotations

from collections import deque
from functools import cache

from rollback.errors import WireError

__all__ = ["Change", "change_between", "changed_row", "decode_runs", "encode_runs", "payload_lengths", "put_varint", "take_varint"]

Change = tuple[int, int, bytes]  # frame, first byte of its token with L = 0, delta

BAD = 0  # length of the delta of a token that is illegal: a change always has one


@cache
def payload_lengths(width: int) -> tuple[int, ...]:
    """Return, for each mask, how many bytes of delta follow for rows of `width`; 0 where the mask is illegal."""
    quarter = -(-width // 4)
    sizes = [max(0, min(quarter, width - place * quarter)) for place in range(4)]
    named = [[place for place in range(4) if mask & 1 << place] for mask in range(16)]
    return tuple(sum(sizes[p] for p in places) if all(sizes[p] for p in places) else BAD for places in named)


def change_between(before: bytes, after: bytes) -> tuple[int, bytes]:
    """Return the first byte of the token (with L = 0) and the delta that turn `before` into the different row `after`."""
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
        size += len(change[2]) + 4  # the longest token: a byte, and a varint for a run of up to two million frames
        if size > room:
            newest = change[0] - 1
            del wanted[index:]
            break
    out = bytearray()
    end = newest
    for frame, token, delta in reversed(wanted):
        lasted = end - frame
        if lasted < 15:
            out.append(token + lasted)
        else:
            out.append(token + 15)
            put_varint(out, lasted - 15)
        out += delta
        end = frame - 1
    return bytes(out), newest


def decode_runs(data: bytes, at: int, newest: int, lengths: tuple[int, ...]) -> list[Change]:
    """Return the changes written from `at` to the end of the datagram, newest first.

    Raises:
        WireError: `truncated`, `number` (too long a varint) or `token` (an illegal mask, or a frame before the first).
    """
    changes = []
    end, frame = len(data), newest + 1
    try:
        while at < end:
            token = data[at]
            at += 1
            lasted = token & 15
            if lasted == 15:
                more, at = take_varint(data, at)
                lasted += more
            stop = at + lengths[token >> 4]
            frame -= lasted + 1
            if stop == at or frame < 0:
                raise WireError("token", f"{token:#04x} leads to frame {frame}")
            if stop > end:
                raise WireError("truncated")
            changes.append((frame, token & 240, data[at:stop]))
            at = stop
    except IndexError:
        raise WireError("truncated") from None
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
