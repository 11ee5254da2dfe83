"""Blobs over a relay that keeps the order but drops what is too much: numbered, acknowledged, repeated. Knows no lobby.

Go-back-N, one blob at a time: up to `WINDOW` fragments are on their way, the receiver takes them in order and says
which one it waits for, and after `RESEND` seconds without progress the sender goes back to that one. A lobby counts
every relayed message against the allowance of the inputs, so fragments leave no closer together than `PACE`.
"""

from __future__ import annotations

import secrets
import struct
from collections import deque
from typing import Final

from rollback.errors import WireError
from rollback.net.transport import MAX_BLOB, MAX_MESSAGE

__all__ = ["PACE", "RESEND", "Inbox", "Outbox"]

HEADER: Final = struct.Struct("!II?")  # blob, number of the fragment, whether it is the last one
ANSWER: Final = struct.Struct("!II")  # blob, number of the fragment that is waited for
FRAGMENT: Final = MAX_MESSAGE - 1 - HEADER.size  # the relay's own byte is in front
WINDOW: Final = 4  # with PACE a round trip of 200 ms does not slow it down
PACE: Final = 0.05  # seconds; 20 a second leave room for the inputs and their repeats under a limit of 120
RESEND: Final = 1.0  # seconds without progress; well above any playable round trip


class Outbox:
    """The blobs for one peer, sent one after the other."""

    def __init__(self) -> None:
        self._blobs: deque[bytes] = deque()
        self._size = 0
        self._name = secrets.randbits(32)  # a new process must not go on where an earlier one ended
        self._acknowledged = 0  # fragments of the first blob the receiver has
        self._next = 0  # fragment to send next
        self._highest = 0  # the most that `_next` was: what the receiver can have seen
        self._progress = 0.0  # when the window last moved, or was filled from empty
        self._sent = -PACE

    def __bool__(self) -> bool:
        return bool(self._blobs)

    def add(self, blob: bytes) -> bool:
        """Queue a blob; False where more than 16 MiB wait already."""
        if self._size > MAX_BLOB:
            return False
        self._blobs.append(blob)
        self._size += len(blob)
        return True

    def wake_at(self) -> float | None:
        """Return when `fragment` will have something to say, None while nothing is queued."""
        if not self._blobs:
            return None
        if self._next < self._end():
            return self._sent + PACE
        return self._progress + RESEND

    def fragment(self, now: float) -> bytes | None:
        """Return the fragment that is due, if one is; `sent` tells that it left."""
        if not self._blobs or now < self._sent + PACE:
            return None
        if self._next > self._acknowledged and now >= self._progress + RESEND:
            self._next = self._acknowledged
            self._progress = now
        if self._next >= self._end():
            return None
        start = self._next * FRAGMENT
        last = self._next == self._count() - 1
        return HEADER.pack(self._name, self._next, last) + self._blobs[0][start : start + FRAGMENT]

    def sent(self, now: float) -> None:
        """Tell that the fragment last returned left."""
        if self._next == self._acknowledged:
            self._progress = now
        self._sent = now
        self._next += 1
        self._highest = max(self._highest, self._next)

    def take_answer(self, answer: bytes, now: float) -> None:
        """Take what the receiver says it waits for.

        Raises:
            WireError: The answer breaks the rules.
        """
        if len(answer) != ANSWER.size:
            raise WireError("malformed", "no answer to a fragment")
        name, waited_for = ANSWER.unpack(answer)
        if not self._blobs or name != self._name:
            return  # of a blob that is done
        if waited_for > self._highest:
            raise WireError("malformed", "an answer to a fragment that was never sent")
        if waited_for > self._acknowledged:
            self._progress = now
            self._acknowledged = waited_for
            self._next = max(self._next, waited_for)
        elif waited_for == 0 and self._acknowledged:  # the receiver is a new process, and has nothing
            self._acknowledged = self._next = self._highest = 0
            self._progress = now
        if self._acknowledged == self._count():
            self._size -= len(self._blobs.popleft())
            self._name = (self._name + 1) % 2**32
            self._acknowledged = self._next = self._highest = 0

    def _count(self) -> int:
        return max(1, -(-len(self._blobs[0]) // FRAGMENT))

    def _end(self) -> int:
        return min(self._acknowledged + WINDOW, self._count())


class Inbox:
    """Puts the blobs of one peer together, and holds at most 16 MiB."""

    def __init__(self) -> None:
        self._name: int | None = None
        self._held = bytearray()  # no list of parts: empty ones would grow it without an end
        self._waits_for = 0
        self._done = False

    def take(self, fragment: bytes) -> tuple[bytes, bytes | None]:
        """Take a fragment; return the answer to send and the blob that it completes, if it does.

        Raises:
            WireError: The fragment breaks the rules, or its blob grew beyond 16 MiB.
        """
        if not HEADER.size <= len(fragment) <= HEADER.size + FRAGMENT:
            raise WireError("malformed", "no fragment of a blob")
        name, number, last = HEADER.unpack_from(fragment)
        if name != self._name:
            if number:  # the beginning went to a process that is gone
                return ANSWER.pack(name, 0), None
            self._begin(name)
        blob = None
        if number == self._waits_for and not self._done:
            part = fragment[HEADER.size :]
            if len(self._held) + len(part) > MAX_BLOB:
                self._begin(None)
                raise WireError("oversized", f"a blob of more than {MAX_BLOB} bytes")
            self._held += part
            self._waits_for += 1
            if last:
                blob = bytes(self._held)
                self._held = bytearray()
                self._done = True
        return ANSWER.pack(name, self._waits_for), blob

    def _begin(self, name: int | None) -> None:
        self._name = name
        self._held = bytearray()
        self._waits_for = 0
        self._done = False
