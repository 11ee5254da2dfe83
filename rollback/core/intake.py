"""Step 2 of the tick: what a queued datagram says, and whom it concerns. Knows bytes only through `wire`.

A datagram is applied whole or dropped whole, and counted by reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

from rollback.core.checksums import Disagreement
from rollback.core.endpoint import Endpoint
from rollback.core.handshake import COMING, Handshake
from rollback.core.joining import Joining
from rollback.core.membership import Membership
from rollback.core.newcomer import Newcomer
from rollback.core.pausing import Pausing
from rollback.core.queues import MASK, InputQueue
from rollback.core.simulation import Simulation
from rollback.core.states import Peer
from rollback.errors import WireError
from rollback.types import Event, Mismatch
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
    new_rows,
)
from rollback.wire.limits import MAX_HOT
from rollback.wire.matches import match_of, unmark
from rollback.wire.messages import Bye, Forward, Hello, Join, Notice, decode_message
from rollback.wire.runs import ONE_BYTE, Change, changed_row, decode_runs

__all__ = ["Intake"]

RUNNING: Final = Peer.RUNNING  # a global is quicker to look up than a member of an enumeration
COMPARED: Final = 128  # known frames that are compared with what is told of them again: half the rings

UNCONFIRMED: Final = 130  # frames a peer's inputs may be past what it confirmed; its window and delay allow it 122
BUFFERED_AHEAD: Final = 128  # frames past ours that are taken in: half the rings; what lies further is sent again


class Intake:
    """Reads the datagrams of all peers.

    Attributes:
        dropped: Datagrams and inputs dropped, by reason.
        joining: Those who come into the match.
        newcomer: Our own way into it, None once we are in.
    """

    joining: Joining

    def __init__(
        self,
        own: InputQueue,
        sim: Simulation,
        handshake: Handshake,
        membership: Membership,
        emit: Callable[[Event], None],
        disagree: Callable[[Endpoint, Disagreement], None],
        pausing: Pausing,
        match: int = 0,
    ) -> None:
        self.dropped: Counter[str] = Counter()
        self.newcomer: Newcomer | None = None
        self._own = own
        self._sim = sim
        self._handshake = handshake
        self._membership = membership
        self._emit = emit
        self._disagree = disagree
        self._match = match
        self._pausing = pausing

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
                reason = self._message(endpoint, data, now)
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
                self._membership.departed(endpoint)
                return "departed"
            if endpoint.state in COMING or (self.newcomer is not None and not self.newcomer.collects):
                return "early"
        flags = message.flags
        if not -1 <= message.ack <= self._own.known or message.confirmed < -1:
            return "ack"
        endpoint.tail_in_until = 0
        notice = decode_message(message.more) if message.more is not None else None
        if endpoint.state is not Peer.RUNNING:
            self._membership.heard(endpoint)
        endpoint.heard = now
        twice = _contradicts(queue, message.changes)
        if message.rows:
            self._extend(queue, message.rows)
            for frame, _, delta in message.changes:
                if known < frame <= queue.known:
                    queue.changed, queue.delta = frame, delta[0]
                    break
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
            self._noticed(endpoint, notice, now)
        return "second input" if twice else None

    def _noticed(self, endpoint: Endpoint, notice: Notice, now: float) -> None:
        self._told_end(endpoint, notice.end)
        self._pausing.hear(endpoint, notice.turns, notice.pause)
        if notice.claim is None:
            return
        if endpoint.state in COMING:
            self.joining.claimed(endpoint, notice.claim, now)
        elif self.newcomer is not None and not self.newcomer.is_in:
            self.newcomer.hear(endpoint, notice.claim, now)
        else:
            self._membership.hear(endpoint, notice.claim, now)

    def _forwarded(self, endpoint: Endpoint, told: Forward, now: float) -> str | None:
        """Take inputs of another peer that this one passes on."""
        other = self._membership.by_seat.get(told.seat)
        if other is None or other is endpoint or not self._membership.agreement.survivors >> endpoint.seat & 1:
            return "misplaced"
        queue, sim = other.queue, self._sim
        endpoint.heard = now
        if queue.cut or told.base > queue.known:
            return None  # it is settled already, or comes before what it builds upon
        room = min(sim.frame + BUFFERED_AHEAD, other.confirmed + UNCONFIRMED) - queue.known
        if other.queue in self._membership.slots.values():
            room = sim.frame + BUFFERED_AHEAD - queue.known
        known = queue.known
        changes = decode_runs(told.tokens, 0, told.newest, queue.lengths)
        twice = _contradicts(queue, changes)
        rows = new_rows(changes, known, told.newest, queue.last, room)
        other.tail_in_until = 0  # what it told itself before builds on numbers that are no longer ours
        if rows:
            self._extend(queue, rows)
            for frame, _, delta in changes:
                if known < frame <= queue.known:
                    queue.changed, queue.delta = frame, delta[0]
                    break
        other.acked = max(other.acked, min(told.acked, self._own.known))
        other.confirmed = max(other.confirmed, min(told.confirmed, self._own.known, queue.known))
        return "second input" if twice else None

    def _extend(self, queue: InputQueue, rows: list[bytes]) -> None:
        """Take the next rows of a peer, and note the first that a simulated frame was not stepped with."""
        sim, ring, known = self._sim, queue.rows, queue.known
        for row in rows:
            known += 1
            slot = known & MASK
            # What a simulated frame was stepped with stands in the ring until the real row takes its place.
            if known < sim.frame and known < sim.wrong and ring[slot] != row:
                sim.wrong = known
            ring[slot] = row
        queue.known = known
        queue.last = rows[-1]

    def _message(self, endpoint: Endpoint, data: bytes, now: float) -> str | None:
        match decode_message(unmark(data)):
            case Hello() as hello:
                if endpoint.state in COMING:
                    return self.joining.greeted(endpoint, hello, now)
                if endpoint.state in (Peer.LEFT, Peer.GONE):
                    return "departed"
                if endpoint.greeting.nonce not in (0, hello.nonce) and self._handshake.start is not None:
                    # A new process under an old name: no sign of life of the old one.
                    return self.joining.superseded(endpoint, hello)
                endpoint.heard = now
                found = self._handshake.hear(endpoint, hello, now)
                if found:
                    self._membership.refused(endpoint, found)
                elif endpoint.state is not Peer.RUNNING:
                    self._membership.heard(endpoint)
            case Bye() as bye if not bye.answer and self._is_aside(endpoint):
                endpoint.bye_answer = endpoint.bye_heard = True
                if self.newcomer is not None:
                    self.newcomer.parted(endpoint, bye)
                elif endpoint.greeting.agreed:
                    self.joining.parted(endpoint, bye)
            case Bye() as bye:
                if bye.confirmed > endpoint.confirmed:
                    # Never past what it can hold, whatever it says: settled frames are handed out on this number.
                    held = min(bye.confirmed, self._own.known, endpoint.queue.known)
                    endpoint.confirmed = max(endpoint.confirmed, held)
                endpoint.tail_in_until = 0  # or the same datagram again would count one frame on from there
                self._membership.goodbye(endpoint, bye, running=self._handshake.start is not None)
            case Notice() as notice:
                if not endpoint.greeting.agreed:
                    return "stranger"
                self._noticed(endpoint, notice, now)
            case Forward() as told:
                return self._forwarded(endpoint, told, now)
            case Join() as join:
                if not endpoint.greeting.agreed:
                    return "stranger"
                return (self.joining if self.newcomer is None else self.newcomer).told(endpoint, join, now)
            case _:
                return "misplaced"
        return None

    def _is_aside(self, endpoint: Endpoint) -> bool:
        """Whether one of the two of us is not in the match yet."""
        return endpoint.state in COMING or (self.newcomer is not None and not self.newcomer.is_in)

    def _told_end(self, endpoint: Endpoint, end: int) -> None:
        sim = self._sim
        if end < 0 or end == sim.end or endpoint.end == end:
            return
        endpoint.end = end
        if sim.agreed_end is None and end >= sim.frame:
            sim.end_at(end)
        elif not endpoint.disputed:
            endpoint.disputed = True  # told once, however often the peer changes its mind
            ours = sim.agreed_end
            self._emit(Mismatch(endpoint.name, "end_at", ours, end, "let every peer call end_at with the same frame"))


def _contradicts(queue: InputQueue, changes: list[Change]) -> bool:
    """Whether a datagram tells another input for a known frame than the one that is kept. The first one told stands."""
    ring, known = queue.rows, queue.known
    oldest = max(0, known - COMPARED)
    return any(
        ring[frame & MASK] != changed_row(ring[frame - 1 & MASK], token, delta)
        for frame, token, delta in changes
        if oldest <= frame <= known
    )
