"""Step 4 of the tick: what is known, confirmed and settled, who is told, and whose checksum differs. Knows no bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from rollback.core.checksums import Disagreement
from rollback.core.endpoint import Endpoint
from rollback.core.queues import InputQueue
from rollback.core.settled import SettledReader
from rollback.core.simulation import NEVER, NOTHING, Simulation
from rollback.state import checksum

__all__ = ["Confirmation"]

CONFIRM_EVERY: Final = 16  # frames that may settle before they are looked at
KEPT: Final = 4  # newest checksum frames whose states are kept; a round trip is seldom longer than that
COLLECT_EVERY: Final = 32  # frames that may settle before the readers collect them: an eighth of the ring they stand in


class Confirmation:
    """The frames that are certain.

    Attributes:
        settled: Newest frame that every live peer has confirmed, as far as it was looked at.
        confirm_at: Newest frame known of the others at which `confirm` is to be called again.
        readers: Who is handed the settled frames.
        kept: What the newest checksums were made of, by frame: for finding out where two differ.
        kept_sums: These checksums.
        offered: Is called with each of them: frame, what it was made of, checksum.
    """

    def __init__(
        self,
        own: InputQueue,
        playing: list[Endpoint],
        sim: Simulation,
        interval: int,
        disagree: Callable[[Endpoint, Disagreement], None],
        slots: Mapping[int, InputQueue],
    ) -> None:
        self.settled = -1
        self.confirm_at = -1
        self.readers: list[SettledReader] = []
        self.glance: Callable[[], tuple[int, int, int] | None] = lambda: None
        self.kept: dict[int, Any] = {}
        self.kept_sums: dict[int, int] = {}
        self.offered: Callable[[int, Any, int], None] = lambda frame, tree, value: None
        self._own = own
        self._playing = playing
        self._slots = slots  # of those who are gone, and played for
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
        for queue in self._slots.values():
            known = min(known, queue.known)
        return known

    def newest_confirmed(self) -> int:
        """Return the newest frame simulated on known inputs only."""
        confirmed, known = self._sim.frame - 1, self._own.known
        if known < confirmed:
            confirmed = known
        for endpoint in self._playing:
            if endpoint.queue.known < confirmed:
                confirmed = endpoint.queue.known
        for queue in self._slots.values():
            confirmed = min(confirmed, queue.known)
        return confirmed

    def confirm(self) -> None:
        """Settle, let the readers collect, and emit and compare the checksums that are due."""
        confirmed = self.newest_confirmed()
        self._settle(confirmed)
        if self.settled >= self._collect_at:
            self._collect_at = self.settled + COLLECT_EVERY
            for reader in self.readers:
                reader.collect(self.settled)
        if self._due <= confirmed + 1:
            self._emit(confirmed)
        self.confirm_at = min(self._due - 1, self.known + CONFIRM_EVERY)

    def settle(self) -> int:
        """Return the newest frame that every live peer has confirmed, ourselves included."""
        seen = self.glance()
        if seen is None:
            self._settle(self.newest_confirmed())
        elif seen[2] > self.settled:
            self.settled = seen[2]
        return self.settled

    def _settle(self, settled: int) -> None:
        for endpoint in self._playing:
            if endpoint.confirmed < settled:
                settled = endpoint.confirmed
        if settled > self.settled:
            self.settled = settled

    def _emit(self, confirmed: int) -> None:
        """Emit the checksums that are due.

        Only after the rollback of this tick: the checksum of a state that a pending correction changes is a false alarm.
        """
        while self._due <= confirmed + 1 and self._due < self._sim.frame:
            self._offer(self._due)
            self._due += self._interval

    def close(self, frame: int) -> None:
        """Emit the checksum of the last state, which every peer has at the same frame."""
        if self._due < NEVER:
            self._due = NEVER
            self._offer(frame)

    def begin_at(self, frame: int) -> None:
        """Come into a running match: S_frame is settled, and nothing before it is handed out."""
        self.settled = self.confirm_at = frame - 1
        self._collect_at = frame + COLLECT_EVERY
        self._due = frame if self._due < NEVER else NEVER
        self.kept.clear()
        for reader in self.readers:
            reader.begin_at(frame)

    def begin_again(self) -> int:
        """Forget the checksums of states that were replaced; return the first frame whose checksum counts again."""
        self.kept.clear()
        self.kept_sums.clear()
        if self._due < NEVER:
            self._due = self._sim.present - self._sim.present % self._interval + self._interval
        for endpoint in self._playing:
            endpoint.sums.forget()
        return self._due

    def _offer(self, frame: int) -> None:
        tree = self._sim.tree_at(frame)
        if tree is NOTHING:
            return
        self.kept[frame] = tree
        self.kept_sums[frame] = value = checksum(tree)
        if len(self.kept) > KEPT:
            del self.kept_sums[min(self.kept)]
            del self.kept[min(self.kept)]
        self.offered(frame, tree, value)
        for endpoint in self._playing:
            endpoint.tail_until = 0
            found = endpoint.sums.offer(frame, value)
            if found is not None:
                self._disagree(endpoint, found)
