"""Step 2 of the tick: what a queued datagram says, and whom it concerns. Knows bytes only through `wire`.

A datagram is applied whole or dropped whole, and counted by reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

from rollback.core.checksums import Disagreement
from rollback.core.endpoint import Endpoint
from rollback.core.handshake import Handshake
from rollback.core.membership import Membership
from rollback.core.queues import MASK, InputQueue
from rollback.core.simulation import Simulation
from rollback.core.states import Peer
from rollback.errors import WireError
from rollback.types import Event, Mismatch
from rollback.wire.inputs import decode_inputs
from rollback.wire.limits import MAX_DATAGRAM
from rollback.wire.messages import Bye, Hello, Notice, decode_message

__all__ = ["Intake"]

BUFFERED_AHEAD: Final = 128  # frames past ours that are taken in: half the rings; what lies further is sent again


class Intake:
    """Reads the datagrams of all peers.

    Attributes:
        dropped: Datagrams and inputs dropped, by reason.
    """

    def __init__(
        self,
        own: InputQueue,
        sim: Simulation,
        handshake: Handshake,
        membership: Membership,
        emit: Callable[[Event], None],
        disagree: Callable[[Endpoint, Disagreement], None],
        match: int,
    ) -> None:
        self.dropped: Counter[str] = Counter()
        self._own = own
        self._sim = sim
        self._handshake = handshake
        self._membership = membership
        self._emit = emit
        self._disagree = disagree
        self._match = match

    def read(self, endpoint: Endpoint, data: bytes, now: float) -> None:
        """Apply one datagram, or drop it and count why."""
        line = endpoint.line
        line.received += 1
        line.bytes_in += len(data)
        try:
            if data and data[0] > 127:
                reason = self._inputs(endpoint, data, now)
            else:
                reason = self._message(endpoint, data, now)
        except WireError as error:
            reason = error.reason
        if reason is not None:
            self.dropped[reason] += 1

    def _inputs(self, endpoint: Endpoint, data: bytes, now: float) -> str | None:
        if len(data) > MAX_DATAGRAM:
            return "oversized"
        queue = endpoint.queue
        known = queue.known
        sim = self._sim
        own = self._own
        flags, newest, ack, advantage, confirmed, rows, twice, checksum, measured, more = decode_inputs(
            data, known, queue.last, queue.marks, sim.frame + BUFFERED_AHEAD - known, queue.lengths
        )
        # All checks come before the first change.
        if endpoint.state is not Peer.RUNNING:
            if not endpoint.greeting.agreed:
                return "stranger"
            if endpoint.state in (Peer.LEFT, Peer.GONE, Peer.REFUSED):
                return "departed"
        if flags >> 5 & 3 != self._match:
            return "match"
        if not -1 <= ack <= own.known or confirmed < -1:
            return "ack"
        notice = decode_message(more) if more is not None else None
        endpoint.heard = now
        if endpoint.state is not Peer.RUNNING:
            self._membership.heard(endpoint)
        if rows:
            ring, marks, frame = queue.rows, queue.marks, sim.frame
            for row, mark in rows:
                known += 1
                slot = known & MASK
                # What a simulated frame was stepped with stands in the ring until the real row takes its place.
                if known < frame and known < sim.wrong and ring[slot] != row:
                    sim.wrong = known
                ring[slot] = row
                marks[slot] = mark
            queue.known = known
            queue.last = rows[-1][0]
        if ack > endpoint.acked:
            endpoint.acked = ack
        if confirmed > endpoint.confirmed:
            endpoint.confirmed = confirmed
        if newest >= endpoint.newest:  # an overtaken datagram says nothing about the present
            endpoint.newest = newest
            endpoint.balance(2 * sim.present - queue.known - own.known - 1, advantage)
            sums = endpoint.sums
            if sums.waiting:
                sums.echoed(flags >> 4 & 1)
        if checksum is not None:
            found = endpoint.sums.hear(*checksum)
            if found is not None:
                self._disagree(endpoint, found)
        if measured is not None:
            endpoint.line.hear(measured, now)
        if isinstance(notice, Notice):
            self._told_end(endpoint, notice.end)
        return "second input" if twice else None

    def _message(self, endpoint: Endpoint, data: bytes, now: float) -> str | None:
        match decode_message(data):
            case Hello() as hello:
                if endpoint.state in (Peer.LEFT, Peer.GONE):
                    return "departed"
                endpoint.heard = now
                found = self._handshake.hear(endpoint, hello, now)
                if found:
                    self._membership.refused(endpoint, found)
                elif endpoint.state is not Peer.RUNNING and endpoint.greeting.nonce == hello.nonce:
                    self._membership.heard(endpoint)
            case Bye() as bye:
                if bye.confirmed > endpoint.confirmed:
                    # Never past what it can hold, whatever it says: settled frames are handed out on this number.
                    endpoint.confirmed = min(bye.confirmed, self._own.known, endpoint.queue.known)
                self._membership.goodbye(endpoint, bye)
            case _:
                return "misplaced"
        return None

    def _told_end(self, endpoint: Endpoint, end: int) -> None:
        sim = self._sim
        if end < 0 or end == sim.end or endpoint.end == end:
            return
        endpoint.end = end
        if sim.agreed_end is None and end >= sim.frame:
            sim.end = sim.agreed_end = end
        else:
            ours = sim.agreed_end
            self._emit(Mismatch(endpoint.name, "end_at", ours, end, "let every peer call end_at with the same frame"))


