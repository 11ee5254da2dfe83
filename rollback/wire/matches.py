"""The match number that every datagram and blob carries: two bits of byte 1. Knows where they stand; knows no message.

A rematch goes on in the same room, over the same lines and under the same names, while datagrams of the last match may still
be on their way: late, or twice. So each is marked with the number of its match modulo 4, at one place on its way out, and
looked at in one place on its way in, before anything in it is read. A datagram that is three matches late is no more.
"""

from __future__ import annotations

from typing import Final

__all__ = ["MATCHES", "MATCH_BITS", "mark", "match_of", "unmark"]

MATCHES: Final = 4  # numbers there are
_SHIFT: Final = 5
MATCH_BITS: Final = (MATCHES - 1) << _SHIFT


def match_of(data: bytes) -> int:
    """Return the number of the match that a datagram or blob belongs to; 0 for what is too short to have one."""
    return data[1] >> _SHIFT & 3 if len(data) > 1 else 0


def mark(data: bytes, match: int) -> bytes:
    """Return what was written for match 0 as that of another one."""
    return data[:1] + bytes((data[1] | match << _SHIFT,)) + data[2:] if match else data


def unmark(data: bytes) -> bytes:
    """Return a datagram or blob as it was written."""
    return data[:1] + bytes((data[1] & ~MATCH_BITS,)) + data[2:] if match_of(data) else data
