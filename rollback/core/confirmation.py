"""Step 4 of the tick: what is known, confirmed and settled, who is told, and whose checksum differs. Knows no bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rollback.core.checksums import Disagreement
from rollback.core.endpoint import Endpoint
from rollback.core.settled import SettledReader
from rollback.core.simulation import NEVER, Simulation

__all__ = ["COLLECT_EVERY", "Confirmation"]

COLLECT_EVERY: Final = 64  # frames that may settle before the readers collect them: a quarter of the ring they stand in


class Confirmation:
    """The frames that are certain.

    Attributes:
        known: Newest frame whose inputs are all here.
        confirmed: Of those, the newest that is simulated.
        settled: Of those, the newest that every live peer has confirmed.
        due: Next frame whose checksum is to be emitted, NEVER without checksums.
        collect_at: Settled frame at which the readers must collect, before the ring comes round.
        readers: Who is handed the settled frames.
        final: Checksum of the last state, None before the end.
    """

    def __init__(
        self,
        endpoints: list[Endpoint],
        sim: Simulation,
        interval: int,
        disagree: Callable[[Endpoint, Disagreement], None],
    ) -> None:
        self.known = self.confirmed = self.settled = -1
        self.collect_at = COLLECT_EVERY
        self.readers: list[SettledReader] = []
        self.final: int | None = None
        self.due = 0 if interval else NEVER
        self._endpoints = endpoints
        self._sim = sim
        self._interval = interval
        self._disagree = disagree

    def collect(self) -> None:
        """Let the readers take what has settled out of the ring."""
        self.collect_at = self.settled + COLLECT_EVERY
        for reader in self.readers:
            reader.collect(self.settled)

    def emit(self) -> None:
        """Emit the checksums that are due.

        Only after the rollback of this tick: the checksum of a state that a pending correction changes is a false alarm.
        """
        sim = self._sim
        while self.due <= self.confirmed + 1 and self.due < sim.frame:
            value = sim.digest_at(self.due)
            if value is not None:
                self._offer(self.due, value)
            self.due += self._interval

    def close(self, frame: int) -> None:
        """Emit the checksum of the last state, which every peer has at the same frame."""
        if self.final is None:
            self.final = self._sim.digest_at(frame)
            if self._interval and self.final is not None:
                self._offer(frame, self.final)
            self.due = NEVER

    def _offer(self, frame: int, value: int) -> None:
        for endpoint in self._endpoints:
            endpoint.block_at = 0
            found = endpoint.sums.offer(frame, value)
            if found is not None:
                self._disagree(endpoint, found)
