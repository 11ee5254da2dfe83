"""Step 7 of the tick: one datagram a peer, and the messages that timers call for. Knows bytes only through `wire`."""

from __future__ import annotations

from typing import Final

from rollback.core.checksums import RESEND
from rollback.core.confirmation import Confirmation
from rollback.core.endpoint import Endpoint
from rollback.core.handshake import Handshake
from rollback.core.membership import Membership
from rollback.core.queues import InputQueue
from rollback.core.simulation import NEVER, Simulation
from rollback.core.states import Peer
from rollback.wire.inputs import CHECKSUM, LINE, MORE, encode_inputs, encode_line, encode_more
from rollback.wire.limits import MAX_INPUTS_DATAGRAM
from rollback.wire.messages import Message, Notice, encode_message
from rollback.wire.runs import encode_runs

__all__ = ["Dispatch"]

RUNNING, INTERRUPTED, LOST = Peer.RUNNING, Peer.INTERRUPTED, Peer.LOST  # who is written to; names are quicker to look up

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
        self._measure_at = float("-inf")

    def inputs(self, now: float) -> None:
        """Write one datagram of inputs to every peer that plays, also when nothing is new: stalled peers live on them.

        Most datagrams hold at most one change and nothing else, and are written in place (benchmarks/engine.py).
        """
        self.sent_at = now
        own = self._own
        frame, newest, changed, outbox = self._sim.present, own.known, own.changed, self.outbox
        confirmed = self._confirmation.confirmed
        for endpoint in self._endpoints:
            state = endpoint.state
            if state is not RUNNING and state is not INTERRUPTED and state is not LOST:
                continue
            if frame < endpoint.block_at:
                known = endpoint.queue.known
                lag = known - newest
                lead = lag + 2 * (frame - known) - 1  # that is 2 * frame - known - newest - 1
                behind = known - confirmed if confirmed < known else 0
                if -128 <= lag < 128 and -128 < lead < 128:
                    if changed <= endpoint.acked:
                        datagram = bytes(
                            (endpoint.flags, newest & 255, newest >> 8 & 255, lag & 255, lead & 255, behind)
                        )
                        endpoint.given.append(datagram)
                        outbox.append((endpoint.name, datagram))
                        continue
                    if endpoint.tail_to != changed or endpoint.tail_from <= endpoint.acked:
                        self._write_tail(endpoint)
                    lasted = newest - changed
                    if lasted < 15:
                        token = endpoint.tail_token + lasted
                        datagram = (
                            bytes(
                                (endpoint.flags, newest & 255, newest >> 8 & 255, lag & 255, lead & 255, behind, token)
                            )
                            + endpoint.tail
                        )
                        if len(datagram) <= MAX_INPUTS_DATAGRAM:
                            endpoint.given.append(datagram)
                            outbox.append((endpoint.name, datagram))
                            continue
            self.write(endpoint, now)

    def _write_tail(self, endpoint: Endpoint) -> None:
        """Write the tokens of all changes a peer lacks, once for all datagrams until one more comes or is acknowledged."""
        changes, acked = self._own.changes, endpoint.acked
        wanted = [change for change in changes if change[0] > acked]
        changed, token, delta = wanted[-1]
        older, _ = encode_runs(wanted, acked, changed - 1, MAX_INPUTS_DATAGRAM)
        endpoint.tail_token = token
        endpoint.tail = delta + older
        endpoint.tail_from, endpoint.tail_to = wanted[0][0], changed

    def write(self, endpoint: Endpoint, now: float) -> None:
        """Write one datagram of inputs with whatever else is due."""
        own, sim = self._own, self._sim
        flags, blocks = endpoint.flags, b""
        frame = sim.present
        block_at = NEVER
        sums = endpoint.sums
        if sums.waiting:
            if frame >= endpoint.block_at or endpoint.measure:
                blocks = sums.block()
                flags |= CHECKSUM
                block_at = frame + RESEND
            else:
                block_at = endpoint.block_at
        if endpoint.measure:
            endpoint.measure = False
            endpoint.count()
            blocks += encode_line(endpoint.line.measure(now))
            flags |= LINE
            if sim.agreed_end is not None:
                blocks += encode_more(encode_message(Notice(sim.agreed_end)))
                flags |= MORE
        endpoint.block_at = block_at
        known = endpoint.queue.known
        tokens, newest = encode_runs(own.changes, endpoint.acked, own.known, MAX_INPUTS_DATAGRAM - HEAD_ROOM)
        confirmed = min(self._confirmation.confirmed, known)
        datagram = encode_inputs(flags, newest, known, 2 * frame - known - own.known - 1, confirmed, blocks, tokens)
        endpoint.given.append(datagram)
        self.outbox.append((endpoint.name, datagram))

    def forget(self) -> None:
        """Drop the changes that every peer has acknowledged."""
        acked = self._own.known
        for endpoint in self._endpoints:
            if endpoint.acked < acked and not endpoint.queue.cut:
                acked = endpoint.acked
        self._own.forget(acked)

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
                endpoint.block_at = 0
                endpoint.line.update_rates(now)

    def _message(self, endpoint: Endpoint, message: Message) -> None:
        datagram = encode_message(message)
        endpoint.given.append(datagram)
        self.outbox.append((endpoint.name, datagram))
