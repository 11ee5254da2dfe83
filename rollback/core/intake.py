"""Step 2 of the tick: what a queued datagram says, and whom it concerns. Knows bytes only through `wire`.

A datagram is applied whole or dropped whole, and counted by reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

from rollback.core.checksums import Disagreement
from rollback.core.endpoint import Endpoint
from rollback.core.handshake import COMING
from rollback.core.membership import Membership
from rollback.core.messages import Messages
from rollback.core.queues import InputQueue
from rollback.core.rows import BUFFERED_AHEAD, UNCONFIRMED, contradicts, extend, note_change
from rollback.core.simulation import Simulation
from rollback.core.states import Peer
from rollback.errors import WireError
from rollback.wire.inputs import (
    BLOCKS,
    CHECKSUM,
    FAR,
    HEAD,
    INPUTS,
    LINE,
    MORE,
    decode_checksum,
    decode_inputs,
    decode_line,
)
from rollback.wire.limits import MAX_HOT
from rollback.wire.matches import match_of
from rollback.wire.messages import Notice, decode_message
from rollback.wire.runs import ONE_BYTE, changed_row

__all__ = ["Intake"]

RUNNING: Final = Peer.RUNNING  # a global is quicker to look up than a member of an enumeration


class Intake:
    """Reads the datagrams of all peers.

    Attributes:
        dropped: Datagrams and inputs dropped, by reason.
    """

    def __init__(
        self,
        own: InputQueue,
        sim: Simulation,
        membership: Membership,
        messages: Messages,
        disagree: Callable[[Endpoint, Disagreement], None],
        match: int = 0,
    ) -> None:
        self.dropped: Counter[str] = Counter()
        self._own = own
        self._sim = sim
        self._membership = membership
        self._messages = messages
        self._disagree = disagree
        self._match = match

    def take(self, endpoint: Endpoint, data: bytes, rest: bytes, now: float) -> bool:
        """Apply a datagram; True where all that is left to do is to enter its one new row, now `queue.last`, in the ring.

        That is nearly every datagram, so they are read flat, as far as they need to be: who lacks one frame needs no more
        than the newest token. Everything else, and all that is odd, is for `read`.
        """
        queue = endpoint.queue
        following = queue.known + 1
        size = len(data)
        if size < HEAD or (data[0] | data[2] << 8) - following & 65535 or endpoint.state is not RUNNING:
            self.read(endpoint, data, now)
            return False
        flags, lag = data[1], data[3]
        ack = following + lag if lag < 128 else following + lag - 256
        confirmed = ack - data[5]
        at = HEAD
        if flags != endpoint.flags_in:
            if flags & (FAR | MORE) or flags & 224 != endpoint.flags_in & 224:
                self.read(endpoint, data, now)
                return False
            at += (6 if flags & CHECKSUM else 0) + (7 if flags & LINE else 0)
        if (
            not endpoint.acked <= ack <= self._own.known
            or confirmed < endpoint.confirmed
            or following - confirmed > UNCONFIRMED
            or size < at
        ):
            self.read(endpoint, data, now)
            return False
        until = self.newest_row(queue, data, at, following)
        if not until:
            self.read(endpoint, data, now)
            return False
        endpoint.taken.append(data)
        endpoint.acked = ack
        endpoint.confirmed = confirmed
        endpoint.tail_in_until = until
        if at > HEAD or flags != endpoint.flags_in:
            self._blocks(endpoint, flags, data, following, now)
            endpoint.tail_in = ONE_BYTE[flags & ~BLOCKS] + data[2:HEAD] + data[at:]
        else:
            endpoint.tail_in = rest
        return True

    def newest_row(self, queue: InputQueue, data: bytes, at: int, following: int) -> int:
        """Take the row of frame `following` from the tokens that begin at `at`; it is then `queue.last`.

        Returns:
            The frame from which the same tokens would mean something else; 0 if they say more than that row, or are odd.
        """
        until = following + 256 & ~255  # where the third byte changes
        size = len(data)
        if size == at:
            return until
        token = data[at]
        place = token & 15
        if place == 15 or size == at + 1:
            return 0
        changed = following - (following - place) % 15
        if changed == following:
            stop = at + 1 + queue.lengths[token >> 4]
            if not at + 1 < stop <= size:
                return 0
            queue.last = changed_row(queue.last, token, data[at + 1 : stop])
            queue.changed = changed
            queue.delta = data[at + 1]
        elif changed != queue.changed or data[at + 1] != queue.delta:  # another change than the one that is known
            return 0
        return changed + 15 if changed + 15 < until else until  # or where the first token comes to stand for another frame

    def _blocks(self, endpoint: Endpoint, flags: int, data: bytes, newest: int, now: float) -> None:
        """Apply what rides along in a newer datagram than the ones before."""
        sums, at = endpoint.sums, HEAD
        endpoint.flags_in = flags & ~BLOCKS
        sums.echoed(flags >> 4 & 1)
        if sums.waiting:
            endpoint.tail_until = 0
        if flags & CHECKSUM:
            found = sums.hear(*decode_checksum(data, at, newest))
            endpoint.write_echo()
            endpoint.tail_until = 0
            at += 6
            if found is not None:
                self._disagree(endpoint, found)
        if flags & LINE:
            endpoint.line.hear(decode_line(data, at), now, len(endpoint.taken))

    def drain(self, endpoint: Endpoint, now: float) -> None:
        """Apply all queued datagrams of a peer."""
        inbox = endpoint.inbox
        while inbox:
            self.read(endpoint, inbox.popleft(), now)

    def read(self, endpoint: Endpoint, data: bytes, now: float) -> None:
        """Apply one datagram, or drop it and count why."""
        if match_of(data) != self._match:
            self.dropped["match"] += 1  # what is left of the last match in the room says nothing of this one, nor of the line
            return
        endpoint.taken.append(data)
        try:
            if len(data) > 1 and data[1] & INPUTS:
                reason = self._inputs(endpoint, data, now)
            else:
                reason = self._messages.take(endpoint, data, now)
        except WireError as error:
            reason = error.reason
        if reason is not None:
            self.dropped[reason] += 1

    def _inputs(self, endpoint: Endpoint, data: bytes, now: float) -> str | None:
        if len(data) > MAX_HOT:
            return "oversized"
        queue, sim = endpoint.queue, self._sim
        known = queue.known
        room = min(sim.frame + BUFFERED_AHEAD, endpoint.confirmed + UNCONFIRMED) - known
        message = decode_inputs(data, known, queue.last, room, queue.lengths)
        # All checks come before the first change.
        if endpoint.state is not Peer.RUNNING:
            if not endpoint.greeting.agreed:
                return "stranger"
            if endpoint.state in (Peer.LEFT, Peer.GONE, Peer.REFUSED):
                self._membership.outsiders.heard(endpoint)
                return "departed"
            if endpoint.state in COMING or self._messages.is_early:
                return "early"
        flags = message.flags
        if not -1 <= message.ack <= self._own.known or message.confirmed < -1:
            return "ack"
        endpoint.tail_in_until = 0
        notice = decode_message(message.more) if message.more is not None else None
        if endpoint.state is not Peer.RUNNING:
            self._membership.heard(endpoint)
        endpoint.heard = now
        twice = contradicts(queue, message.changes)
        if message.rows:
            extend(sim, queue, message.rows)
            note_change(queue, message.changes, known)
        if message.ack > endpoint.acked:
            endpoint.acked = message.ack
        if message.confirmed > endpoint.confirmed:
            endpoint.confirmed = message.confirmed
        sums = endpoint.sums
        if message.newest >= known:  # an overtaken datagram says nothing about the present
            endpoint.flags_in = flags & ~BLOCKS
            sums.echoed(flags >> 4 & 1)
            endpoint.tail_until = 0
        if message.checksum is not None:
            found = sums.hear(*message.checksum)
            endpoint.write_echo()
            endpoint.tail_until = 0
            if found is not None:
                self._disagree(endpoint, found)
        if message.line is not None:
            endpoint.line.hear(message.line, now, len(endpoint.taken))
        if isinstance(notice, Notice):
            self._messages.noticed(endpoint, notice, now)
        return "second input" if twice else None
