"""What a change of the roster does to the inputs: the lost are cut, and idle or are played for. Knows queues; knows no time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rollback.core.agreement import Agreement
from rollback.core.endpoint import Endpoint
from rollback.core.queues import MASK, InputQueue, LocalInputs
from rollback.core.roster import Change
from rollback.core.simulation import Simulation
from rollback.core.standin import StandIn
from rollback.core.states import Cause
from rollback.types import Cut, Event, TookOver

__all__ = ["Cutting"]


class Cutting:
    """The cuts of one session.

    Args:
        agreement: The roster.
        by_seat: The other peers.
        playing: Those of them the match waits for; who is cut is taken out.
        local: Our own players' inputs; what we play for others has their delay.
        sim: The game.
        stand_in: Plays for those who are gone.
        emit: Takes events.
        takes_over: Whether the lost are played for.

    Attributes:
        slots: The inputs of those who are gone and played for, by seat.
    """

    def __init__(
        self,
        agreement: Agreement,
        by_seat: dict[int, Endpoint],
        playing: list[Endpoint],
        local: LocalInputs,
        sim: Simulation,
        stand_in: StandIn,
        emit: Callable[[Event], None],
        *,
        takes_over: bool,
    ) -> None:
        self.slots: dict[int, InputQueue] = {}
        self._agreement = agreement
        self._by_seat = by_seat
        self._playing = playing
        self._local = local
        self._sim = sim
        self._stand_in = stand_in
        self._emit = emit
        self._takes_over = takes_over

    def commit(self, change: Change) -> None:
        """Let the match go on with those who remain."""
        agreement, sim = self._agreement, self._sim
        agreement.commit(change)
        for seat in sorted(seat for seat in change.cuts if not agreement.adopted >> seat & 1):
            endpoint = self._by_seat[seat]
            queue = endpoint.queue
            endpoint.turn(Cause.CUT)
            self._playing[:] = [other for other in self._playing if other is not endpoint]
            self._emit(Cut(queue.players, change.cuts[seat], change.epoch))
            if self._takes_over:
                agreement.adopted |= 1 << seat
                self.slots[seat] = queue
                continue
            queue.cut = True
            queue.last = queue.idle
            for frame in range(queue.known + 1, sim.frame):
                if queue.rows[frame & MASK] != queue.idle:
                    sim.wrong = min(sim.wrong, frame)
                    break
        self.adopt(list(change.cuts))

    def adopt(self, seats: Sequence[int]) -> None:
        """Let the lowest who remains play for those of the seats that are played for."""
        agreement = self._agreement
        for seat in seats:
            if not agreement.adopted >> seat & 1:
                continue
            ours = agreement.lowest == agreement.me
            if ours:
                self._stand_in.adopt(seat, self._by_seat[seat].queue, min(self._local.delays.values()))
            by = "" if ours else self._by_seat[agreement.lowest].name
            for player in self._by_seat[seat].queue.players:
                self._emit(TookOver(player, by))
