"""Those who are admitted to a running match: who they are, and what they tell of themselves. Knows labels, seats and claims.

A newcomer is heard under a label that somebody who knows (a lobby) has admitted, and under no other. Until it is in, it has no
say about anybody but itself, and whatever is wrong with it ends nobody's match but its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from rollback.config import SessionConfig
from rollback.core.endpoint import Endpoint
from rollback.core.handshake import Handshake
from rollback.core.membership import Membership
from rollback.core.states import Cause, Peer
from rollback.types import Event, PeerLeft, Synchronized
from rollback.wire.messages import Bye, Claim, Hello

__all__ = ["Arrivals", "Coming"]

RESTART_EVERY: Final = 1.0  # seconds from one process of a newcomer to the next: each is a new feed, and may be a new event


class Coming:
    """Somebody who is admitted.

    Attributes:
        endpoint: The line to it.
        returns: Whether the match waits for it, where it waits for those who are lost.
        waited: Seconds for which we have waited for it, None until it is looked at.
        claim: The newest it told: whom it greeted, what it stands by, and, as `held` of its own seat, how far it has come.
        claimed_at: When that was.
        told_at: When we told it of the roster.
        is_known: Whether the greetings are done.
        failures: How often it was proposed in vain.
        not_before: When it may be proposed again.
        met_at: When its process was first heard.
    """

    __slots__ = (
        "claim",
        "claimed_at",
        "endpoint",
        "failures",
        "is_known",
        "met_at",
        "not_before",
        "returns",
        "told_at",
        "waited",
    )

    def __init__(self, endpoint: Endpoint, *, returns: bool) -> None:
        self.endpoint = endpoint
        self.returns = returns
        self.waited: float | None = None
        self.claim: Claim | None = None
        self.claimed_at = self.told_at = -math.inf
        self.is_known = endpoint.greeting.done
        self.failures = 0
        self.not_before = self.met_at = -math.inf


class Arrivals:
    """The newcomers of one session.

    Args:
        membership: Who is there.
        handshake: Our greetings.
        config: The settings.
        emit: Takes events.
        dismiss: Called with the name of somebody who needs no feed any more.
        feed_anew: Called with the name of somebody who begins again.

    Attributes:
        newcomers: Who is admitted, by seat.
        vacating: Who will be, with the name, once the loss of whoever was there is agreed.
        again: Where another process was admitted while one was proposed already.
    """

    def __init__(
        self,
        membership: Membership,
        handshake: Handshake,
        config: SessionConfig,
        emit: Callable[[Event], None],
        dismiss: Callable[[str], None],
        feed_anew: Callable[[str], None],
    ) -> None:
        self.newcomers: dict[int, Coming] = {}
        self.vacating: dict[int, tuple[str, bool]] = {}
        self.again: dict[int, bool] = {}
        self._membership = membership
        self._agreement = membership.agreement
        self._handshake = handshake
        self._config = config
        self._emit = emit
        self._dismiss = dismiss
        self._feed_anew = feed_anew

    @property
    def awaits(self) -> bool:
        """Whether the match waits for one of them."""
        returning = [newcomer.returns for newcomer in self.newcomers.values()]
        return any(returning) or any(returns for _, returns in self.vacating.values())

    def admit(self, endpoint: Endpoint, name: str, *, returns: bool) -> None:
        """Let somebody come to a seat that is vacant, or about to be."""
        if self._agreement.roster >> endpoint.seat & 1:
            self.vacating[endpoint.seat] = name, returns
            return
        if endpoint.turn(Cause.ADMITTED) and not (endpoint.greeting.done and endpoint.greeting.is_joining):
            endpoint.renew(name)
        self._agreement.claims.pop(endpoint.seat, None)
        self._feed_anew(name)
        self.newcomers[endpoint.seat] = Coming(endpoint, returns=returns)

    def greeted(self, endpoint: Endpoint, hello: Hello, now: float) -> str | None:
        """Take a newcomer's hello; return why it was dropped."""
        newcomer = self.newcomers.get(endpoint.seat)
        if newcomer is None or not hello.joining:
            return "another session"
        if endpoint.greeting.nonce not in (0, hello.nonce):
            if endpoint.state is Peer.JOINING or now - newcomer.met_at < RESTART_EVERY:
                return "another session"  # until what was proposed to the one before is void; nor many a second
            name, returns = endpoint.name, newcomer.returns
            waited = newcomer.waited
            endpoint.renew(name)
            self._feed_anew(name)
            newcomer = self.newcomers[endpoint.seat] = Coming(endpoint, returns=returns)
            newcomer.waited = waited
        if newcomer.met_at < 0 or newcomer.endpoint.greeting.nonce != hello.nonce:
            newcomer.met_at = now
        endpoint.heard = now
        for mismatch in self._handshake.hear(endpoint, hello, now):
            self._emit(mismatch)  # it is told too, and ends; the match goes on
        if endpoint.greeting.done and not newcomer.is_known:
            newcomer.is_known = True
            self._emit(Synchronized(endpoint.name))
        return None

    def claimed(self, endpoint: Endpoint, claim: Claim, now: float) -> None:
        """Take what a newcomer tells of itself."""
        newcomer = self.newcomers.get(endpoint.seat)
        if newcomer is None or claim.base >> endpoint.seat & 1:
            return  # the words of the process that was there before
        endpoint.heard = now
        newcomer.claim, newcomer.claimed_at = claim, now
        if endpoint.seat in self._agreement.joining:
            self._agreement.hear(endpoint.seat, claim)

    def parted(self, endpoint: Endpoint, bye: Bye) -> None:
        """A newcomer thinks better of it."""
        if self.newcomers.pop(endpoint.seat, None) is None:
            return
        self._dismiss(endpoint.name)
        if endpoint.state is Peer.JOINING:
            self._agreement.lose(endpoint.seat)
        endpoint.turn(Cause.CUT)
        self._emit(PeerLeft(endpoint.name, endpoint.queue.players, bye.reason))

    def superseded(self, endpoint: Endpoint, hello: Hello) -> str:
        """Take a hello of another process than the one that plays: it takes its place if it was admitted meanwhile."""
        if hello.joining and self.again.pop(endpoint.seat, False):
            self._membership.replace(endpoint)
            self.admit(endpoint, endpoint.name, returns=self._config.on_disconnect == "pause")
        return "another session"
