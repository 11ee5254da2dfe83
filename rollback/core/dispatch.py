"""Step 7 of the tick: one datagram a peer, and the messages that timers call for. Knows bytes only through `wire`."""

from __future__ import annotations

from typing import Final

from rollback.core.confirmation import Confirmation
from rollback.core.endpoint import Endpoint
from rollback.core.handshake import Handshake
from rollback.core.membership import Membership
from rollback.core.queues import InputQueue
from rollback.core.simulation import Simulation
from rollback.core.states import Peer
from rollback.wire.inputs import CHECKSUM, ECHO, LINE, MORE, encode_head, encode_line, encode_more
from rollback.wire.limits import MAX_INPUTS_DATAGRAM
from rollback.wire.messages import Message, Notice, encode_message
from rollback.wire.runs import encode_runs

__all__ = ["Dispatch"]

MEASURE_EVERY: Final = 0.2  # seconds between measurements of a line: five a second cost half a byte a frame
HEAD_ROOM: Final = 64  # bytes of a datagram that are not inputs


class Dispatch:
    """Writes the datagrams to all peers.

    Attributes:
        outbox: What waits to be sent.
        blobs: What waits for the reliable channel.
        sent_at: When inputs were last sent.
    """

    def __init__(
        self,
        own: InputQueue,
        endpoints: list[Endpoint],
        sim: Simulation,
        confirmation: Confirmation,
        handshake: Handshake,
        membership: Membership,
        match: int,
    ) -> None:
        self.outbox: list[tuple[str, bytes]] = []
        self.blobs: list[tuple[str, bytes]] = []
        self.sent_at = float("-inf")
        self._own = own
        self._endpoints = endpoints
        self._sim = sim
        self._confirmation = confirmation
        self._handshake = handshake
        self._membership = membership
        self._flags = match << 5
        self._measure_at = float("-inf")

    def inputs(self, now: float) -> None:
        """Write one datagram of inputs to every peer that plays, also when nothing is new: stalled peers live on them."""
        self.sent_at = now
        own = self._own
        confirmed = self._confirmation.confirmed
        acked = own.known
        for endpoint in self._endpoints:
            state = endpoint.state
            if state is not Peer.RUNNING and state is not Peer.INTERRUPTED and state is not Peer.LOST:
                continue
            sums = endpoint.sums
            flags = self._flags | ECHO if sums.echo else self._flags
            blocks = b""
            if sums.waiting:
                blocks = sums.block()
                if blocks:
                    flags |= CHECKSUM
            if endpoint.measure:
                endpoint.measure = False
                blocks += encode_line(endpoint.line.measure(now))
                flags |= LINE
                if self._sim.agreed_end is not None:
                    blocks += encode_more(encode_message(Notice(self._sim.agreed_end)))
                    flags |= MORE
            first = endpoint.acked + 1
            if first <= acked:
                acked = first - 1
            known = endpoint.queue.known
            body, _ = encode_runs(own.changes, first, own.known, MAX_INPUTS_DATAGRAM - HEAD_ROOM)
            lead = 2 * self._sim.present - known - own.known - 1
            datagram = encode_head(flags, first, known, lead, min(confirmed, known)) + blocks + body
            line = endpoint.line
            line.sent += 1
            line.bytes_out += len(datagram)
            self.outbox.append((endpoint.name, datagram))
        changes = own.changes
        if changes and changes[0][0] <= acked:
            own.forget(acked)

    def chores(self, now: float) -> None:
        """Write the hellos and goodbyes that are due, and let the lines be measured."""
        for endpoint, hello in self._handshake.hellos(now):
            self._message(endpoint, hello)
        for endpoint, bye in self._membership.byes(now):
            self._message(endpoint, bye)
            if not bye.answer:
                self.blobs.append((endpoint.name, encode_message(bye)))
        if now >= self._measure_at:
            self._measure_at = now + MEASURE_EVERY
            for endpoint in self._endpoints:
                endpoint.measure = True
                endpoint.line.update_rates(now)

    def _message(self, endpoint: Endpoint, message: Message) -> None:
        datagram = encode_message(message)
        endpoint.line.sent += 1
        endpoint.line.bytes_out += len(datagram)
        self.outbox.append((endpoint.name, datagram))
