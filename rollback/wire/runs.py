"""Rows of inputs as XOR deltas and run lengths. Knows bytes and widths; knows no frame counter and no peer.

A row is what one peer's players do in one frame: their inputs side by side. Rows mostly repeat, so a stretch of rows
is a sequence of tokens, relative to the row before the stretch, which the receiver acknowledged:

    0LLLLLLL            the row before, L + 1 more times
    1MMMMLLL bytes...   a new row: the row before XOR the bytes, then L more times the same

M names which quarters of the row changed (lowest bit: first quarter; a quarter is ceil(width / 4) bytes, the last one may
be shorter or empty), and only those follow. At least one quarter must be named.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final

from rollback.errors import WireError

__all__ = ["Change", "change_between", "changed_row", "encode_runs", "payload_lengths"]

Change = tuple[int, int, bytes]  # frame, first byte of its token with L = 0, the bytes that follow it

BAD: Final = -1


@cache
def payload_lengths(width: int) -> tuple[int, ...]:
    """Return, for each possible token byte, how many bytes follow it for rows of `width`; -1 where it is illegal."""
    quarter = -(-width // 4)
    sizes = [max(0, min(quarter, width - place * quarter)) for place in range(4)]
    lengths = [0] * 128
    for token in range(128, 256):
        places = [place for place in range(4) if token >> 3 & 1 << place]
        legal = places and all(sizes[place] for place in places)
        lengths.append(sum(sizes[place] for place in places) if legal else BAD)
    return tuple(lengths)


def change_between(before: bytes, after: bytes) -> tuple[int, bytes]:
    """Return the token byte (with L = 0) and the bytes that turn the row `before` into the different row `after`."""
    quarter = -(-len(before) // 4)
    mask, delta = 0, bytearray()
    for place in range(4):
        old, new = before[place * quarter : (place + 1) * quarter], after[place * quarter : (place + 1) * quarter]
        if old != new:
            mask |= 1 << place
            delta += bytes(a ^ b for a, b in zip(old, new, strict=True))
    return 128 | mask << 3, bytes(delta)


def changed_row(before: bytes, token: int, delta: bytes) -> bytes:
    """Return the row that `token` and its bytes make of `before`; the caller has checked their length."""
    quarter = -(-len(before) // 4)
    row, at = bytearray(before), 0
    for place in range(4):
        if token >> 3 & 1 << place:
            for index in range(place * quarter, min((place + 1) * quarter, len(row))):
                row[index] ^= delta[at]
                at += 1
    return bytes(row)


def encode_runs(changes: Iterable[Change], first: int, last: int, room: int) -> tuple[bytes, int]:
    """Return the tokens for the rows `first`..`last`, and the last frame they reach within `room` bytes.

    Args:
        changes: The frames in which the row differs from the one before, in order; those outside the stretch are ignored.
        first: First frame of the stretch; the receiver holds the row before it.
        last: Last frame of the stretch.
        room: Most bytes to use. A stretch that does not fit is cut at the last whole token: the rest follows later.
    """
    out = bytearray()
    at, token, delta = first, 0, b""
    for change in changes:
        frame = change[0]
        if frame < first:
            continue
        if frame > last:
            break
        # Close the run that reaches from `at` up to this change.
        count = frame - at
        if token:
            if len(out) + len(delta) + 1 > room:
                return bytes(out), at - 1
            if count <= 8:
                out.append(token + count - 1)
                out += delta
                count = 0
            else:
                out.append(token + 7)
                out += delta
                count -= 8
        while count > 0:
            out.append(min(count, 128) - 1)
            count -= 128
        at, token, delta = change
    count = last + 1 - at
    if token:
        if len(out) + len(delta) + 1 > room:
            return bytes(out), at - 1
        if count <= 8:
            out.append(token + count - 1)
            out += delta
            return bytes(out), last
        out.append(token + 7)
        out += delta
        count -= 8
    while count > 0:
        out.append(min(count, 128) - 1)
        count -= 128
    return bytes(out), last


def bad_token(token: int, width: int) -> WireError:
    """Return the error for a token byte that rows of `width` cannot have."""
    return WireError("token", f"token {token:#04x} is illegal for rows of {width} bytes")
