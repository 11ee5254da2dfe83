"""Whether the line to a peer needs each datagram twice, and the copies that wait. Knows loss and delay; knows no inputs.

Copies sent in the same instant are lost together, so a copy goes half a frame later. It costs the datagram once more, so it is
sent only where the measured loss would otherwise make the other side wait: every datagram holds all that is not acknowledged,
so a stall takes as many losses in a row as the other's window has frames to spare.
"""

from __future__ import annotations

from typing import Final

from rollback.core.endpoint import Endpoint
from rollback.wire.inputs import INPUTS

__all__ = ["NO_COPY", "Redundancy"]

NO_COPY: Final = float("inf")
BEGIN: Final = 0.5  # stalls a minute that are worth twice the bytes
SEEN: Final = 0.01  # share of lost datagrams that a measurement over some seconds can tell from late ones
CEASE: Final = 0.05  # and how rare they must become before we stop: well below, so that it does not flicker


class Redundancy:
    """The copies of one session.

    Attributes:
        copy_at: When the copies are to be sent, NO_COPY for never.
        doubled: The peers whose line is doubled, by name.
    """

    def __init__(self, fps: int) -> None:
        self.copy_at = NO_COPY
        self._fps = fps
        self.doubled: dict[str, Endpoint] = {}
        self._copies: list[tuple[str, bytes]] = []

    @property
    def active(self) -> bool:
        """Whether any line is doubled."""
        return bool(self.doubled)

    def judge(self, endpoint: Endpoint, delay: int) -> None:
        """Decide for one line, from its newest measurements.

        Args:
            endpoint: The peer.
            delay: Our own input delay in frames: so much earlier our inputs leave.
        """
        line = endpoint.line
        late = (line.rtt / 2 + line.jitter) * self._fps
        spare = max(1.0, endpoint.window + delay - late)
        loss = line.loss_there if line.loss_there >= SEEN else 0.0
        stalls = 60 * self._fps * loss**spare
        if stalls > BEGIN and endpoint.live:
            self.doubled[endpoint.name] = endpoint
        elif stalls < CEASE or not endpoint.live:
            self.doubled.pop(endpoint.name, None)

    def note(self, sent: list[tuple[str, bytes]], now: float) -> None:
        """Keep copies of the inputs that have just been sent, for half a frame later."""
        self._copies = [(name, datagram) for name, datagram in sent if name in self.doubled and datagram[1] & INPUTS]
        self.copy_at = now + 0.5 / self._fps if self._copies else NO_COPY

    def take(self) -> list[tuple[str, bytes]]:
        """Return the copies, and forget them."""
        copies, self._copies = self._copies, []
        self.copy_at = NO_COPY
        for name, datagram in copies:
            if name in self.doubled:
                self.doubled[name].given.append(datagram)
        return copies
