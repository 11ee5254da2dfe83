"""Step 4 of the tick: what is known, confirmed and settled, who is told, and whose checksum differs. Knows no bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rollback.core.checksums import Disagreement
from rollback.core.endpoint import Endpoint
from rollback.core.queues import InputQueue
from rollback.core.settled import SettledReader
from rollback.core.simulation import NEVER, Simulation

__all__ = ["Confirmation"]

CONFIRM_EVERY: Final = 16  # frames that may settle before they are looked at
COLLECT_EVERY: Final = 32  # frames that may settle before the readers collect them: an eighth of the ring they stand in


class Confirmation:
    """The frames that are certain.

    Attributes:
        settled: Newest frame that every live peer has confirmed, as far as it was looked at.
        confirm_at: Newest frame known of the others at which `confirm` is to be called again.
        readers: Who is handed the settled frames.
    """

    def __init__(
        self,
        own: InputQueue,
        playing: list[Endpoint],
        sim: Simulation,
        interval: int,
        disagree: Callable[[Endpoint, Disagreement], None],
    ) -> None:
        self.settled = -1
        self.confirm_at = -1
        self.readers: list[SettledReader] = []
        self._own = own
        self._playing = playing
        self._sim = sim
        self._interval = interval
        self._due = 0 if interval else NEVER
        self._collect_at = COLLECT_EVERY
        self._disagree = disagree

    @property
    def known(self) -> int:
        """Newest frame whose inputs are all here."""
        known = self._own.known
        for endpoint in self._playing:
            if endpoint.queue.known < known:
                known = endpoint.queue.known
        return known

    def newest_confirmed(self) -> int:
        """Return the newest frame simulated on known inputs only."""
        confirmed, known = self._sim.frame - 1, self._own.known
        if known < confirmed:
            confirmed = known
        for endpoint in self._playing:
            if endpoint.queue.known < confirmed:
                confirmed = endpoint.queue.known
        return confirmed

    def confirm(self) -> None:
        """Settle, let the readers collect, and emit and compare the checksums that are due."""
        self.settle()
        if self.settled >= self._collect_at:
            self._collect_at = self.settled + COLLECT_EVERY
            for reader in self.readers:
                reader.collect(self.settled)
        if self._due <= self.newest_confirmed() + 1:
            self._emit()
        self.confirm_at = min(self._due - 1, self.known + CONFIRM_EVERY)

    def settle(self) -> int:
        """Return the newest frame that every live peer has confirmed, ourselves included."""
        settled = self.newest_confirmed()
        for endpoint in self._playing:
            if endpoint.confirmed < settled:
                settled = endpoint.confirmed
        if settled > self.settled:
            self.settled = settled
        return self.settled

    def _emit(self) -> None:
        """Emit the checksums that are due.

        Only after the rollback of this tick: the checksum of a state that a pending correction changes is a false alarm.
        """
        sim, confirmed = self._sim, self.newest_confirmed()
        while self._due <= confirmed + 1 and self._due < sim.frame:
            value = sim.digest_at(self._due)
            if value is not None:
                self._offer(self._due, value)
            self._due += self._interval

    def close(self, frame: int) -> None:
        """Emit the checksum of the last state, which every peer has at the same frame."""
        if self._due < NEVER:
            self._due = NEVER
            value = self._sim.digest_at(frame)
            if value is not None:
                self._offer(frame, value)

    def _offer(self, frame: int, value: int) -> None:
        for endpoint in self._playing:
            endpoint.tail_until = 0
            found = endpoint.sums.offer(frame, value)
            if found is not None:
                self._disagree(endpoint, found)
