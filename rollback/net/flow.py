"""Bulk blobs as one numbered stream of bytes, so that they survive a change of their path. Knows no path and no clock.

A blob whose first byte is 0 and whose second is 24 to 31 is bulk: a part of a snapshot, or of what brings somebody up to
the present. Bulk travels in messages of two kinds, the same on every path:

- `BULK`, the name of the stream (32 bits, drawn by the sender), an offset (64 bits), and the bytes that stand there;
  the stream is the blobs, each behind its length (32 bits).
- `TAKEN`, the name, the name of the receiver (32 bits), the offset it waits for, and a byte that asks for what stands there.

The receiver takes what it waits for and nothing else, so the order is kept and nothing is doubled, whichever path a
message came by. A sender that changes the path goes back to what was not acknowledged. A receiver of another name is a new
process: what the old one had begun to read is let go, and the rest begins a new stream.
"""

from __future__ import annotations

import secrets
import struct
from collections import deque
from typing import Final

from rollback.errors import WireError
from rollback.net.transport import MAX_BLOB
from rollback.wire.matches import MATCH_BITS

__all__ = ["BULK_KINDS", "HEADER", "WINDOW", "Inflow", "Outflow", "is_bulk", "is_bulk_message"]

BULK_KINDS: Final = range(24, 32)  # of `rollback.wire.blobs` and its neighbours
BULK: Final = 4  # beside the kinds of `rollback.net.blobs` and `rollback.net.line`, whose channel they may share
TAKEN: Final = 5
HEADER: Final = struct.Struct("!BIQ")
ANSWER: Final = struct.Struct("!BIIQ?")
LENGTH: Final = struct.Struct("!I")
WINDOW: Final = 256 * 1024  # bytes on their way; with a round trip of 100 ms that is 2.5 MB/s, more than any path is given
ANSWER_EVERY: Final = 32 * 1024  # bytes after which an answer cannot wait; well below the window


def is_bulk(blob: bytes) -> bool:
    """Return whether a blob is bulk, of whichever match."""
    return len(blob) > 1 and blob[0] == 0 and blob[1] & ~MATCH_BITS in BULK_KINDS


def is_bulk_message(message: bytes) -> bool:
    """Return whether a message of a shared path belongs to a flow."""
    return len(message) > 0 and message[0] in (BULK, TAKEN)


class Outflow:
    """The bulk for one peer that was not acknowledged yet."""

    def __init__(self) -> None:
        self._name = secrets.randbits(32)
        self._receiver: int | None = None
        self._held = bytearray()  # from `_taken` on
        self._taken = 0  # offset up to which the receiver has all
        self._next = 0  # offset to send next
        self._highest = 0  # the most that `_next` was: what the receiver can have seen
        self._starts: deque[int] = deque()  # offsets of the blobs that are held from their first byte on

    def __bool__(self) -> bool:
        return bool(self._held)

    @property
    def taken(self) -> int:
        """How many bytes the receiver has acknowledged."""
        return self._taken

    @property
    def is_due(self) -> bool:
        """Whether `message` has something to say now."""
        return self._next < min(self._taken + len(self._held), self._taken + WINDOW)

    def add(self, blob: bytes) -> bool:
        """Queue a blob; False where more than 16 MiB wait already."""
        if len(self._held) > MAX_BLOB:
            return False
        self._starts.append(self._taken + len(self._held))
        self._held += LENGTH.pack(len(blob))
        self._held += blob
        return True

    def message(self, longest: int) -> bytes:
        """Return the next message, of at most `longest` bytes; `sent` tells that it left."""
        start = self._next - self._taken
        stop = min(start + longest - HEADER.size, WINDOW)
        return HEADER.pack(BULK, self._name, self._next) + self._held[start:stop]

    def sent(self, message: bytes) -> None:
        """Tell that the message last returned left."""
        self._next += len(message) - HEADER.size
        self._highest = max(self._highest, self._next)

    def rewind(self) -> None:
        """Go back to what was not acknowledged: the path on which it left is gone."""
        self._next = self._taken

    def take(self, answer: bytes) -> None:
        """Take an answer of the receiver.

        Raises:
            WireError: The answer breaks the rules.
        """
        if len(answer) != ANSWER.size:
            raise WireError("malformed", "no answer to bulk")
        _, name, receiver, waits_for, asks = ANSWER.unpack(answer)
        if name != self._name:
            return  # to a stream that is no more
        if waits_for > self._highest:
            raise WireError("malformed", "an answer to bulk that was never sent")
        if self._receiver not in (None, receiver):
            self._begin_anew(receiver)
            return
        self._receiver = receiver
        if waits_for > self._taken:
            del self._held[: waits_for - self._taken]
            self._taken = waits_for
            self._next = max(self._next, waits_for)
            while self._starts and self._starts[0] < waits_for:
                self._starts.popleft()
        if asks and waits_for == self._taken:
            self.rewind()

    def _begin_anew(self, receiver: int) -> None:
        first = self._starts[0] if self._starts else self._taken + len(self._held)
        del self._held[: first - self._taken]
        self._starts = deque(start - first for start in self._starts)
        self._name = (self._name + 1) % 2**32
        self._receiver = receiver
        self._taken = self._next = self._highest = 0


class Inflow:
    """Puts the bulk of one peer together, and holds at most one blob of 16 MiB and one message."""

    def __init__(self) -> None:
        self._receiver = secrets.randbits(32)
        self._name: int | None = None
        self._waits_for = 0
        self._held = bytearray()
        self._unanswered = 0
        self._asked: tuple[int, int] | None = None  # the gap that was asked for last: once is enough
        self._answer: bytes | None = None
        self._broken = False  # the stream cannot be understood any more: its rest is swallowed

    @property
    def is_urgent(self) -> bool:
        """Whether the answer should leave at once."""
        return self._unanswered >= ANSWER_EVERY

    @property
    def answer(self) -> bytes | None:
        """What to tell the sender; None before it said anything."""
        return self._answer

    def answered(self) -> None:
        """Tell that the answer left."""
        self._unanswered = 0

    def take(self, message: bytes) -> list[bytes]:
        """Take a message; return the blobs that it completes.

        Raises:
            WireError: The message breaks the rules, or announces a blob of more than 16 MiB.
        """
        if len(message) < HEADER.size:
            raise WireError("malformed", "no message of bulk")
        _, name, offset = HEADER.unpack_from(message)
        if name != self._name and offset == 0:
            self._name, self._waits_for, self._held, self._broken = name, 0, bytearray(), False
        asks = False
        if name == self._name and offset == self._waits_for:
            self._waits_for += len(message) - HEADER.size
            self._unanswered += len(message) - HEADER.size
            if not self._broken:
                self._held += memoryview(message)[HEADER.size :]
        else:  # doubled by a change of the path, or what stood before it went to a process that is gone
            self._unanswered = ANSWER_EVERY
            waits_for = self._waits_for if name == self._name else 0
            asks = offset > waits_for and self._asked != (name, waits_for)
            if asks:
                self._asked = name, waits_for
        known = name == self._name
        self._answer = ANSWER.pack(TAKEN, name, self._receiver, self._waits_for if known else 0, asks)
        return self._complete() if known else []

    def _complete(self) -> list[bytes]:
        blobs, start = [], 0
        while len(self._held) - start >= LENGTH.size:
            (length,) = LENGTH.unpack_from(self._held, start)
            if length > MAX_BLOB:
                self._held, self._broken = bytearray(), True
                raise WireError("oversized", f"a blob of more than {MAX_BLOB} bytes")
            end = start + LENGTH.size + length
            if len(self._held) < end:
                break
            blobs.append(bytes(self._held[start + LENGTH.size : end]))
            start = end
        del self._held[:start]
        return blobs
