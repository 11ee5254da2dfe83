"""One peer as the session sees it: what it sent, what it holds of ours, how its line is. Knows no game."""

from __future__ import annotations

import math
from collections import deque
from operator import itemgetter
from typing import Final

from rollback.core.checksums import ChecksumExchange
from rollback.core.line import LineMeter
from rollback.core.queues import InputQueue
from rollback.core.states import LIVE, Cause, Peer, after
from rollback.types import PeerStats
from rollback.wire.inputs import ECHO, HEAD, INPUTS

__all__ = ["Endpoint", "Greeting"]

AHEAD_SHARE: Final = 0.5  # of each new average of half a second in the lead: quick enough to steer by, past any jitter
_KIND, _LEAD = itemgetter(1), itemgetter(4)
_BIASED: Final = bytes(value ^ 128 for value in range(256))  # of a signed byte: the number plus 128
NO_TAIL: Final = b"\0"  # shorter than any, and not empty: not even the end of no datagram is taken for it
SAMPLES: Final = 4  # exchanges of hellos before a clock counts as measured


class Greeting:
    """The handshake with one peer.

    Attributes:
        nonce: The peer's nonce, 0 before its first hello.
        agreed: Its facts are ours.
        they_heard: The peer has heard our hello.
        ready: The peer is ready to start.
        running: The peer knows the start instant.
        samples: Measured exchanges.
        best: Shortest round trip in seconds.
        offset: Peer's clock less ours, from that exchange.
        heard_at: Our clock when its newest hello came.
        heard_sent: Its clock when it sent that.
        next_at: When our next hello is due.
        answer: A hello came that has no answer yet.
        is_joining: The peer comes into a running match.
    """

    __slots__ = (
        "agreed",
        "answer",
        "best",
        "heard_at",
        "heard_sent",
        "is_joining",
        "next_at",
        "nonce",
        "offset",
        "ready",
        "running",
        "samples",
        "they_heard",
    )

    def __init__(self) -> None:
        self.nonce = 0
        self.is_joining = False
        self.agreed = self.they_heard = self.ready = self.running = self.answer = False
        self.samples = 0
        self.best = math.inf
        self.offset = 0.0
        self.heard_at = 0.0
        self.heard_sent = math.nan
        self.next_at = -math.inf

    @property
    def done(self) -> bool:
        """Whether both sides agreed, know that they did, and the peer's clock is measured."""
        return self.agreed and self.they_heard and self.samples >= SAMPLES


class Endpoint:
    """One remote peer.

    Attributes:
        name: The label the session's owner gave it.
        queue: Its players' inputs.
        state: See `states`.
        inbox: Datagrams that wait for the next tick.
        acked: Newest frame of our inputs that it holds.
        confirmed: Newest frame that it confirmed.
        flags_in: Second byte of a datagram from it that holds inputs and nothing else.
        flags: Second byte of a datagram to it that holds inputs and nothing else.
        fresh: Datagrams of this tick that brought exactly the next frame; more where another one came.
        tail_in: All but the first byte of its newest datagram.
        tail_in_until: Its frame from which the same bytes would mean something else; 0: the next datagram must be read in full.
        tail_out: The same of the newest datagram to it.
        tail_drift: Frames that what we told as confirmed in it lies behind our newest row.
        tail_until: Own frame from which it is to be written anew; 0: at once, for something is to ride along.
        taken: Datagrams from it that are not yet counted.
        given: Datagrams to it that are not yet counted.
        heard: When something was last heard of it, on our clock.
        ahead: Our averaged lead over it in frames.
        seat: The lowest of its players: what it is called on the wire.
        speaks: Whether every datagram to it carries a notice.
        sums: The exchange of checksums.
        line: What the line is like.
        measure: Whether the next datagram measures the line.
        end: The end it announced.
        disputed: Whether that was told to be another than ours.
        greeting: The handshake.
        window, delay, controllers: What it told of itself.
    """

    __slots__ = (
        "_spoken",
        "acked",
        "ahead",
        "bye_answer",
        "bye_heard",
        "confirmed",
        "controllers",
        "delay",
        "disputed",
        "end",
        "flags",
        "flags_in",
        "fresh",
        "given",
        "greeting",
        "heard",
        "inbox",
        "line",
        "measure",
        "name",
        "queue",
        "seat",
        "speaks",
        "state",
        "sums",
        "tail_drift",
        "tail_in",
        "tail_in_until",
        "tail_out",
        "tail_until",
        "taken",
        "window",
    )

    def __init__(self, name: str, queue: InputQueue, match: int = 0) -> None:
        self.name = name
        self.queue = queue
        self.seat = queue.players[0]
        self.speaks = False
        self.state = Peer.SYNCHRONIZING
        self.inbox: deque[bytes] = deque()
        self.acked = -1
        self.confirmed = -1
        self.flags = self.flags_in = INPUTS | match << 5
        self.fresh = 0
        self.tail_in, self.tail_out = NO_TAIL, b""
        self.tail_in_until = 0
        self.tail_until = self.tail_drift = 0
        self.taken: list[bytes] = []
        self.given: list[bytes] = []
        self._spoken = 0  # of them, when we last asked
        self.heard = -math.inf
        self.ahead = 0.0
        self.sums = ChecksumExchange()
        self.line = LineMeter()
        self.measure = False
        self.greeting = Greeting()
        self.window = 0
        self.delay = 0
        self.controllers: dict[int, str] = {}
        self.end: int | None = None
        self.disputed = False
        self.bye_answer = False
        self.bye_heard = False

    def renew(self, name: str) -> None:
        """Forget the process that was there, for another one comes; its players' inputs stay.

        Lists are emptied, not replaced: the short way holds on to them.
        """
        self.name = name
        self.acked = self.confirmed = -1
        self.flags = self.flags_in = self.flags & ~ECHO
        self.fresh = 0
        self.tail_in, self.tail_out = NO_TAIL, b""
        self.tail_in_until = self.tail_until = 0
        self.inbox.clear()
        self.taken.clear()
        self.given.clear()
        self._spoken = 0
        self.heard, self.ahead = -math.inf, 0.0
        self.sums, self.line, self.greeting = ChecksumExchange(), LineMeter(), Greeting()
        self.end, self.disputed = None, False
        self.bye_answer = self.bye_heard = False

    @property
    def live(self) -> bool:
        """Whether the match counts on this peer."""
        return self.state in LIVE

    @property
    def seen(self) -> bool:
        """Whether somebody is, or was, there."""
        return self.state is not Peer.GONE or self.greeting.nonce > 0

    def turn(self, cause: Cause) -> bool:
        """Change the state as the table says; return whether it changed."""
        before = self.state
        self.state = after(before, cause)
        return self.state is not before

    def has_news(self) -> bool:
        """Whether we spoke to it since the last time this was asked."""
        spoken, self._spoken = self._spoken, len(self.given)
        return self._spoken > spoken

    @property
    def owed(self) -> bool:
        """Whether a hello or a goodbye waits for us to answer."""
        return self.greeting.answer or self.bye_answer or not self.greeting.running

    def count(self) -> None:
        """Count the datagrams since the last time; half the difference of the mean advantages in them is our lead."""
        line, taken, given = self.line, self.taken, self.given
        ours, theirs = _advantage(given), _advantage(taken)
        if ours is not None and theirs is not None:
            self.ahead += ((ours - theirs) * 0.5 - self.ahead) * AHEAD_SHARE
        line.sent += len(given)
        line.bytes_out += sum(map(len, given))
        given.clear()
        self._spoken = 0
        line.received += len(taken)
        line.bytes_in += sum(map(len, taken))
        taken.clear()

    def write_echo(self) -> None:
        """Let every datagram from now on acknowledge the newest checksum received."""
        self.flags = self.flags & ~ECHO | (ECHO if self.sums.echo else 0)

    def stats(self, own_newest: int, fps: int, window: int) -> PeerStats:
        """Return the line's figures, with a verdict and its reason."""
        line = self.line
        lag = (line.rtt / 2 + 2 * line.jitter) * fps  # frames an input is late, in most cases
        if self.state in (Peer.INTERRUPTED, Peer.LOST):  # the figures are those from before it fell silent
            quality, why = "poor", "nothing was heard for a while"
        elif lag > max(window, 1):
            quality, why = "poor", f"inputs come {lag:.0f} frames late, the window is {window}"
        elif line.loss > 0.15:
            quality, why = "poor", f"{line.loss:.0%} of the datagrams are lost"
        elif line.loss > 0.03:
            quality, why = "fair", f"{line.loss:.0%} of the datagrams are lost"
        elif lag > max(window, 1) / 2:
            quality, why = "fair", f"inputs come {lag:.0f} frames late, half the window of {window}"
        else:
            quality, why = "good", f"{line.rtt * 1000:.0f} ms round trip, {line.loss:.0%} lost"
        return PeerStats(
            rtt=line.rtt,
            jitter=line.jitter,
            loss=line.loss,
            kbps_in=line.kbps_in,
            kbps_out=line.kbps_out,
            frames_ahead=self.ahead,
            queued=own_newest - self.acked if self.live else 0,
            quality=quality,  # type: ignore[arg-type]
            why=why,
        )


def _advantage(datagrams: list[bytes]) -> float | None:
    """Return the mean frame advantage told in some datagrams, None where none tells it."""
    if not datagrams:
        return None
    # Thirty at a time, and nearly always of inputs only: no loop in Python.
    if min(map(len, datagrams)) < HEAD or min(map(_KIND, datagrams)) < INPUTS:
        datagrams = [data for data in datagrams if len(data) >= HEAD and data[1] & INPUTS]
        if not datagrams:
            return None
    return (sum(bytes(map(_LEAD, datagrams)).translate(_BIASED)) - 128 * len(datagrams)) / len(datagrams)
