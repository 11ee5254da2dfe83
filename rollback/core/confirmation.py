"""Step 4 of the tick: what is known, confirmed and settled, who is told, and whose checksum differs. Knows no bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from rollback.core.checksums import Disagreement
from rollback.core.endpoint import Endpoint
from rollback.core.queues import MASK, InputQueue
from rollback.core.settled import Rows
from rollback.core.simulation import Simulation

__all__ = ["Confirmation"]


class Confirmation:
    """The frames that are certain.

    Attributes:
        known: Newest frame whose inputs are all here.
        confirmed: Of those, the newest that is simulated.
        settled: Of those, the newest that every live peer has confirmed.
        readers: One queue of settled rows per reader.
        final: Checksum of the last state, None before the end.
    """

    def __init__(
        self,
        own: InputQueue,
        endpoints: list[Endpoint],
        sim: Simulation,
        interval: int,
        disagree: Callable[[Endpoint, Disagreement], None],
    ) -> None:
        self.known = self.confirmed = self.settled = -1
        self.readers: list[deque[Rows]] = []
        self.final: int | None = None
        self._own = own
        self._endpoints = endpoints
        self._sim = sim
        self._interval = interval
        self._due = 0 if interval else -1
        self._disagree = disagree

    def refresh(self) -> None:
        """Bring `known` and `confirmed` up to date; no rollback may be pending."""
        known = self._own.known
        for endpoint in self._endpoints:
            queue = endpoint.queue
            if queue.known < known and not queue.cut:
                known = queue.known
        self.known = known
        frame = self._sim.frame
        self.confirmed = known if known < frame else frame - 1

    def settle(self) -> None:
        """Confirm and settle; hand settled frames to the readers, and emit and compare the checksums that are due."""
        self.refresh()
        settled = confirmed = self.confirmed
        for endpoint in self._endpoints:
            if endpoint.confirmed < settled and not endpoint.queue.cut:
                settled = endpoint.confirmed
        before = self.settled
        if settled > before:
            self.settled = settled
            played = self._sim.played
            for frame in range(before + 1, settled + 1):
                rows = played[frame & MASK]
                for reader in self.readers:
                    reader.append(rows)
        if 0 <= self._due <= confirmed + 1:
            self._emit()

    def close(self, frame: int) -> None:
        """Emit the checksum of the last state, which every peer has at the same frame."""
        if self.final is None:
            self.final = self._sim.digest_at(frame)
            if self._interval and frame >= self._due and self.final is not None:
                self._offer(frame, self.final)
            self._due = -1

    def _emit(self) -> None:
        sim = self._sim
        # Only now, after the rollback: the checksum of a state that a pending correction changes would be a false alarm.
        while self._due <= self.confirmed + 1 and self._due < sim.frame:
            value = sim.digest_at(self._due)
            if value is not None:
                self._offer(self._due, value)
            self._due += self._interval

    def _offer(self, frame: int, value: int) -> None:
        for endpoint in self._endpoints:
            found = endpoint.sums.offer(frame, value)
            if found is not None:
                self._disagree(endpoint, found)
