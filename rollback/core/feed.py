"""The sponsor's side of one follower: a keyframe in parts, then rows, as far as the follower says it has come. Knows no peers.

A follower says what it holds and so what it lacks; nothing is sent before it asked, and no more than a little ahead of what it
acknowledged. Who follows from the lobby does not answer: see `core.broadcast`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import Final

from rollback.core.source import Packed, Source
from rollback.wire.feed import MAX_PART, WHOLE, Done, Part, Want, encode_feed

__all__ = ["Feed", "Phase", "part_at"]

WINDOW: Final = 256 * 1024  # bytes of a state on their way: 2.5 MiB a second at a round trip of 100 ms
UNACKED_BYTES: Final = 64 * 1024  # of rows, unpacked, on their way
UNACKED_SECONDS: Final = 20
MESSAGES_A_BEAT: Final = 4  # of rows: a follower that comes back after a while takes them at 300 KiB a second
AGAIN_EVERY: Final = 0.5  # seconds between two calls to send something again that are followed


class Phase(Enum):
    """What a feed is doing."""

    IDLE = auto()  # the follower has not asked yet
    WAITING = auto()  # for a keyframe
    SENDING = auto()  # the keyframe, and rows behind it, until the follower says that it is whole
    FOLLOWING = auto()  # it holds a state, and gets rows as they settle
    DONE = auto()  # all is sent, the end too


class Feed:
    """What one follower is sent.

    Args:
        source: Where keyframes and rows come from.
        announce: Makes the message that announces a keyframe.
        fps: Frames a second.

    Attributes:
        phase: What the feed is doing.
        packed: The keyframe the follower is being sent, or began with.
        held: Newest row that the follower says it holds, -1 before the first.
    """

    def __init__(self, source: Source, announce: Callable[[Packed], bytes], fps: int) -> None:
        self.phase = Phase.IDLE
        self.packed: Packed | None = None
        self.held = -1
        self._source = source
        self._announce = announce
        self._unacked = min(UNACKED_SECONDS * fps, UNACKED_BYTES // source.width)
        self._is_announced = False
        self._sent = self._acked = 0
        self._next = 0  # frame of the next row to send
        self._past = -1  # the keyframe is to lie after this frame
        self._resume: Want | None = None  # half a keyframe the follower has from somebody else
        self._again_at = float("-inf")

    @property
    def is_sending(self) -> bool:
        """Whether bytes of a keyframe are still to be sent."""
        packed = self.packed
        return self.phase is Phase.SENDING and packed is not None and self._sent < len(packed.data)

    @property
    def in_use(self) -> int:
        """Frame of the keyframe that is being sent, -1 for none."""
        return self.packed.frame if self.phase is Phase.SENDING and self.packed is not None else -1

    @property
    def lag(self) -> int:
        """Rows that are here and were not sent."""
        return max(0, self._source.end - self._next)

    def hear(self, want: Want, now: float) -> None:
        """Take what the follower says it holds."""
        if want.again:
            if now < self._again_at:
                return
            self._again_at = now + AGAIN_EVERY
        if want.frame < 0:
            self._begin(want)
        elif want.offset == WHOLE:
            self._follow(want)
        else:
            self._go_on(want)

    def look(self) -> None:
        """Take the keyframe that is waited for, if it is there; or wait for one, where the next row is on no tape any more."""
        source = self._source
        if self.phase is Phase.FOLLOWING and self._next < source.first:
            self._wait()
        if self.phase is Phase.SENDING and self.packed is not None and self.packed.frame < source.first:
            self._wait()
        if self.phase is not Phase.WAITING:
            return
        want = self._resume
        if want is not None:
            packed = source.find(want.frame)
            if packed is None and source.can_pack(want.frame):
                return  # it is on its way
            self._resume = None
            if packed is not None and packed.sum == want.sum and want.offset <= len(packed.data):
                self._send(packed, want.offset, announced=True)
                return
        packed = source.keyframe()
        if packed is not None and packed.frame > self._past:
            self._send(packed, 0, announced=False)

    def parts(self, most: int) -> list[bytes]:
        """Return at most so many messages of the keyframe."""
        packed, out = self.packed, list[bytes]()
        if self.phase is not Phase.SENDING or packed is None:
            return out
        if not self._is_announced and most > 0:
            self._is_announced = True
            out.append(self._announce(packed))
        while len(out) < most and self._sent < len(packed.data) and self._sent - self._acked < WINDOW:
            out.append(part_at(packed, self._sent))
            self._sent = min(self._sent + MAX_PART, len(packed.data))
        return out

    def rows(self, done: Done | None = None) -> list[bytes]:
        """Return what has settled since the last call; and behind the last of it, the end."""
        source, out = self._source, list[bytes]()
        if self.phase is not Phase.FOLLOWING and (self.phase is not Phase.SENDING or self.is_sending or not self._is_announced):
            return out
        begin = self.held + 1 if self.packed is None else max(self.held + 1, self.packed.frame)
        while len(out) < MESSAGES_A_BEAT and self._next < source.end and self._next - begin < self._unacked:
            if self._next < source.first:
                break
            message, self._next = source.message(self._next)
            out.append(message)
        if done is not None and self._next >= source.end and self.phase is Phase.FOLLOWING:
            out.append(encode_feed(done))
            self.phase = Phase.DONE
        return out

    def _begin(self, want: Want) -> None:
        """The follower has nothing that it can use."""
        if self.phase is not Phase.WAITING and (self.phase is not Phase.SENDING or want.again):
            self._wait()
        self._past = want.newest

    def _follow(self, want: Want) -> None:
        """The follower holds a whole state, and rows up to some frame."""
        sends = self.phase is Phase.SENDING and self.packed is not None
        if sends and self.packed is not None and self.packed.frame != want.frame and not want.again:
            return  # said before it heard of the new keyframe
        self.held = want.newest
        self._acked = len(self.packed.data) if self.packed is not None else 0
        fresh = self.phase in (Phase.IDLE, Phase.WAITING)
        start = max(want.newest + 1, want.frame)
        if fresh or want.again:
            self._next = start
        else:
            self._next = max(self._next, start)
        if self.phase is not Phase.DONE or want.again:
            self.phase = Phase.FOLLOWING

    def _go_on(self, want: Want) -> None:
        """The follower holds some bytes of a keyframe."""
        packed = self.packed
        if self.phase is Phase.SENDING and packed is not None:
            if (packed.frame, packed.sum) == (want.frame, want.sum):
                self._acked = min(max(self._acked, want.offset), len(packed.data))
                if want.again:
                    self._sent = self._acked = min(want.offset, len(packed.data))
                    self._next = packed.frame
                self._sent = max(self._sent, self._acked)
                return
            if not want.again:
                return
        if self.phase is not Phase.WAITING:
            self._wait()
            self._resume = want

    def _wait(self) -> None:
        self.phase, self.packed, self._resume, self._past = Phase.WAITING, None, None, -1

    def _send(self, packed: Packed, offset: int, *, announced: bool) -> None:
        self.phase, self.packed, self._is_announced = Phase.SENDING, packed, announced
        self._sent = self._acked = offset
        self._next = packed.frame
        self.held = -1


def part_at(packed: Packed, offset: int) -> bytes:
    """Return the message with the bytes of a keyframe from `offset` on."""
    return encode_feed(Part(packed.frame, offset, bytes(packed.data[offset : offset + MAX_PART])))
