"""How somebody comes into a running match, as seen by those who are in it. Knows seats, frames, a clock; knows no bytes.

Who is admitted greets every one of us, is fed by one, and tells how far it has come. When it is near, the lowest of us, the
sponsor, proposes the frame from which the newcomer's inputs count, past all that anybody can have confirmed, and takes no
inputs of its own for that frame before all have said that they stand by it: so nobody confirms it too early. The inputs of the
seat up to there are part of the proposal. Then the change commits like any other; see `agreement`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Final

from rollback.config import SessionConfig
from rollback.core.agreement import Change, seats_in
from rollback.core.arrivals import Arrivals, Coming
from rollback.core.confirmation import Confirmation
from rollback.core.endpoint import Endpoint
from rollback.core.handshake import Handshake
from rollback.core.membership import Membership
from rollback.core.queues import InputQueue, LocalInputs
from rollback.core.simulation import Simulation
from rollback.core.standin import StandIn
from rollback.core.states import Cause, Peer
from rollback.core.vacancy import REACH, bridge, bridged, fill, row_at, vacate
from rollback.types import Event, PeerJoined
from rollback.wire.messages import Join, Message, Notice

__all__ = ["JOIN_EVERY", "Joining"]

NEAR: Final = 0.5  # seconds the newcomer may lack of what has settled: it is given them meanwhile, without a stop
MARGIN: Final = 10  # frames for waiting for ticks on four ways, and for one lost datagram
JOIN_PATIENCE: Final = 1.5  # seconds until a proposal that somebody does not take up is withdrawn
JOIN_EVERY: Final = 0.05  # seconds between two copies of a proposal, or of a claim to a newcomer
FRESH: Final = 0.5  # seconds for which what a newcomer told of itself counts
STEP: Final = 1.0  # seconds of waiting that one look counts at most: what we slept through is nobody's fault


class Joining(Arrivals):
    """The newcomers of one session, and what is proposed for them.

    Args:
        own: Our own players' inputs.
        local: The same on their way.
        sim: The game.
        confirmation: What is confirmed and settled.
        membership: Who is there.
        handshake: Our greetings.
        stand_in: Plays for those who are gone.
        config: The settings.
        emit: Takes events.
        end: Ends the match here, for a reason.
        dismiss: Called with the name of somebody who needs no feed any more.
        feed_anew: Called with the name of somebody who begins again.

    Attributes:
        proposal: What was proposed, from when we stand by it until it is committed or void.
    """

    def __init__(
        self,
        own: InputQueue,
        local: LocalInputs,
        sim: Simulation,
        confirmation: Confirmation,
        membership: Membership,
        handshake: Handshake,
        stand_in: StandIn,
        config: SessionConfig,
        emit: Callable[[Event], None],
        end: Callable[[str], None],
        dismiss: Callable[[str], None],
        feed_anew: Callable[[str], None],
    ) -> None:
        super().__init__(membership, handshake, config, emit, dismiss, feed_anew)
        self.proposal: Join | None = None
        self._own = own
        self._local = local
        self._sim = sim
        self._confirmation = confirmation
        self._stand_in = stand_in
        self._end = end
        self._proposed_at = self._said_at = -math.inf
        self._now = -math.inf

    @property
    def is_busy(self) -> bool:
        """Whether there is anybody to look after."""
        return bool(self.newcomers) or bool(self.vacating) or self.proposal is not None

    @property
    def is_sponsor(self) -> bool:
        """Whether it is ours to propose."""
        return self._agreement.lowest == self._agreement.me

    @property
    def waiting(self) -> bool:
        """Whether the match waits for somebody who comes back; not before what the lost ones did last is confirmed."""
        return self.awaits and self._confirmation.newest_confirmed() >= max(self._agreement.cuts.values(), default=-1)

    @property
    def draws_on(self) -> bool:
        """Whether somebody cannot come in before we are past what the lost ones did last: so far we go in any pause."""
        return bool(self.newcomers) and self._sim.frame <= max(self._agreement.cuts.values(), default=-1)

    def holds(self, frame: int) -> bool:
        """Whether what we would capture at a frame must wait, for the newcomer's first frame is not agreed yet."""
        if self.proposal is None or not self.is_sponsor:
            return False
        return frame + max(self._local.delays.values()) >= self.proposal.frame

    def told(self, endpoint: Endpoint, join: Join, now: float) -> str | None:
        """Take a proposal that another of us passes on; return why it was dropped.

        Raises:
            WireError: Its inputs are none.
        """
        newcomer = self.newcomers.get(join.seat)
        if not self._agreement.survivors >> endpoint.seat & 1:
            return "misplaced"
        if newcomer is None or not newcomer.is_known or newcomer.endpoint.greeting.nonce != join.nonce:
            return "stranger"
        if self.proposal is not None or self._agreement.pledged or newcomer.endpoint.state is not Peer.ADMITTED:
            return None
        rows = self._rows(newcomer.endpoint.queue, join)
        if rows is None:
            return "misplaced"
        if self._agreement.accept(join.seat, join.frame, join.epoch):
            self._enter(newcomer, join, rows)
        return None

    # What is due.

    def look(self, now: float, *, held: bool) -> None:
        """Propose, withdraw, and give up waiting; once a tick while somebody is admitted.

        Args:
            now: The caller's clock.
            held: Whether the match stands still by consent.
        """
        since, self._now = min(now - self._now, STEP), now
        for seat in [seat for seat in self.vacating if not self._agreement.roster >> seat & 1]:
            name, returns = self.vacating.pop(seat)
            self.admit(self._membership.by_seat[seat], name, returns=returns)
        for newcomer in self.newcomers.values():
            if newcomer.waited is None:
                newcomer.waited = 0.0
            elif not (held and newcomer.is_known and now - newcomer.endpoint.heard <= self._config.interrupt_after):
                newcomer.waited += since  # for it is not the pause that keeps it
            if newcomer.returns and newcomer.waited > self._config.rejoin_grace:
                newcomer.returns = False
                if self._agreement.survivors == 1 << self._agreement.me:
                    self._end(f"{newcomer.endpoint.name} did not come back within {self._config.rejoin_grace:g} s")
        if self._agreement.release() and self.proposal is not None:
            self._void(self.proposal)
        if not self.is_sponsor:
            return
        if self.proposal is not None:
            if self._agreement.joining and now - self._proposed_at > JOIN_PATIENCE:
                self._withdraw(self.proposal.seat, now)
            return
        if not self._agreement.lost and not self._agreement.pledged:
            for _, newcomer in sorted(self.newcomers.items()):
                if self._propose(newcomer, now):
                    return

    def messages(self, now: float) -> Iterator[tuple[Endpoint, Message]]:
        """Yield what is to be said now: to newcomers who is there, and to all what is proposed."""
        proposal, agreement = self.proposal, self._agreement
        for newcomer in self.newcomers.values():
            if newcomer.endpoint.greeting.agreed and now - newcomer.told_at >= JOIN_EVERY:
                newcomer.told_at = now
                yield newcomer.endpoint, Notice(claim=self._membership.claim())
        if proposal is None or not agreement.joining or now - self._said_at < JOIN_EVERY:
            return
        self._said_at = now
        for seat in (proposal.seat, *agreement.others):
            claim = agreement.claims.get(seat)
            if claim is None or claim.joins != agreement.joining:
                yield self._membership.by_seat[seat], proposal

    def changed(self, change: Change) -> None:
        """A change was committed: a newcomer is in, or what was proposed is void."""
        proposal = self.proposal
        for seat, frame in sorted(change.joins.items()):
            self._come(self._membership.by_seat[seat], frame)
        if proposal is not None and proposal.seat not in change.joins:
            self._void(proposal)
        self.proposal = None

    # The proposal.

    def _propose(self, newcomer: Coming, now: float) -> bool:
        endpoint, claim, agreement, sim = newcomer.endpoint, newcomer.claim, self._agreement, self._sim
        if endpoint.state is not Peer.ADMITTED or not newcomer.is_known or now < newcomer.not_before:
            return False
        if claim is None or now - newcomer.claimed_at > FRESH:
            return False
        others = agreement.survivors
        if claim.base != agreement.roster or claim.committed != agreement.epoch or claim.roster & others != others:
            return False  # it does not know yet who is there, or some of us have not greeted it
        base, lag = claim.held.get(endpoint.seat, -1), self._slowest()
        behind = self._confirmation.settle() - base
        if base < 0 or behind > NEAR * self._config.fps + lag or any(cut > base for cut in agreement.cuts.values()):
            return False
        queue = endpoint.queue
        frame = max(self._own.known + 1, sim.frame + max(self._local.delays.values()) + 1, queue.known + 1)
        frame += math.ceil(2 * lag) + MARGIN + self._config.prediction_window
        frame = min(frame, base + REACH)
        if frame <= max(self._own.known, queue.known, sim.frame - 1) or frame >= sim.end:
            return False
        between = bridge(queue, base, frame)
        if between is None or not self._own.recall(base):
            return False
        self._step_aside(endpoint.seat, frame)
        number = agreement.propose(endpoint.seat, frame)
        join = Join(endpoint.seat, endpoint.greeting.nonce, number, base, frame, between[1])
        self._proposed_at, self._said_at = now, -math.inf
        self._enter(newcomer, join, between[0])
        return True

    def _withdraw(self, seat: int, now: float) -> None:
        """Somebody does not take the proposal up: let the match go on, and try again later, and then later still."""
        self._agreement.lose(seat)
        newcomer = self.newcomers.get(seat)
        if newcomer is not None:
            newcomer.failures += 1
            newcomer.not_before = now + newcomer.failures * JOIN_PATIENCE

    def _step_aside(self, seat: int, frame: int) -> None:
        """Idle up to the newcomer's first frame where we play for somebody: for itself, and for all if it is to do so then."""
        for other, local in sorted(self._stand_in.slots.items()):
            if other == seat or seat < self._agreement.me:
                local.steady = False
                while local.queue.known < frame - 1:
                    local.queue.append(local.queue.idle)
                local.queue.forget(frame)

    def _slowest(self) -> float:
        """Return the frames that the slowest line's round trip takes."""
        lines = [endpoint.line for endpoint in self._membership.by_seat.values() if endpoint.live]
        lines += [newcomer.endpoint.line for newcomer in self.newcomers.values()]
        return max([line.rtt + 2 * line.jitter for line in lines], default=0.0) * self._config.fps

    def _rows(self, queue: InputQueue, join: Join) -> list[bytes] | None:
        """Return the rows of a proposal, None where it cannot be meant."""
        confirmed, base = self._confirmation.newest_confirmed(), join.base
        if not (0 <= base <= confirmed < join.frame <= base + REACH) or queue.known >= join.frame:
            return None
        rows = bridged(join, row_at(queue, base), queue.lengths)
        told = rows if queue.cut else rows[: max(confirmed, queue.known) - base]
        if any(row != row_at(queue, at) for at, row in enumerate(told, base + 1)):
            return None  # nobody plays there, or other inputs are known already
        return rows if self._own.recall(base) else None

    def _enter(self, newcomer: Coming, join: Join, rows: list[bytes]) -> None:
        """Stand by a proposal: the seat's inputs are known up to it, and the newcomer is sent ours."""
        endpoint = newcomer.endpoint
        fill(endpoint.queue, self._sim, join.base, rows)
        self._membership.slots[endpoint.seat] = endpoint.queue
        self.proposal = join
        endpoint.acked = endpoint.confirmed = join.base
        endpoint.tail_in_until = endpoint.tail_until = 0
        endpoint.turn(Cause.PROPOSED)

    def _void(self, join: Join) -> None:
        """Nobody has committed the proposal, or ever will: the seat is as vacant as before, from the same frame on."""
        self.proposal = None
        endpoint, seat = self._membership.by_seat[join.seat], join.seat
        endpoint.turn(Cause.WITHDRAWN)
        if seat not in self.newcomers:
            endpoint.turn(Cause.CUT)
        if not self._agreement.adopted >> seat & 1:
            self._membership.slots.pop(seat, None)
            vacate(endpoint.queue, self._sim)

    def _come(self, endpoint: Endpoint, frame: int) -> None:
        """The newcomer is one of us."""
        seat, membership = endpoint.seat, self._membership
        self.newcomers.pop(seat, None)
        self._stand_in.release(seat)
        membership.slots.pop(seat, None)
        endpoint.turn(Cause.JOINED)
        endpoint.greeting.running = True
        endpoint.heard = max(endpoint.heard, self._now)
        endpoint.tail_until = 0
        membership.enter(endpoint)
        self._dismiss(endpoint.name)
        self._emit(PeerJoined(endpoint.name, endpoint.queue.players, frame))
        if seat == self._agreement.lowest and self._agreement.adopted:  # from here on it plays for those who are gone
            for other in seats_in(self._agreement.adopted):
                self._stand_in.release(other)
            membership.cutting.adopt(list(seats_in(self._agreement.adopted)))
