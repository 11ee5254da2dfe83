"""One direction of a line at work: what is sent comes out late, twice or not at all. Knows bytes and a clock; no session.

All chances of a datagram are drawn whether they are needed or not, in the same order, so that taking one impairment away
does not change what the others do: a failing match can then be made simpler bit by bit.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from typing import Final

from rollback.sim.link import Link

__all__ = ["Channel", "ReliableChannel", "dice_for"]

HOLD_BACK: Final = 0.05  # seconds at most: three frames, so that a reordered datagram is overtaken
QUEUE: Final = 0.25  # seconds a full queue takes to drain; what home routers hold


def dice_for(seed: int, sender: int, to: int) -> random.Random:
    """Return the generator of one direction: its own, since equal dice at both ends lose the same datagrams."""
    return random.Random(f"{seed}: datagrams from {sender} to {to}")


class Channel:
    """The datagrams on their way in one direction.

    Args:
        link: What it does to them.
        dice: Drawn from here only.

    Attributes:
        blocked: Whether nothing gets through, as in a partition.
        sent: Datagrams that were to be sent.
        lost: Those that will not arrive.
        bytes_sent: Payload of `sent`.
    """

    __slots__ = (
        "_bad",
        "_draw",
        "_free_at",
        "_left",
        "_link",
        "_perfect",
        "_way",
        "blocked",
        "bytes_sent",
        "lost",
        "sent",
    )

    def __init__(self, link: Link, dice: random.Random) -> None:
        self.blocked = False
        self.sent = self.lost = self.bytes_sent = 0
        self._link = link
        self._draw = dice.random
        self._way: list[tuple[float, int, bytes]] = []  # a heap by arrival; the number of the datagram breaks ties
        self._left = 0  # datagrams of a burst still to be lost
        self._bad = False
        self._free_at = 0.0
        self._perfect = not (link.duplicate or link.reorder or link.burst or link.gilbert_elliott or link.bandwidth_kbps)

    def send(self, now: float, datagram: bytes) -> None:
        """Put a datagram on its way."""
        self.sent += 1
        self.bytes_sent += len(datagram)
        link, draw = self._link, self._draw
        late, gone, jumps, twice, breaks, late_too = draw(), draw(), draw(), draw(), draw(), draw()
        if self.blocked or self._is_lost(now, gone, breaks):
            self.lost += 1
            return
        leaves = now
        if not self._perfect:
            if link.bandwidth_kbps:
                leaves = max(now, self._free_at) + len(datagram) * 0.008 / link.bandwidth_kbps
                if leaves - now > QUEUE:
                    self.lost += 1
                    return
                self._free_at = leaves
            if jumps < link.reorder:
                leaves += HOLD_BACK * jumps / link.reorder
            if twice < link.duplicate:
                self._arrive(leaves, late_too, datagram)
        self._arrive(leaves, late, datagram)

    def due(self, now: float) -> list[bytes]:
        """Return, and forget, what has arrived, in the order of arrival."""
        way = self._way
        if not way or way[0][0] > now:
            return []
        out = []
        while way and way[0][0] <= now:
            out.append(heapq.heappop(way)[2])
        return out

    @property
    def on_the_way(self) -> int:
        """How many datagrams have not arrived yet."""
        return len(self._way)

    def clear(self) -> None:
        """Forget what is on its way: the connection was made anew. The dice and the state of the line stay."""
        self._way.clear()

    def _arrive(self, leaves: float, late: float, datagram: bytes) -> None:
        link = self._link
        heapq.heappush(self._way, (leaves + (link.latency_ms + link.jitter_ms * late) * 0.001, self.sent, datagram))

    def _is_lost(self, now: float, gone: float, breaks: float) -> bool:
        link = self._link
        for start, seconds in link.blackouts:
            if start <= now < start + seconds:
                return True
        if self._perfect:
            return gone < link.loss
        share = link.loss
        if link.gilbert_elliott is not None:
            to_bad, to_good, in_bad = link.gilbert_elliott
            self._bad = breaks >= to_good if self._bad else breaks < to_bad
            share = in_bad if self._bad else share
        if self._left:
            self._left -= 1
            return True
        if link.burst is not None and breaks < link.burst[0]:
            self._left = link.burst[1] - 1
            return True
        return gone < share


class ReliableChannel:
    """Blobs on their way in one direction: all of them arrive, once and in order, and what is cut off waits.

    Args:
        link: Its latency counts, and its blackouts hold everything up; losses are somebody else's business.

    Attributes:
        blocked: As in `Channel`.
        bytes_sent: Payload of all that was sent.
    """

    __slots__ = ("_link", "_way", "blocked", "bytes_sent")

    def __init__(self, link: Link) -> None:
        self.blocked = False
        self.bytes_sent = 0
        self._link = link
        self._way: deque[tuple[float, bytes]] = deque()

    def send(self, now: float, blob: bytes) -> None:
        """Put a blob on its way, behind all others."""
        self.bytes_sent += len(blob)
        leaves = now
        for start, seconds in sorted(self._link.blackouts):
            if start <= leaves < start + seconds:
                leaves = start + seconds
        self._way.append((leaves + self._link.latency_ms * 0.001, blob))

    def due(self, now: float) -> list[bytes]:
        """Return, and forget, what has arrived."""
        out = []
        while self._way and self._way[0][0] <= now and not self.blocked:
            out.append(self._way.popleft()[1])
        return out

    def clear(self) -> None:
        """Forget what is on its way: the connection was lost with all that it held."""
        self._way.clear()
