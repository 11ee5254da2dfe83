"""Our own way into a running match: greet, follow, stand by the frame at which we begin, and catch up. Knows no sockets.

Until all have agreed we only follow: the game is stepped on settled inputs alone, and what the others send us past those is
kept, not played. So whatever becomes of a proposal, nothing has to be taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from rollback.config import SessionConfig, TakeOver
from rollback.core.agreement import seats_in
from rollback.core.boarding import Boarding
from rollback.core.confirmation import Confirmation
from rollback.core.endpoint import Endpoint
from rollback.core.handshake import Handshake
from rollback.core.joining import JOIN_EVERY
from rollback.core.membership import Membership
from rollback.core.queues import MASK, InputQueue, LocalInputs
from rollback.core.simulation import Simulation
from rollback.core.standin import StandIn
from rollback.core.states import Cause, Peer
from rollback.core.vacancy import REACH, bridged
from rollback.types import Event, PeerJoined, PeerLeft, Synchronized
from rollback.wire.messages import Bye, Claim, Join, Message, Notice

__all__ = ["Newcomer"]

CATCH_UP: Final = 16  # frames in one tick: sixteen times the pace, and no tick of a slow game lasts for seconds
SILENT: Final = 1.0  # seconds after which another sponsor is asked
LOWEST: Final = 0.5  # seconds that we wait for the greeting of the one whose turn it is: two feeds cost the match twice

Claims = dict[int, Claim]


class Newcomer:
    """One session on its way into a match.

    Args:
        own: Our own players' inputs.
        local: The same on their way.
        endpoints: All who may be there.
        playing: Those whom the match waits for; filled when we are in.
        sim: The game.
        confirmation: What is confirmed and settled.
        membership: Who is there; set right when we are in.
        handshake: Our greetings.
        stand_in: Plays for those who are gone, should that fall to us.
        config: The settings.
        emit: Takes events.
        end: Ends the session, for a reason.
        post: Leaves a message for the reliable channel.

    Attributes:
        is_in: Whether we are one of those who play.
        is_current: Whether we have caught up, and are a session like any other.
    """

    def __init__(
        self,
        own: InputQueue,
        local: LocalInputs,
        endpoints: list[Endpoint],
        playing: list[Endpoint],
        sim: Simulation,
        confirmation: Confirmation,
        membership: Membership,
        handshake: Handshake,
        stand_in: StandIn,
        config: SessionConfig,
        emit: Callable[[Event], None],
        end: Callable[[str], None],
        post: Callable[[Endpoint, bytes], None],
    ) -> None:
        self.is_in = self.is_current = False
        self._own = own
        self._local = local
        self._endpoints = endpoints
        self._playing = playing
        self._sim = sim
        self._confirmation = confirmation
        self._membership = membership
        self._handshake = handshake
        self._stand_in = stand_in
        self._config = config
        self._emit = emit
        self._end = end
        self._post = post
        self._seat = own.players[0]
        self._boarding = Boarding(sim, confirmation)
        self._sponsor: Endpoint | None = None
        self._claims: Claims = {}
        self._heard: dict[int, float] = {}
        self._known: list[int] = []  # whose greetings are done
        self._join: Join | None = None
        self._base: Claim | None = None  # what was committed when the proposal was made, once we stand by it
        self._told_at = self._heard_at = float("-inf")
        self._greeted_at = float("inf")  # when the first greeting was done

    @property
    def collects(self) -> bool:
        """Whether the others' inputs are of use by now."""
        return self.is_in or self._base is not None

    # What arrives.

    def hear(self, endpoint: Endpoint, claim: Claim, now: float) -> None:
        """Take what one of those who play says of the roster."""
        if not claim.base >> endpoint.seat & 1:
            return  # it is a newcomer itself
        self._heard[endpoint.seat] = self._heard_at = now
        before = self._claims.get(endpoint.seat)
        if before is None or (claim.committed, claim.epoch) >= (before.committed, before.epoch):
            self._claims[endpoint.seat] = claim

    def told(self, endpoint: Endpoint, join: Join, now: float) -> str | None:
        """Take a proposal; return why it was dropped."""
        if join.seat != self._seat or join.nonce != self._handshake.nonce or not join.base < join.frame <= join.base + REACH:
            return "misplaced"
        if self._join is None or join.epoch > self._join.epoch:
            self._join, self._base = join, None
        return None

    def take(self, name: str, data: bytes) -> None:
        """Take a message of a feed."""
        if self._sponsor is not None and self._sponsor.name == name:
            self._boarding.follower.hear(data)

    def parted(self, endpoint: Endpoint, bye: Bye) -> None:
        """One of those who play goes, or all do."""
        if bye.final or bye.end >= 0:
            self._end(f"{endpoint.name}: {bye.reason}" if bye.final else "over")
        elif endpoint.turn(Cause.BYE):
            self._emit(PeerLeft(endpoint.name, endpoint.queue.players, bye.reason))

    # What is due.

    def step(self, now: float) -> bool:
        """Come a little closer; True once we are in, and the game may go on from where it stands."""
        for endpoint in self._endpoints:
            if endpoint.greeting.done and endpoint.seat not in self._known:
                self._known.append(endpoint.seat)
                self._greeted_at = min(self._greeted_at, now)
                self._emit(Synchronized(endpoint.name))
        patience = self._config.disconnect_after + self._config.rejoin_grace
        if self._heard and now - self._heard_at > patience:
            self._end(f"nobody of the match was heard for {patience:g} s")
            return False
        self._follow(now)
        self._stand_by()
        entry = self._committed()
        if entry is not None:
            self._enter(entry, now)
        return self.is_in

    def messages(self, now: float) -> Iterator[tuple[Endpoint, Message]]:
        """Yield what we say of ourselves: whom we greeted, how far we have come, and what we stand by."""
        if self.is_in or now - self._told_at < JOIN_EVERY:
            return
        self._told_at = now
        newest, join = self._newest(), self._join if self._base is not None else None
        begun = 0 <= self._boarding.first < self._sim.frame  # with one row at least: all others build on it
        committed, base = (newest.committed, newest.base) if newest is not None else (0, 0)
        claim = Claim(
            committed if join is None else max(join.epoch, committed),
            committed,
            base & ~(1 << self._seat),
            base & sum(1 << seat for seat in self._known if now - self._heard.get(seat, now - 2 * SILENT) <= SILENT),
            0,
            0,
            {self._seat: self._sim.frame - 1} if begun else {},
            {} if join is None else {self._seat: join.frame},
        )
        for endpoint in self._endpoints:
            if endpoint.greeting.agreed and endpoint.state is not Peer.GONE:
                yield endpoint, Notice(claim=claim)

    def catch_up(self, row: bytes, capture: Callable[[int, bytes], None]) -> None:
        """Step what is known of all, some frames at a time, from the newcomer's first frame on with what is offered now."""
        sim = self._sim
        for _ in range(CATCH_UP):
            if sim.frame > self._confirmation.known or sim.blocked():
                break
            capture(sim.frame, row)
            if not sim.advance():
                break
            self._confirmation.confirm()
        else:
            return
        self.is_current = not self._membership.agreement.lacks

    def take_over(self) -> None:
        """Begin to play for those who are gone, if that is ours to do and all is here that was played for them."""
        agreement, join = self._membership.agreement, self._join
        assert join is not None
        vacant = [*seats_in(agreement.adopted)]
        agreement.lacks = agreement.lowest == agreement.me and any(
            self._membership.slots[seat].known < join.frame - 1 for seat in vacant
        )
        if agreement.lowest == agreement.me and not agreement.lacks:
            self._membership.cutting.adopt([seat for seat in vacant if seat not in self._stand_in.slots])

    # The feed.

    def _newest(self) -> Claim | None:
        """Return the claim of those who are furthest."""
        return max(self._claims.values(), key=lambda claim: (claim.committed, claim.epoch), default=None)

    def _follow(self, now: float) -> None:
        newest = self._newest()
        if newest is None:
            return
        live = [
            endpoint
            for endpoint in self._endpoints
            if newest.base >> endpoint.seat & 1
            and endpoint.state is not Peer.LEFT
            and now - self._heard.get(endpoint.seat, now) <= SILENT
        ]
        ready = [endpoint for endpoint in live if endpoint.seat in self._known]
        if ready and ready[0] is not self._sponsor and (ready[0] is live[0] or now - self._greeted_at > LOWEST):
            if self._sponsor is not None:
                self._boarding.follower.follow_another()
            self._sponsor = ready[0]
        if self._sponsor is not None:
            for want in self._boarding.follower.wants(now):
                self._post(self._sponsor, want)
        self._boarding.advance(CATCH_UP)
        if self._boarding.problem is not None:
            self._end(self._boarding.problem)

    # The proposal.

    def _stand_by(self) -> None:
        """Take up a proposal, once we have come as far as it presumes and have heard who stands behind it."""
        join, sim = self._join, self._sim
        if join is None or self._base is not None or self._boarding.first > join.base or sim.frame <= join.base:
            return
        wanted = {self._seat: join.frame}
        behind = [claim for claim in self._claims.values() if claim.joins == wanted and claim.epoch == join.epoch]
        if not behind:
            return
        self._base = behind[0]
        own, base = self._own, sim.frame - 1
        own.stand(base, own.rows[base & MASK])
        rows = bridged(join, own.rows[join.base & MASK], own.lengths)
        for frame, row in enumerate(rows, join.base + 1):
            if frame > base:
                own.rows[frame & MASK] = row
        own.stand(join.frame - 1, rows[-1])
        for endpoint in self._endpoints:
            queue = endpoint.queue
            queue.stand(sim.frame - 1, queue.rows[sim.frame - 1 & MASK])
            if self._base.base >> endpoint.seat & 1:
                endpoint.turn(Cause.AGREED)
                endpoint.acked, endpoint.confirmed = join.frame - 1, join.base
                endpoint.tail_in_until = endpoint.tail_until = 0

    def _committed(self) -> Claim | None:
        """Return the claim of somebody who committed what we stand by."""
        join = self._join
        if self._base is None or join is None:
            return None
        for _, claim in sorted(self._claims.items()):
            if claim.committed >= join.epoch:
                if claim.base >> self._seat & 1:
                    return claim
        return None

    def _enter(self, entry: Claim, now: float) -> None:
        """Be one of those who play, from the frame that was agreed."""
        join, base, agreement = self._join, self._base, self._membership.agreement
        assert join is not None and base is not None
        self._boarding.place_rest()
        self._local.begin_at(join.frame)
        agreement.epoch = agreement.proposed = join.epoch
        agreement.roster = base.base | 1 << self._seat
        takes_over = isinstance(self._config.on_disconnect, TakeOver)
        for endpoint in self._endpoints:
            seat, queue = endpoint.seat, endpoint.queue
            endpoint.greeting.running = True
            endpoint.heard = now
            if agreement.roster >> seat & 1:
                self._playing.append(endpoint)
                continue
            endpoint.state = Peer.GONE
            if seat in base.held:
                agreement.cuts[seat] = base.held[seat]
            if takes_over and seat in base.held:
                agreement.adopted |= 1 << seat
                self._membership.slots[seat] = queue
            else:
                queue.cut, queue.last = True, queue.idle
        self.is_in = True
        self._emit(PeerJoined("", self._own.players, join.frame))
        for seat, claim in sorted(self._claims.items()):
            if agreement.roster >> seat & 1:
                self._membership.hear(self._membership.by_seat[seat], claim, now)
        self.take_over()
