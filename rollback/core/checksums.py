"""The exchange of checksums with one peer. Knows frames and sums; knows no game and no snapshot.

One checksum is on its way at a time, carried again a few times a second until the peer's echo bit says that it arrived: an
alternating bit, so that the acknowledgement costs nothing. Only rising frames are taken, which keeps an old datagram from
turning the bit back.
"""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

from rollback.wire.inputs import encode_checksum

__all__ = ["ChecksumExchange", "Disagreement"]

RESEND: Final = 12  # frames between two copies: more than a usual round trip, so that most are sent once
WAITING: Final = 4  # newest checksums that wait to be sent; where they come quicker than they can go, some are left out
KEPT: Final = 256  # newest checksums kept of either side: whichever frame the other's is of, ours is still here


class Disagreement(NamedTuple):
    """Two sums of one frame that differ."""

    frame: int
    ours: int
    theirs: int


class ChecksumExchange:
    """Both sides' checksums towards one peer.

    Attributes:
        echo: Parity of the newest checksum received, sent back in every datagram.
        waiting: Whether a checksum is on its way, so that `block` has something to say.
        send_at: Own frame from which a datagram is to carry it (again).
    """

    __slots__ = ("_newest", "_ours", "_parity", "_pending", "_theirs", "echo", "send_at", "waiting")

    def __init__(self) -> None:
        self.echo = 0
        self.waiting = False
        self.send_at = 0
        self._ours: dict[int, int] = {}
        self._theirs: dict[int, int] = {}
        self._pending: deque[tuple[int, int]] = deque()
        self._parity = 1
        self._newest = -1

    def offer(self, frame: int, value: int) -> Disagreement | None:
        """Take our checksum of a frame; say whether the peer's, if it is here, differs."""
        value &= 0xFFFFFFFF
        if len(self._pending) == WAITING:
            del self._pending[1]  # never the first: it is on its way, and its bit must not come to stand for another
        self._pending.append((frame, value))
        if not self.waiting:
            self.send_at = 0
        self.waiting = True
        self._ours[frame] = value
        _trim(self._ours)
        return self._compare(frame)

    def block(self, frame_sent: int) -> bytes:
        """Return the block for the datagram that leads up to `frame_sent`."""
        self.send_at = frame_sent + RESEND
        frame, value = self._pending[0]
        return encode_checksum(frame, self._parity, value)

    def echoed(self, parity: int) -> None:
        """Take the peer's echo bit from its newest datagram."""
        if self.waiting and parity == self._parity:
            self._pending.popleft()
            self._parity ^= 1
            self.waiting = bool(self._pending)
            self.send_at = 0

    def hear(self, frame: int, parity: int, value: int) -> Disagreement | None:
        """Take the peer's checksum; say whether ours of that frame, if it is here, differs."""
        if frame <= self._newest or frame < 0:
            return None
        self._newest = frame
        self.echo = parity
        self._theirs[frame] = value
        _trim(self._theirs)
        return self._compare(frame)

    def forget(self) -> None:
        """Drop our sums: the states they are of were replaced. The one on its way stays, for its bit must be answered."""
        self._ours.clear()
        while len(self._pending) > 1:
            self._pending.pop()

    def _compare(self, frame: int) -> Disagreement | None:
        if frame not in self._ours or frame not in self._theirs:
            return None
        ours, theirs = self._ours.pop(frame), self._theirs.pop(frame)
        return None if ours == theirs else Disagreement(frame, ours, theirs)


def _trim(sums: dict[int, int]) -> None:
    while len(sums) > KEPT:
        del sums[next(iter(sums))]
