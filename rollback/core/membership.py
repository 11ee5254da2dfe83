"""Who is still here: silence, losses, goodbyes, and what becomes of the players. Knows the caller's clock; knows no bytes.

What is agreed with the others, and how, is `agreement`'s; this is when somebody counts as silent, missed or gone, and what the
settings make of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from rollback.config import SessionConfig, TakeOver
from rollback.core.agreement import Agreement, Change, Standing, seats_in
from rollback.core.endpoint import Endpoint
from rollback.core.forwarding import Forwarding
from rollback.core.goodbyes import PARTITIONED
from rollback.core.progress import Progress
from rollback.core.queues import MASK, InputQueue, LocalInputs
from rollback.core.simulation import Simulation
from rollback.core.standin import StandIn
from rollback.core.states import Cause, Peer
from rollback.types import (
    Cut,
    Event,
    Mismatch,
    PeerInterrupted,
    PeerLeft,
    PeerLost,
    PeerResumed,
    Synchronized,
    TookOver,
    VoteWanted,
)
from rollback.wire.messages import Bye, Claim, Forward

__all__ = ["Membership"]

TINY: Final = 1e-6  # seconds past an instant, so that rounding does not call us a moment too soon again and again
LINGER: Final = 1.0  # seconds we take to come to an end that another has already come to
LATE_FRAMES: Final = 3  # a slow game looks at its timers seldom: so late is no gap yet
FRESH: Final = 1.0  # seconds for which a claim says something about the present
VOTE_PATIENCE: Final = 1.5  # seconds the lobby may take to vote: within the two that nobody is to be stuck for longer
ANSWER_EVERY: Final = 0.2  # seconds between answers to somebody who is out, and does not know it yet


class Membership:
    """The comings and goings of one session's peers.

    Args:
        own: Our own players' inputs.
        local: The same on their way.
        endpoints: The other peers.
        playing: Those of them the match waits for; who is cut is taken out.
        config: The settings.
        sim: The game.
        stand_in: Plays for those who are gone, where the settings have a policy.
        emit: Takes events.
        end: Ends the match here, for a reason; with `bye` and `final`, it tells the others.
        votes: Whether a lobby stands by that votes where two halves are left.

    Attributes:
        agreement: What is agreed on the roster.
        slots: The inputs of those who are gone and played for, by seat.
        speaks: Whether every datagram carries our claim.
        changed: Called with each change of the roster that is committed.
        over: Whether the match ended here before its end: then nothing is agreed upon any more.
    """

    def __init__(
        self,
        own: InputQueue,
        local: LocalInputs,
        endpoints: list[Endpoint],
        playing: list[Endpoint],
        config: SessionConfig,
        sim: Simulation,
        stand_in: StandIn,
        emit: Callable[[Event], None],
        end: Callable[..., None],
        *,
        votes: bool = False,
    ) -> None:
        self.by_seat = {endpoint.seat: endpoint for endpoint in endpoints}
        me, seated, seats = own.players[0], sum(1 << e.seat for e in playing), sum(1 << e.seat for e in endpoints)
        self.agreement = Agreement(me, seated | 1 << me, seats | 1 << me)
        self.forwarding = Forwarding(self.agreement, self.by_seat, own)
        self.slots: dict[int, InputQueue] = {}
        self.speaks = self.over = False
        self.changed: Callable[[Change], None] = lambda change: None
        self._local = local
        self._endpoints = endpoints
        self._playing = playing
        self._config = config
        self._sim = sim
        self._stand_in = stand_in
        self._emit = emit
        self._end = end
        self._votes = votes
        self._lost_at: dict[str, float] = {}
        self._left_at: dict[str, float] = {}
        self._why: dict[int, str] = {}  # why a seat is lost, for the reason of the end
        self._claimed_at: dict[int, float] = {}
        self._speaking: dict[int, None] = {}  # who is out, and spoke since the last answer
        self._told_at: dict[int, float] = {}
        self._silent = self._missed = 0
        self._progress = Progress(config)
        self._asked: tuple[int, int] | None = None  # the vote we wait for
        self._asked_at = 0.0

    @property
    def waiting(self) -> bool:
        """Whether the match waits for a lost peer."""
        return bool(self._lost_at)

    @property
    def alone(self) -> bool:
        """Whether nobody else is left of those the match began with."""
        return not self._playing

    def agreed(self, endpoint: Endpoint) -> None:
        """The handshake with a peer is done."""
        if endpoint.turn(Cause.AGREED):
            self._emit(Synchronized(endpoint.name))

    def heard(self, endpoint: Endpoint) -> None:
        """Something valid came from a peer."""
        before = endpoint.state
        if endpoint.turn(Cause.HEARD):
            self._lost_at.pop(endpoint.name, None)
            if before in (Peer.INTERRUPTED, Peer.LOST):
                self._emit(PeerResumed(endpoint.name))

    def refused(self, endpoint: Endpoint, found: list[Mismatch]) -> None:
        """A peer cannot play with us."""
        endpoint.turn(Cause.MISMATCH)
        for mismatch in found:
            self._emit(mismatch)
        first = found[0]
        self._end(
            f"{endpoint.name} cannot play with us: {first.field} is {first.ours!r} here and {first.theirs!r} there;"
            f" {first.mend}"
        )

    def goodbye(self, endpoint: Endpoint, bye: Bye, *, running: bool) -> None:
        """A peer says that it goes, or that it heard us go."""
        if bye.answer:
            endpoint.bye_heard = True
            return
        endpoint.bye_answer = True
        endpoint.bye_heard = True  # who goes itself needs no further goodbye
        if not endpoint.turn(Cause.BYE):
            return
        self._lost_at.pop(endpoint.name, None)
        if bye.end >= 0:  # it came to its end, so everybody has confirmed that: also those whom we do not hear
            for other in self._playing:
                other.confirmed = max(other.confirmed, min(bye.confirmed, other.queue.known, self._local.queue.known))
                other.tail_in_until = 0  # or the same datagram of it again would count one frame on from there
        self._emit(PeerLeft(endpoint.name, endpoint.queue.players, bye.reason))
        if bye.final:
            self._end(f"{endpoint.name}: {bye.reason}", bye=bye.reason, final=True)  # who does not hear it hears us
        elif bye.end < 0:
            if running:
                self._lose(endpoint, f"{endpoint.name} left", left=bye.reason != PARTITIONED)
            else:
                self._end(f"{endpoint.name} left")

    def departed(self, endpoint: Endpoint) -> None:
        """Somebody who is out still speaks: it is told, now and then."""
        if endpoint.state is Peer.GONE:
            self._speaking[endpoint.seat] = None

    def hear(self, endpoint: Endpoint, claim: Claim, now: float) -> None:
        """Take what a peer says of the roster."""
        agreement, seat = self.agreement, endpoint.seat
        self._claimed_at[seat] = now
        if not agreement.survivors >> seat & 1 and seat not in agreement.joining:
            out = not claim.base >> agreement.me & 1 and claim.committed > agreement.epoch
            if out and agreement.lost and (agreement.roster & ~agreement.left).bit_count() > 2:
                self._end_partitioned()
            return
        for lost in seats_in(agreement.hear(seat, claim)):
            other = self.by_seat[lost]
            if other.state not in (Peer.LOST, Peer.LEFT):
                why = f"{endpoint.name} does not hear it any more"
                self._emit(PeerLost(other.name, other.queue.players, why))
            self._part(other, f"{other.name} was lost: {endpoint.name} does not hear it any more")
        if agreement.out:
            self._end_partitioned()

    def replace(self, endpoint: Endpoint) -> None:
        """Another process takes the place of a peer: the old one is gone for certain, and is no side of a partition."""
        self.agreement.left |= self.agreement.lost & 1 << endpoint.seat
        if not self.agreement.lose(endpoint.seat, left=True):
            return
        if endpoint.state not in (Peer.LOST, Peer.LEFT):
            self._emit(PeerLost(endpoint.name, endpoint.queue.players, "another process takes its place"))
        self._lost_at.pop(endpoint.name, None)
        endpoint.turn(Cause.CUT)
        endpoint.tail_in_until = 0

    def enter(self, endpoint: Endpoint) -> None:
        """Somebody who came is one of those the match waits for."""
        self._left_at.pop(endpoint.name, None)
        self._claimed_at.pop(endpoint.seat, None)
        self._playing.append(endpoint)
        self._playing.sort(key=lambda other: other.seat)

    def claim(self) -> Claim:
        """Return what we say of the roster."""
        held = {seat: endpoint.queue.known for seat, endpoint in self.by_seat.items()}
        return self.agreement.claim(self._silent, self._missed, held)

    def answers(self, now: float) -> Iterable[Endpoint]:
        """Return those who are out, and are to be told now."""
        due = [seat for seat in self._speaking if now - self._told_at.get(seat, -ANSWER_EVERY) >= ANSWER_EVERY]
        self._speaking.clear()
        self._told_at.update(dict.fromkeys(due, now))
        return [self.by_seat[seat] for seat in due]

    def forwards(self, now: float) -> Iterable[tuple[Endpoint, Forward]]:
        """Return the inputs of others that are to be passed on now."""
        return self.forwarding.due(now, self._fresh(now))

    def decide(self, roster: int, epoch: int) -> None:
        """Take the lobby's vote. Where it went to us and others, those it left out are lost: one of the others said so."""
        agreement = self.agreement
        if epoch == agreement.epoch + 1 and roster >> agreement.me & 1:
            for seat in seats_in(agreement.survivors & ~roster):
                endpoint = self.by_seat[seat]
                why = "the lobby voted for those who do not hear it any more"
                if endpoint.state not in (Peer.LOST, Peer.LEFT):
                    self._emit(PeerLost(endpoint.name, endpoint.queue.players, why))
                self._lose(endpoint, f"{endpoint.name} was lost: {why}")
        if not agreement.decide(roster, epoch):
            self._end_partitioned()

    def watch(self, now: float, gap: float, *, running: bool, ended: bool, held: bool = False) -> float:
        """Look at everybody's silence, and return when to look again; to be called after the inboxes are drained.

        Args:
            now: The caller's clock.
            running: Whether frame 0 has begun; before, nobody has to speak that often.
            ended: Whether the match has ended here; then nobody is missed.
            gap: Seconds since we last looked. After a long one we cannot tell who was silent: all timers start again.
            held: Whether the match stands still for a reason that is nobody's fault: by consent, or for a state to be mended.
        """
        config, agreement = self._config, self.agreement
        again = float("inf")
        self._silent = self._missed = 0
        for endpoint in self._endpoints:
            if gap > max(config.interrupt_after, LATE_FRAMES / config.fps):
                endpoint.heard = now
                if endpoint.name in self._lost_at:
                    self._lost_at[endpoint.name] = now
            if endpoint.greeting.nonce == 0:
                continue  # never heard: it may still be starting, and waiting is the caller's decision
            if endpoint.live or endpoint.state is Peer.LOST:
                again = min(again, self._listen(endpoint, now, running=running))
            if endpoint.state is Peer.LEFT and not ended and running:
                # It said that it came to the end. If we cannot, for we had another end in mind, it is missed after all.
                if now - self._left_at.setdefault(endpoint.name, now) > LINGER:
                    self._lose(endpoint, f"{endpoint.name} left", left=True)
        if not running:
            self._miss_before_the_start()
            return again
        if self.over:
            self._forget_the_silent()
            self.speaks = False
            return again
        agreement.unheard = self._silent
        heard = agreement.survivors & ~self._silent
        stands = held or ended or self._lost_at or agreement.lost or agreement.pledged
        self._press(0 if stands else heard, now)
        if self._missed and agreement.may_claim(agreement.survivors & ~heard, self._missed):
            fresh = self._fresh(now)
            for seat in seats_in(self._missed):
                if agreement.all_miss(seat, heard, fresh):
                    again = min(again, self._miss(self.by_seat[seat], now))
        if agreement.lost and not ended:
            self._stand(now)
        while not self.over and (change := agreement.due(self._held())) is not None:
            self._commit(change)
        speaks = agreement.is_open or bool(self._silent) or bool(self._fresh(now, config.interrupt_after))
        if speaks or self.speaks:
            for endpoint in self._endpoints:
                endpoint.speaks, endpoint.tail_until = speaks, 0
        self.speaks = speaks
        return now if speaks else again

    def _listen(self, endpoint: Endpoint, now: float, *, running: bool) -> float:
        """Note how long a peer has been silent; return when that is to be looked at again."""
        config = self._config
        bit = 1 << endpoint.seat
        silence = now - endpoint.heard
        shunned = bool(self.agreement.shunned & bit)
        if running and (silence > config.interrupt_after or shunned):
            if self.agreement.survivors & bit:
                self._silent |= bit
            if endpoint.turn(Cause.SILENCE):
                self._emit(PeerInterrupted(endpoint.name))
        if silence > config.disconnect_after or shunned:
            if self.agreement.survivors & bit:
                self._missed |= bit
            return float("inf")
        wait = config.disconnect_after if endpoint.state is Peer.INTERRUPTED else config.interrupt_after
        return endpoint.heard + wait + TINY

    def _press(self, heard: int, now: float) -> None:
        """See whom we hear and wait for all the same: its inputs may come by others, and in the end it is missed too."""
        agreement, progress, frame = self.agreement, self._progress, self._sim.frame
        heard &= ~(1 << agreement.me)
        waited = {each.seat: (each.seat, each.queue.known) for each in self._playing if heard >> each.seat & 1}
        for seat in seats_in(agreement.adopted):  # who plays for those who are gone sends their inputs
            if heard >> agreement.lowest & 1:
                waited[seat] = agreement.lowest, self.slots[seat].known
        if not self._sim.is_over():
            progress.look(waited, frame - self._config.prediction_window, now)
        elif any(each.queue.known < frame - 1 for each in self._playing):
            progress.look(waited, frame - 1, now)
        else:  # all that lacks is that all confirm the end
            waited = {each.seat: (each.seat, each.confirmed) for each in self._playing if heard >> each.seat & 1}
            progress.look(waited, frame - 1, now)
        self._silent |= progress.late
        self._missed |= progress.stuck

    def _miss(self, endpoint: Endpoint, now: float) -> float:
        """Nobody hears a peer: wait for it where the settings say so, and else claim it lost."""
        config = self._config
        if self._progress.stuck >> endpoint.seat & 1:
            why = f"it was heard, but the match got nothing to go on with for {self._progress.patience:g} s"
            self._emit(PeerLost(endpoint.name, endpoint.queue.players, why))
            self._lose(endpoint, f"{endpoint.name} was lost: {why}")
            return now
        why = f"nothing was heard for {config.disconnect_after:g} s"
        if endpoint.turn(Cause.TIMEOUT):
            self._emit(PeerLost(endpoint.name, endpoint.queue.players, why))
            self._lost_at[endpoint.name] = now
        if config.on_disconnect != "pause":
            self._lose(endpoint, f"{endpoint.name} was lost: {why}")
            return now
        since = self._lost_at[endpoint.name]
        if now - since > config.rejoin_grace or self.agreement.shunned >> endpoint.seat & 1:
            self._lose(endpoint, f"{endpoint.name} did not come back within {config.rejoin_grace:g} s")
            return now
        return since + config.rejoin_grace + TINY

    def _miss_before_the_start(self) -> None:
        for seat in seats_in(self._missed):
            endpoint = self.by_seat[seat]
            if endpoint.turn(Cause.TIMEOUT):
                why = f"nothing was heard for {self._config.disconnect_after:g} s"
                self._emit(PeerLost(endpoint.name, endpoint.queue.players, why))
                self._end(f"{endpoint.name} was lost: {why}")

    def _lose(self, endpoint: Endpoint, why: str, *, left: bool = False) -> None:
        """Claim a peer lost."""
        if self.agreement.lose(endpoint.seat, left=left):
            self._part(endpoint, why)

    def _part(self, endpoint: Endpoint, why: str) -> None:
        """Take nothing more from a peer that is claimed lost."""
        self._lost_at.pop(endpoint.name, None)
        self._why[endpoint.seat] = why
        endpoint.turn(Cause.CUT)
        endpoint.tail_in_until = 0
        config, agreement = self._config, self.agreement
        few = agreement.roster.bit_count() <= 2
        if config.on_disconnect == "end" or (few and config.on_disconnect == "pause"):
            self._end(why, bye=why, final=config.on_disconnect == "end")

    def _end_partitioned(self) -> None:
        """We are the smaller side, or the others went on without us."""
        self._end(PARTITIONED, bye=PARTITIONED)

    def _forget_the_silent(self) -> None:
        """Wait no longer for an answer of those we do not hear; the match is over here."""
        for seat in seats_in(self._missed):
            self.by_seat[seat].turn(Cause.TIMEOUT)

    def _stand(self, now: float) -> None:
        """Look whether we, who remain, may go on; exactly half of those who were need the lobby's vote."""
        agreement = self.agreement
        standing = agreement.standing
        if standing is Standing.MORE or agreement.may_go_on:
            self._asked = None
            return
        if standing is Standing.LESS:
            self._end_partitioned()
            return
        two = agreement.roster.bit_count() <= 2  # each of two follows its settings where no lobby says otherwise
        if self._votes and agreement.left:
            self._end_partitioned()  # the other half may have committed who left, we have not: it would ask for another vote
            return
        if self._votes:
            if not agreement.agreed:
                return
            if self._asked != (agreement.survivors, agreement.epoch + 1):
                self._asked, self._asked_at = (agreement.survivors, agreement.epoch + 1), now
                self._emit(VoteWanted(*self._asked))
            if now - self._asked_at < VOTE_PATIENCE:
                return
        if two:
            agreement.approved = True
        else:
            self._end_partitioned()

    def _commit(self, change: Change) -> None:
        """Let the match go on with those who remain."""
        agreement, sim = self.agreement, self._sim
        agreement.commit(change)
        cut = sorted(seat for seat in change.cuts if not agreement.adopted >> seat & 1)
        for seat in cut:
            endpoint = self.by_seat[seat]
            queue = endpoint.queue
            endpoint.turn(Cause.CUT)
            self._playing[:] = [other for other in self._playing if other is not endpoint]
            self._emit(Cut(queue.players, queue.known, change.epoch))
            if isinstance(self._config.on_disconnect, TakeOver):
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
        self.changed(change)

    def adopt(self, seats: list[int]) -> None:
        """Let the lowest who remains play for those who are gone."""
        agreement = self.agreement
        for seat in seats:
            if not agreement.adopted >> seat & 1:
                continue
            ours = agreement.lowest == agreement.me
            if ours:
                self._stand_in.adopt(seat, self.by_seat[seat].queue, min(self._local.delays.values()))
            by = "" if ours else self.by_seat[agreement.lowest].name
            for player in self.by_seat[seat].queue.players:
                self._emit(TookOver(player, by))

    def _held(self) -> dict[int, int]:
        return {seat: endpoint.queue.known for seat, endpoint in self.by_seat.items()}

    def _fresh(self, now: float, seconds: float = FRESH) -> int:
        return sum([1 << seat for seat, at in self._claimed_at.items() if now - at < seconds])
