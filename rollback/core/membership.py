"""Who is still here: silence, losses, goodbyes, and what becomes of the players. Knows the caller's clock; knows no bytes.

What is agreed with the others, and how, is `agreement`'s; this is when somebody counts as silent, missed or gone, and what the
settings make of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from rollback.config import SessionConfig, TakeOver
from rollback.core.agreement import Agreement, Change, seats_in
from rollback.core.ballot import Ballot
from rollback.core.cutting import Cutting
from rollback.core.endpoint import Endpoint
from rollback.core.forwarding import Forwarding
from rollback.core.goodbyes import PARTITIONED
from rollback.core.outsiders import Outsiders
from rollback.core.queues import InputQueue, LocalInputs
from rollback.core.silence import TINY, Silence
from rollback.core.simulation import Simulation
from rollback.core.standin import StandIn
from rollback.core.states import Cause, Peer
from rollback.types import (
    Event,
    Mismatch,
    PeerLeft,
    PeerLost,
    PeerResumed,
    Synchronized,
)
from rollback.wire.messages import Bye, Claim, Forward

__all__ = ["Membership"]

LINGER: Final = 1.0  # seconds we take to come to an end that another has already come to
LATE_FRAMES: Final = 3  # a slow game looks at its timers seldom: so late is no gap yet


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
        outsiders: Those who are out and still speak.
        cutting: What a change of the roster does to the inputs.
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
        takes_over = isinstance(config.on_disconnect, TakeOver)
        self.cutting = Cutting(self.agreement, self.by_seat, playing, local, sim, stand_in, emit, takes_over=takes_over)
        self.slots = self.cutting.slots
        self.speaks = self.over = False
        self.changed: Callable[[Change], None] = lambda change: None
        self._local = local
        self._endpoints = endpoints
        self._playing = playing
        self._config = config
        self._sim = sim
        self._emit = emit
        self._end = end
        self._ballot = Ballot(self.agreement, emit, votes=votes)
        self._lost_at: dict[str, float] = {}
        self._left_at: dict[str, float] = {}
        self.outsiders = Outsiders(self.by_seat)
        self._silence = Silence(self.agreement, playing, self.slots, config, sim, emit)

    @property
    def waiting(self) -> bool:
        """Whether the match waits for a lost peer."""
        return bool(self._lost_at)

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

    def hear(self, endpoint: Endpoint, claim: Claim, now: float) -> None:
        """Take what a peer says of the roster."""
        agreement, seat = self.agreement, endpoint.seat
        self._silence.claimed_at[seat] = now
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
        self._silence.claimed_at.pop(endpoint.seat, None)
        self._playing.append(endpoint)
        self._playing.sort(key=lambda other: other.seat)

    def claim(self) -> Claim:
        """Return what we say of the roster."""
        return self.agreement.claim(self._silence.silent, self._silence.missed, self._held())

    def forwards(self, now: float) -> Iterable[tuple[Endpoint, Forward]]:
        """Return the inputs of others that are to be passed on now."""
        return self.forwarding.due(now, self._silence.fresh(now))

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
        config, agreement, silence = self._config, self.agreement, self._silence
        again = float("inf")
        silence.silent = silence.missed = 0
        for endpoint in self._endpoints:
            if gap > max(config.interrupt_after, LATE_FRAMES / config.fps):
                endpoint.heard = now
                if endpoint.name in self._lost_at:
                    self._lost_at[endpoint.name] = now
            if endpoint.greeting.nonce == 0:
                continue  # never heard: it may still be starting, and waiting is the caller's decision
            if endpoint.live or endpoint.state is Peer.LOST:
                again = min(again, silence.listen(endpoint, now, running=running))
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
        agreement.unheard = silence.silent
        heard = agreement.survivors & ~silence.silent
        stands = held or ended or self._lost_at or agreement.lost or agreement.pledged
        silence.press(0 if stands else heard, now)
        if silence.missed and agreement.may_claim(agreement.survivors & ~heard, silence.missed):
            fresh = silence.fresh(now)
            for seat in seats_in(silence.missed):
                if agreement.all_miss(seat, heard, fresh):
                    again = min(again, self._miss(self.by_seat[seat], now))
        if agreement.lost and not ended and self._ballot.is_lost(now):
            self._end_partitioned()
        while not self.over and (change := agreement.due(self._held())) is not None:
            self.cutting.commit(change)
            self.changed(change)
        speaks = agreement.is_open or bool(silence.silent) or bool(silence.fresh(now, config.interrupt_after))
        if speaks or self.speaks:
            for endpoint in self._endpoints:
                endpoint.speaks, endpoint.tail_until = speaks, 0
        self.speaks = speaks
        return now if speaks else again

    def _miss(self, endpoint: Endpoint, now: float) -> float:
        """Nobody hears a peer: wait for it where the settings say so, and else claim it lost."""
        config = self._config
        if self._silence.progress.stuck >> endpoint.seat & 1:
            why = f"it was heard, but the match got nothing to go on with for {self._silence.progress.patience:g} s"
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
        for seat in seats_in(self._silence.missed):
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
        for seat in seats_in(self._silence.missed):
            self.by_seat[seat].turn(Cause.TIMEOUT)

    def _held(self) -> dict[int, int]:
        return {seat: endpoint.queue.known for seat, endpoint in self.by_seat.items()}
