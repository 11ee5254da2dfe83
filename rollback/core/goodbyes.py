"""Goodbyes: ours until everybody heard it, and the answers to those of others. Knows when; knows no reason to go."""

from __future__ import annotations

from typing import Final

from rollback.core.endpoint import Endpoint
from rollback.core.states import Peer
from rollback.types import Ended
from rollback.wire.messages import Bye

__all__ = ["ENDED", "PARTITIONED", "Goodbyes"]

BYE_EVERY: Final = 0.05  # seconds between goodbyes that were not answered
BYES: Final = 20  # goodbyes until we need not wait any more: a second of them passes any loss that can be played on
SELDOM: Final = 0.5  # seconds between goodbyes after these, to somebody who still has not heard and may wait for us
PARTITIONED: Final = "partitioned"  # the reason of an end on the smaller side; who says so does not leave on purpose
ENDED: Final = "ended"  # the reason given in a goodbye after the end


class Goodbyes:
    """The goodbyes of one session.

    Attributes:
        own: Our own goodbye, once we go.
    """

    def __init__(self, endpoints: list[Endpoint]) -> None:
        self.own: Bye | None = None
        self._endpoints = endpoints
        self._said = 0
        self._next_at = float("-inf")

    def say(self, bye: Bye) -> None:
        """Say goodbye to everybody, again and again until each has heard it."""
        if self.own is None:
            self.own = bye

    def due(self, now: float) -> list[tuple[Endpoint, Bye]]:
        """Return the goodbyes, and the answers to others' goodbyes, that are due."""
        due = []
        for endpoint in self._endpoints:
            if endpoint.bye_answer:
                endpoint.bye_answer = False
                due.append((endpoint, Bye("", -1, -1, False, True)))
        if self.own is not None and now >= self._next_at:
            self._said += 1
            self._next_at = now + (BYE_EVERY if self._said < BYES else SELDOM)
            due += [(endpoint, self.own) for endpoint in self._endpoints if not endpoint.bye_heard and self._concerns(endpoint)]
        return due

    def _concerns(self, endpoint: Endpoint) -> bool:
        """Whether somebody is to hear our goodbye.

        Who goes is no side of a partition to those who hear it, so those we went on without must not: they would count
        themselves, and not us, as what is left. An end for all is another matter, and so is that of the smaller side: it
        counts as lost, and those who still hear it need not wait until it has been silent for long.
        """
        own = self.own
        if endpoint.state is not Peer.GONE:
            return True
        told = own is not None and (own.final or own.reason == PARTITIONED)
        return told and endpoint.greeting.nonce != 0  # at an open seat there is nobody

    def all_know(self, ended: Ended) -> bool:
        """Whether every live peer knows of the end: it confirmed it and has our last checksum, or heard us go."""
        if self.own is not None and self._said < BYES:
            return all(endpoint.bye_heard for endpoint in self._endpoints if endpoint.live)
        return all(
            (endpoint.confirmed >= ended.frame - 1 and not endpoint.sums.waiting) or endpoint.bye_heard
            for endpoint in self._endpoints
            if endpoint.live
        ) and all(e.greeting.they_heard for e in self._endpoints if e.state is Peer.REFUSED)
