"""Step 7 of the tick: one datagram a peer, and the messages that timers call for. Knows bytes only through `wire`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from rollback.core.confirmation import Confirmation
from rollback.core.endpoint import Endpoint
from rollback.core.goodbyes import Goodbyes
from rollback.core.handshake import Handshake
from rollback.core.membership import Membership
from rollback.core.pausing import Pausing
from rollback.core.queues import InputQueue
from rollback.core.simulation import Simulation
from rollback.core.states import Peer
from rollback.wire.inputs import CHECKSUM, LINE, MORE, encode_inputs, encode_line, encode_more
from rollback.wire.limits import MAX_INPUTS_DATAGRAM
from rollback.wire.matches import mark
from rollback.wire.messages import Message, Notice, encode_message
from rollback.wire.runs import ONE_BYTE, encode_runs

__all__ = ["MEASURE_FIRST", "UNKNOWN", "WRITTEN_TO", "Dispatch"]

WRITTEN_TO: Final = (
    Peer.RUNNING,
    Peer.INTERRUPTED,
    Peer.LOST,
    Peer.JOINING,
)  # a tuple: the usual state is found by the first comparison
MEASURE_EVERY: Final = (
    0.5  # seconds between measurements of a line, and between copies of a checksum: a third of a byte a frame
)
MEASURE_FIRST: Final = 0.2  # the same in a line's first seconds
UNKNOWN: Final = 120  # frames that these are
ROOM: Final = MAX_INPUTS_DATAGRAM - 64  # bytes of a datagram that are inputs
NOTHING: Final = Notice()


class Dispatch:
    """Writes the datagrams to all peers.

    Attributes:
        outbox: What waits to be sent.
        blobs: What waits for the reliable channel.
        also: Who else has messages that are due from time to time.
    """

    def __init__(
        self,
        own: InputQueue,
        endpoints: list[Endpoint],
        sim: Simulation,
        confirmation: Confirmation,
        handshake: Handshake,
        membership: Membership,
        goodbyes: Goodbyes,
        pausing: Pausing,
        match: int = 0,
    ) -> None:
        self.outbox: list[tuple[str, bytes]] = []
        self.blobs: list[tuple[str, bytes]] = []
        self.also: list[Callable[[float], Iterable[tuple[Endpoint, Message]]]] = []
        self._own = own
        self._endpoints = endpoints
        self._sim = sim
        self._confirmed = confirmation.newest_confirmed
        self._handshake = handshake
        self._membership = membership
        self._goodbyes = goodbyes
        self._pausing = pausing
        self._match = match
        self._measure_at = float("-inf")

    def write(self, endpoint: Endpoint, now: float) -> None:
        """Write one datagram of inputs with whatever else is due."""
        known = endpoint.queue.known
        self.compose(endpoint, self._sim.present, self._own.known, endpoint.acked, known, self._confirmed(), now)

    def compose(self, endpoint: Endpoint, frame: int, newest: int, acked: int, known: int, confirmed: int, now: float) -> None:
        """Write one datagram from what is given: the present, our newest row, and what the peer has, and we have, of the other.

        This runs in every other tick or so, whenever the datagram is not the one before again: it is written flat.
        """
        own, whole, speaks = self._own, True, endpoint.speaks or self._pausing.is_urgent
        lead = 2 * frame - known - newest - 1
        tokens, until, before = b"", newest + 256 & ~255, newest
        if own.changed > acked:
            for changed, mask, delta in reversed(own.changes):
                if changed <= acked:
                    break
                if before - changed < 15:
                    tokens += ONE_BYTE[mask | changed % 15] + delta
                else:
                    tokens += bytes((mask | 15, changed & 255, changed >> 8 & 255)) + delta
                before = changed - 1
            room = ROOM - len(encode_message(self._notice())) if speaks else ROOM
            if len(tokens) > room:
                tokens, stop = encode_runs(own.changes, acked, newest, room)
                whole, newest = stop == newest, stop
            # The first token holds for 15 frames; what is acknowledged meanwhile rides on until then, for it costs less than
            # to write, and at the other side to read, the datagram anew.
            if tokens and newest - own.changed < 15 and own.changed + 15 < until:
                until = own.changed + 15
        lag = known - newest
        behind = known - confirmed if confirmed < known else 0
        if -128 <= lag < 128 and -128 < lead < 128 and whole:
            endpoint.tail_until = until
            endpoint.tail_drift = newest - confirmed
            endpoint.tail_out = tail = bytes((endpoint.flags, newest >> 8 & 255, lag & 255, lead & 255, behind)) + tokens
            sums = endpoint.sums
            if not (endpoint.measure or speaks or (sums.waiting and newest >= sums.send_at)):
                if sums.waiting and sums.send_at < until:
                    endpoint.tail_until = sums.send_at
                datagram = ONE_BYTE[newest & 255] + tail
                endpoint.given.append(datagram)
                self.outbox.append((endpoint.name, datagram))
                return
        else:
            endpoint.tail_until = 0  # a stretch that was cut for its size is no model for the next datagram
        flags, blocks = self._blocks(endpoint, newest, now)
        datagram = encode_inputs(flags, newest, known, lead, known - behind, blocks, tokens)
        endpoint.given.append(datagram)
        self.outbox.append((endpoint.name, datagram))

    def _blocks(self, endpoint: Endpoint, newest: int, now: float) -> tuple[int, bytes]:
        """Return the flags and the blocks of what rides along this time."""
        flags, blocks, sums = endpoint.flags, b"", endpoint.sums
        if sums.waiting and (endpoint.measure or newest >= sums.send_at):
            flags |= CHECKSUM
            blocks = sums.block(newest)
            endpoint.tail_until = min(endpoint.tail_until, sums.send_at)
        speaks = endpoint.speaks or self._pausing.is_urgent
        notice = self._notice() if speaks or endpoint.measure else NOTHING
        if endpoint.measure:
            endpoint.measure = False
            flags |= LINE
            blocks += encode_line(endpoint.line.measure(now, len(endpoint.given)))
        if speaks:
            endpoint.tail_until = 0
        if notice != NOTHING:
            flags |= MORE
            blocks += encode_more(encode_message(notice))
        return flags, blocks

    def _notice(self) -> Notice:
        """Return what the others must know of us besides our inputs."""
        end, pausing, membership = self._sim.agreed_end, self._pausing, self._membership
        claim = membership.claim() if membership.speaks else None
        return Notice(-1 if end is None else end, pausing.reason, claim, pausing.turns)

    def forget(self) -> None:
        """Drop the changes that every peer has acknowledged."""
        acked = self._own.known
        for endpoint in self._endpoints:
            if endpoint.acked < acked and endpoint.state not in (Peer.GONE, Peer.ADMITTED):
                acked = endpoint.acked
        self._own.forget(acked)

    def chores(self, now: float) -> None:
        """Write the hellos and goodbyes that are due, and let the lines be measured."""
        for endpoint, hello in self._handshake.hellos(now):
            self._message(endpoint, hello)
        for says in self.also:
            for endpoint, message in says(now):
                self._message(endpoint, message)
        for endpoint in self._membership.outsiders.answers(now):
            self._message(endpoint, Notice(claim=self._membership.claim()))
        for endpoint, bye in self._goodbyes.due(now):
            self._message(endpoint, bye)
            if not bye.answer:
                self.blobs.append((endpoint.name, encode_message(bye)))
        if now >= self._measure_at:
            # At first more often: what a line is like decides early whether it must carry everything twice.
            self._measure_at = now + (MEASURE_EVERY if self._sim.frame > UNKNOWN else MEASURE_FIRST)
            for endpoint in self._endpoints:
                endpoint.measure = True
                endpoint.tail_until = 0
                endpoint.line.update_rates(now)

    def forward(self, now: float) -> None:
        """Pass on the inputs of others to those who lack them."""
        for endpoint, message in self._membership.forwards(now):
            self._message(endpoint, message)

    def post(self, endpoint: Endpoint, blob: bytes) -> None:
        """Leave a letter for the reliable channel."""
        self.blobs.append((endpoint.name, blob))

    def _message(self, endpoint: Endpoint, message: Message) -> None:
        datagram = mark(encode_message(message), self._match)
        endpoint.given.append(datagram)
        self.outbox.append((endpoint.name, datagram))
