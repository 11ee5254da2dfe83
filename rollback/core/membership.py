"""Who is still here: silence, losses, goodbyes, and what becomes of the players. Knows the caller's clock; knows no bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rollback.config import SessionConfig, TakeOver
from rollback.core.endpoint import Endpoint
from rollback.core.queues import MASK
from rollback.core.simulation import Simulation
from rollback.core.states import Cause, Peer
from rollback.types import (
    Cut,
    Ended,
    Event,
    Mismatch,
    PeerInterrupted,
    PeerLeft,
    PeerLost,
    PeerResumed,
    Synchronized,
)
from rollback.wire.messages import Bye

__all__ = ["ENDED", "Membership"]

TINY: Final = 1e-6  # seconds past an instant, so that rounding does not call us a moment too soon again and again
BYE_EVERY: Final = 0.05  # seconds between goodbyes that were not answered
LINGER: Final = 1.0  # seconds we take to come to an end that another has already come to
LATE_FRAMES: Final = 3  # a slow game looks at its timers seldom: so late is no gap yet
BYES: Final = 20  # goodbyes at most: a second of them passes any loss that a match can be played on
ENDED: Final = "ended"  # the reason given in a goodbye after the end


class Membership:
    """The comings and goings of one session's peers.

    Attributes:
        bye: Our own goodbye, once we go.
    """

    def __init__(
        self,
        endpoints: list[Endpoint],
        playing: list[Endpoint],
        config: SessionConfig,
        sim: Simulation,
        emit: Callable[[Event], None],
        end: Callable[[str], None],
    ) -> None:
        self.bye: Bye | None = None
        self._endpoints = endpoints
        self._playing = playing
        self._config = config
        self._sim = sim
        self._emit = emit
        self._end = end
        self._epoch = 0
        self._lost_at: dict[str, float] = {}
        self._left_at: dict[str, float] = {}
        self._byes = 0
        self._bye_at = float("-inf")

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

    def goodbye(self, endpoint: Endpoint, bye: Bye) -> None:
        """A peer says that it goes, or that it heard us go."""
        if bye.answer:
            endpoint.bye_heard = True
            return
        endpoint.bye_answer = True
        endpoint.bye_heard = True  # who goes itself needs no further goodbye
        if not endpoint.turn(Cause.BYE):
            return
        self._lost_at.pop(endpoint.name, None)
        self._emit(PeerLeft(endpoint.name, endpoint.queue.players, bye.reason))
        if bye.final:
            self._end(f"{endpoint.name}: {bye.reason}")
        elif bye.end < 0:
            self._depart(endpoint, f"{endpoint.name} left")

    def watch(self, now: float, gap: float, *, running: bool, ended: bool) -> float:
        """Look at everybody's silence, and return when to look again; to be called after the inboxes are drained.

        Args:
            now: The caller's clock.
            running: Whether frame 0 has begun; before, nobody has to speak that often.
            ended: Whether the match has ended here; then nobody is missed.
            gap: Seconds since we last looked. After a long one we cannot tell who was silent: all timers start again.
        """
        config = self._config
        again = float("inf")
        for endpoint in self._endpoints:
            if gap > max(config.interrupt_after, LATE_FRAMES / config.fps):
                endpoint.heard = now
                if endpoint.name in self._lost_at:
                    self._lost_at[endpoint.name] = now
            if endpoint.greeting.nonce == 0:
                continue  # never heard: it may still be starting, and waiting is the caller's decision
            silence = now - endpoint.heard
            if endpoint.live and silence > config.disconnect_after:
                endpoint.turn(Cause.TIMEOUT)
                why = f"nothing was heard for {config.disconnect_after:g} s"
                self._emit(PeerLost(endpoint.name, endpoint.queue.players, why))
                self._lost_at[endpoint.name] = now
                if config.on_disconnect != "pause":
                    self._lost_at.pop(endpoint.name)
                    self._depart(endpoint, f"{endpoint.name} was lost: {why}")
            elif running and endpoint.state is Peer.RUNNING and silence > config.interrupt_after:
                endpoint.turn(Cause.SILENCE)
                self._emit(PeerInterrupted(endpoint.name))
            if endpoint.live:
                wait = config.disconnect_after if endpoint.state is Peer.INTERRUPTED else config.interrupt_after
                again = min(again, endpoint.heard + wait + TINY)
            if endpoint.state is Peer.LEFT and not ended:
                # It said that it came to the end. If we cannot, for we had another end in mind, it is missed after all.
                if now - self._left_at.setdefault(endpoint.name, now) > LINGER:
                    self._depart(endpoint, f"{endpoint.name} left")
        for endpoint in self._endpoints:
            since = self._lost_at.get(endpoint.name)
            if since is None:
                continue
            again = min(again, since + config.rejoin_grace + TINY)
            if now - since > config.rejoin_grace:
                del self._lost_at[endpoint.name]
                self._depart(endpoint, f"{endpoint.name} did not come back within {config.rejoin_grace:g} s")

        return again

    def say_bye(self, bye: Bye) -> None:
        """Say goodbye to everybody, again and again until each has heard it."""
        if self.bye is None:
            self.bye = bye

    def byes(self, now: float) -> list[tuple[Endpoint, Bye]]:
        """Return the goodbyes, and the answers to others' goodbyes, that are due."""
        due = []
        for endpoint in self._endpoints:
            if endpoint.bye_answer:
                endpoint.bye_answer = False
                due.append((endpoint, Bye("", -1, -1, False, True)))
        if self.bye is not None and self._byes < BYES and now >= self._bye_at:
            self._byes += 1
            self._bye_at = now + BYE_EVERY
            due += [(endpoint, self.bye) for endpoint in self._endpoints if not endpoint.bye_heard]
        return due

    def all_know(self, ended: Ended) -> bool:
        """Whether every live peer knows of the end: it confirmed it and has our last checksum, or heard us go."""
        if self.bye is not None and self._byes < BYES:
            return all(endpoint.bye_heard for endpoint in self._endpoints if endpoint.live)
        return all(
            (endpoint.confirmed >= ended.frame - 1 and not endpoint.sums.waiting) or endpoint.bye_heard
            for endpoint in self._endpoints
            if endpoint.live
        ) and all(e.greeting.they_heard for e in self._endpoints if e.state is Peer.REFUSED)

    def _depart(self, endpoint: Endpoint, why: str) -> None:
        """Decide what becomes of the match and of the players of a peer that is gone for good."""
        left = [other for other in self._playing if other is not endpoint]
        on_disconnect = self._config.on_disconnect
        plays_on = on_disconnect == "idle" or isinstance(on_disconnect, TakeOver)
        if left or not plays_on:
            self._end(why)
            return
        queue, sim = endpoint.queue, self._sim
        queue.cut = True
        self._playing.remove(endpoint)
        queue.last = queue.idle
        endpoint.turn(Cause.CUT)
        for frame in range(queue.known + 1, sim.frame):
            if queue.rows[frame & MASK] != queue.idle:
                sim.wrong = min(sim.wrong, frame)
                break
        self._epoch += 1
        self._emit(Cut(queue.players, queue.known, self._epoch))
