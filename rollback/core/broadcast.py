"""A feed to many who do not answer: one upload that the lobby hands on. Knows keyframes and rows; knows no reader.

Rows never wait for a keyframe; its parts go between them, so that who is up to date has no gap. Whoever comes takes the newest
whole keyframe and the rows from its frame on, which were sent before it, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rollback.core.feed import MESSAGES_A_BEAT, part_at
from rollback.core.source import Packed, Source
from rollback.wire.feed import MAX_PART, Done, encode_feed

__all__ = ["Broadcast"]

UNTIL: Final = float("-inf")


class Broadcast:
    """What is sent to those who do not answer.

    Args:
        source: Where keyframes and rows come from.
        announce: Makes the message that announces a keyframe.
        every: Seconds from one keyframe to the next; a large one takes as long as it takes.
    """

    def __init__(self, source: Source, announce: Callable[[Packed], bytes], every: float) -> None:
        self._source = source
        self._announce = announce
        self._every = every
        self._due = UNTIL
        self._packed: Packed | None = None
        self._newest = -1  # frame of the newest keyframe that was begun
        self._is_announced = self._is_done = False
        self._sent = 0
        self._next: int | None = None

    @property
    def is_sending(self) -> bool:
        """Whether bytes of a keyframe are still to be sent."""
        return self._packed is not None

    @property
    def in_use(self) -> int:
        """Frame of the keyframe that is being sent, -1 for none."""
        return -1 if self._packed is None else self._packed.frame

    @property
    def is_done(self) -> bool:
        """Whether the end is sent."""
        return self._is_done

    def restart(self) -> None:
        """Send a new keyframe at once, and rows from it on: what readers hold is no longer the match's state."""
        self._packed, self._due, self._newest, self._next = None, UNTIL, -1, None

    def look(self, now: float) -> None:
        """Begin the next keyframe when it is due and there."""
        source = self._source
        if self._next is not None and self._next < source.first:
            self.restart()
        if self._packed is not None or now < self._due or self._is_done:
            return
        packed = source.keyframe()
        if packed is not None and packed.frame > self._newest:
            self._packed, self._newest, self._due = packed, packed.frame, now + self._every
            self._is_announced, self._sent = False, 0
            if self._next is None:
                self._next = packed.frame

    def parts(self, most: int) -> list[bytes]:
        """Return at most so many messages of the keyframe."""
        packed, out = self._packed, list[bytes]()
        if packed is None or most <= 0:
            return out
        if not self._is_announced:
            self._is_announced = True
            out.append(self._announce(packed))
        while len(out) < most and self._sent < len(packed.data):
            out.append(part_at(packed, self._sent))
            self._sent += MAX_PART
        if self._sent >= len(packed.data):
            self._packed = None
        return out

    def rows(self, done: Done | None = None) -> list[bytes]:
        """Return what has settled since the last call; and behind the last of it, the end."""
        source, out = self._source, list[bytes]()
        if self._next is None or self._is_done:
            return out
        while len(out) < MESSAGES_A_BEAT and source.first <= self._next < source.end:
            message, self._next = source.message(self._next)
            out.append(message)
        if done is not None and self._next >= source.end and self._packed is None:
            out.append(encode_feed(done))
            self._is_done = True
        return out
