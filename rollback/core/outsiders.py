"""Those who are out of the match and do not know it yet: whoever of them still speaks is told, now and then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rollback.core.endpoint import Endpoint
from rollback.core.states import Peer

__all__ = ["Outsiders"]

ANSWER_EVERY: Final = 0.2  # seconds between answers to the same one


class Outsiders:
    """The outsiders of one session.

    Args:
        by_seat: All other peers.
    """

    def __init__(self, by_seat: Mapping[int, Endpoint]) -> None:
        self._by_seat = by_seat
        self._speaking: dict[int, None] = {}  # since the last answers
        self._told_at: dict[int, float] = {}

    def heard(self, endpoint: Endpoint) -> None:
        """Note that a peer from which nothing is taken any more still speaks."""
        if endpoint.state is Peer.GONE:
            self._speaking[endpoint.seat] = None

    def answers(self, now: float) -> list[Endpoint]:
        """Return those who are to be told now how things stand."""
        due = [seat for seat in self._speaking if now - self._told_at.get(seat, -ANSWER_EVERY) >= ANSWER_EVERY]
        self._speaking.clear()
        self._told_at.update(dict.fromkeys(due, now))
        return [self._by_seat[seat] for seat in due]
