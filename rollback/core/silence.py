"""Whom we do not hear at present, whom we have missed for long, and who is heard but withholds. Knows the caller's clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from rollback.config import SessionConfig
from rollback.core.agreement import Agreement, seats_in
from rollback.core.endpoint import Endpoint
from rollback.core.progress import Progress
from rollback.core.queues import InputQueue
from rollback.core.simulation import Simulation
from rollback.core.states import Cause, Peer
from rollback.types import Event, PeerInterrupted

__all__ = ["TINY", "Silence"]

TINY: Final = 1e-6  # seconds past an instant, so that rounding does not call us a moment too soon again and again
FRESH: Final = 1.0  # seconds for which a claim says something about the present


class Silence:
    """The silences of one session.

    Args:
        agreement: The roster.
        playing: Those whom the match waits for.
        slots: The inputs of those who are gone and played for, by seat.
        config: The settings.
        sim: The game.
        emit: Takes events.

    Attributes:
        silent: Seats of the roster that we do not hear at present, or that withhold what we wait for.
        missed: Those of them for whom that has lasted long.
        claimed_at: When a claim of each seat came last.
        progress: How long we have waited for somebody whom we hear.
    """

    def __init__(
        self,
        agreement: Agreement,
        playing: list[Endpoint],
        slots: Mapping[int, InputQueue],
        config: SessionConfig,
        sim: Simulation,
        emit: Callable[[Event], None],
    ) -> None:
        self.silent = self.missed = 0
        self.claimed_at: dict[int, float] = {}
        self.progress = Progress(config)
        self._agreement = agreement
        self._playing = playing
        self._slots = slots
        self._config = config
        self._sim = sim
        self._emit = emit

    def listen(self, endpoint: Endpoint, now: float, *, running: bool) -> float:
        """Note how long a peer has been silent; return when that is to be looked at again."""
        config = self._config
        bit = 1 << endpoint.seat
        silence = now - endpoint.heard
        shunned = bool(self._agreement.shunned & bit)
        if running and (silence > config.interrupt_after or shunned):
            if self._agreement.survivors & bit:
                self.silent |= bit
            if endpoint.turn(Cause.SILENCE):
                self._emit(PeerInterrupted(endpoint.name))
        if silence > config.disconnect_after or shunned:
            if self._agreement.survivors & bit:
                self.missed |= bit
            return float("inf")
        wait = config.disconnect_after if endpoint.state is Peer.INTERRUPTED else config.interrupt_after
        return endpoint.heard + wait + TINY

    def press(self, heard: int, now: float) -> None:
        """See whom we hear and wait for all the same: its inputs may come by others, and in the end it is missed too."""
        agreement, progress, frame = self._agreement, self.progress, self._sim.frame
        heard &= ~(1 << agreement.me)
        waited = {each.seat: (each.seat, each.queue.known) for each in self._playing if heard >> each.seat & 1}
        for seat in seats_in(agreement.adopted):  # who plays for those who are gone sends their inputs
            if heard >> agreement.lowest & 1:
                waited[seat] = agreement.lowest, self._slots[seat].known
        if not self._sim.is_over():
            progress.look(waited, frame - self._config.prediction_window, now)
        elif any(each.queue.known < frame - 1 for each in self._playing):
            progress.look(waited, frame - 1, now)
        else:  # all that lacks is that all confirm the end
            waited = {each.seat: (each.seat, each.confirmed) for each in self._playing if heard >> each.seat & 1}
            progress.look(waited, frame - 1, now)
        self.silent |= progress.late
        self.missed |= progress.stuck

    def fresh(self, now: float, seconds: float = FRESH) -> int:
        """Return the seats whose claims are no older than that."""
        return sum([1 << seat for seat, at in self.claimed_at.items() if now - at < seconds])
