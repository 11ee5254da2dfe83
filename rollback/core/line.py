"""What one line to a peer is like: round trip, jitter, loss, bytes. Knows the caller's clock; knows no frames.

The round trip is that of inputs: it includes the wait for the next frame on either side, for that is when datagrams are
read. Smoothing as in TCP (RFC 6298): an eighth of each new sample, a quarter of its deviation.
"""

from __future__ import annotations

from typing import Final

from rollback.wire.inputs import Line

__all__ = ["NO_ECHO", "LineMeter"]

NO_ECHO: Final = 65535
PINGS: Final = 32  # pings remembered; at five a second the oldest is six seconds old, past any useful echo
RATE_WINDOW: Final = 1.0  # seconds over which bytes are counted
LOSS_WINDOW: Final = 12  # datagrams from which a share of lost ones means something
PATIENCE: Final = 60.0  # seconds; a round trip that took longer was measured wrongly
FORGET: Final = 0.85  # what a count is worth half a second later: the share is one of some 200 datagrams


class LineMeter:
    """Counts and measures one line.

    Attributes:
        rtt: Smoothed round trip in seconds, 0 before the first sample.
        jitter: Smoothed deviation of it.
        loss: Share of the peer's datagrams that did not arrive.
        loss_there: Share of ours that did not arrive, as the peer says.
        received: Datagrams received.
        sent: Datagrams sent.
        bytes_in: Bytes received.
        bytes_out: Bytes sent.
        kbps_in: Kilobits a second received, over the last second.
        kbps_out: Kilobits a second sent.
    """

    def __init__(self) -> None:
        self.rtt = self.jitter = self.loss = self.loss_there = 0.0
        self.received = self.sent = self.bytes_in = self.bytes_out = 0
        self.kbps_in = self.kbps_out = 0.0
        self._ping = 0
        self._pings: dict[int, float] = {}
        self._heard: tuple[int, float] | None = None
        self._peer_sent: int | None = None
        self._received_then = 0
        self._lost = self._expected = 0.0
        self._rates: tuple[float, int, int] | None = None

    def measure(self, now: float, uncounted: int = 0) -> Line:
        """Return the next measurement to send; `uncounted` datagrams were sent that `sent` does not know of yet."""
        self._ping = self._ping + 1 & 255
        self._pings[self._ping] = now
        while len(self._pings) > PINGS:
            del self._pings[next(iter(self._pings))]
        echo, held = 0, NO_ECHO
        if self._heard is not None:
            echo = self._heard[0]
            held = min(NO_ECHO - 1, round((now - self._heard[1]) * 10_000))
            self._heard = None
        return Line(self._ping, echo, held, self.sent + uncounted & 65535, min(255, round(self.loss * 255)))

    def hear(self, line: Line, now: float, uncounted: int = 0) -> None:
        """Take the peer's measurement; `uncounted` datagrams were received that `received` does not know of yet."""
        self._heard = (line.ping, now)
        self.loss_there = line.loss / 255
        sent = self._pings.pop(line.echo, None) if line.held != NO_ECHO else None
        if sent is not None:
            self.sample(now - sent - line.held / 10_000)
        self._count_loss(line.sent, self.received + uncounted)

    def sample(self, rtt: float) -> None:
        """Take one measured round trip in seconds."""
        if not rtt < PATIENCE:  # also where it is no number
            return
        rtt = max(0.0, rtt)
        if not self.rtt:
            self.rtt, self.jitter = rtt, rtt / 2
            return
        self.jitter += (abs(rtt - self.rtt) - self.jitter) / 4
        self.rtt += (rtt - self.rtt) / 8

    def update_rates(self, now: float) -> None:
        """Refresh the bytes a second, at most once a second."""
        if self._rates is None:
            self._rates = (now, self.bytes_in, self.bytes_out)
            return
        then, bytes_in, bytes_out = self._rates
        if now - then >= RATE_WINDOW:
            self.kbps_in = (self.bytes_in - bytes_in) * 0.008 / (now - then)
            self.kbps_out = (self.bytes_out - bytes_out) * 0.008 / (now - then)
            self._rates = (now, self.bytes_in, self.bytes_out)

    def _count_loss(self, peer_sent: int, received: int) -> None:
        if self._peer_sent is None:
            self._peer_sent, self._received_then = peer_sent, received
            return
        expected = peer_sent - self._peer_sent & 65535
        if expected > 32767:
            return  # an older measurement that was overtaken
        # Who was overtaken by this count is missing now and surplus next time: so nothing is cut off before it is summed up.
        self._lost = FORGET * self._lost + expected - (received - self._received_then)
        self._expected = FORGET * self._expected + expected
        self._peer_sent, self._received_then = peer_sent, received
        if self._expected >= LOSS_WINDOW:
            self.loss = min(1.0, max(0.0, self._lost / self._expected))
