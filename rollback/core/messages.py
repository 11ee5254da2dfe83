"""All messages but the hot one: hellos, goodbyes, notices, inputs passed on; whom each of them concerns. Knows no inbox."""

from __future__ import annotations

from collections.abc import Callable

from rollback.core.endpoint import Endpoint
from rollback.core.handshake import COMING, Handshake
from rollback.core.joining import Joining
from rollback.core.membership import Membership
from rollback.core.newcomer import Newcomer
from rollback.core.pausing import Pausing
from rollback.core.queues import InputQueue
from rollback.core.rows import BUFFERED_AHEAD, UNCONFIRMED, contradicts, extend, note_change
from rollback.core.simulation import Simulation
from rollback.core.states import LIVE, Peer
from rollback.types import Event, Mismatch
from rollback.wire.inputs import new_rows
from rollback.wire.matches import unmark
from rollback.wire.messages import Bye, Forward, Hello, Join, Notice, decode_message
from rollback.wire.runs import decode_runs

__all__ = ["Messages"]


class Messages:
    """Hands each message to the part of the session that it is for.

    Attributes:
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
        pausing: Pausing,
        emit: Callable[[Event], None],
    ) -> None:
        self.newcomer: Newcomer | None = None
        self._own = own
        self._sim = sim
        self._handshake = handshake
        self._membership = membership
        self._pausing = pausing
        self._emit = emit

    @property
    def is_early(self) -> bool:
        """Whether we come into the match, and are not so far that inputs mean something to us."""
        return self.newcomer is not None and not self.newcomer.collects

    def take(self, endpoint: Endpoint, data: bytes, now: float) -> str | None:
        """Apply a message; return why it was dropped, if it was.

        Raises:
            WireError: It is none.
        """
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
                self.noticed(endpoint, notice, now)
            case Forward() as told:
                return self._forwarded(endpoint, told, now)
            case Join() as join:
                if not endpoint.greeting.agreed:
                    return "stranger"
                return (self.joining if self.newcomer is None else self.newcomer).told(endpoint, join, now)
            case _:
                return "misplaced"
        return None

    def noticed(self, endpoint: Endpoint, notice: Notice, now: float) -> None:
        """Take what a peer announces."""
        if endpoint.state in LIVE:  # who is not in the match, or no more, neither ends nor pauses it
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
        twice = contradicts(queue, changes)
        rows = new_rows(changes, known, told.newest, queue.last, room)
        other.tail_in_until = 0  # what it told itself before builds on numbers that are no longer ours
        if rows:
            extend(sim, queue, rows)
            note_change(queue, changes, known)
        other.acked = max(other.acked, min(told.acked, self._own.known))
        other.confirmed = max(other.confirmed, min(told.confirmed, self._own.known, queue.known))
        return "second input" if twice else None

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
