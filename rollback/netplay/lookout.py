"""What the events of a match mean for its end and for its paths. Knows events and the caller's clock; sends nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from rollback.types import Ended, Event, PeerInterrupted, PeerJoined, PeerLeft, PeerLost, PeerResumed, Synchronized

__all__ = ["Lookout"]

LINGER: Final = 1.0  # seconds of silence after the end: whoever is still there repeats itself far more often
LONGEST: Final = 5.0  # seconds we answer at all to a peer that does not come to the end
DOUBT: Final = 0.25  # of the time from being interrupted to being lost, after which another path is worth a try


class Lookout:
    """The state of a match beyond what its session says.

    Args:
        peers: All peers.
        interrupt_after: As in the session's settings.
        disconnect_after: As in the session's settings.

    Attributes:
        ended: The end, once it came.
        gone: The peers that left or were lost.
    """

    def __init__(self, peers: Iterable[str], *, interrupt_after: float, disconnect_after: float) -> None:
        self.ended: Ended | None = None
        self.gone: set[str] = set()
        self._missing = dict.fromkeys(peers)
        self._named = bool(self._missing)  # who comes late reaches others one by one
        self._patience = DOUBT * (disconnect_after - interrupt_after)
        self._doubted: dict[str, float] = {}
        self._heard = -math.inf
        self._ended_at = 0.0

    def heard(self, now: float) -> None:
        """Something came from somebody."""
        self._heard = now

    def event(self, event: Event, now: float) -> None:
        """Take an event of the session."""
        match event:
            case Ended():
                self.ended, self._ended_at = event, now
            case Synchronized(peer):
                self._missing.pop(peer, None)
            case PeerInterrupted(peer):
                self._doubted[peer] = now + self._patience
            case PeerResumed(peer) | PeerJoined(peer):
                self._doubted.pop(peer, None)
                self.gone.discard(peer)
            case PeerLost(peer) | PeerLeft(peer):
                self._doubted.pop(peer, None)
                self.gone.add(peer)

    def doubtful(self, now: float) -> list[str]:
        """Return the peers that have been silent for so long that another path should be tried, each once."""
        if not self._doubted:
            return []
        due = [peer for peer, at in self._doubted.items() if now >= at]
        for peer in due:
            del self._doubted[peer]
        return due

    def is_done(self, now: float, *, finished: bool) -> bool:
        """Whether nobody needs our session any more.

        Args:
            now: The clock.
            finished: What the session says of itself.
        """
        if self.ended is None:
            return False
        return finished or now - max(self._heard, self._ended_at) > LINGER or now - self._ended_at > LONGEST

    def who_is_missing(self, seconds: float) -> str:
        """Return the sentence that says whose session did not begin."""
        if not self._named:
            return f"nobody let us into the match within {seconds:g} s: is it still running?"
        names = ", ".join(self._missing) or "the others"
        return f"{names} can be reached but did not begin the match within {seconds:g} s: is the game running there?"
