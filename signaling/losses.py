"""How many datagrams the lobby had to drop, for whom, and when to say so. Knows keys of connections; knows no sockets.

A datagram through the lobby is dropped where its receiver does not take what waits for it: in a match the next one says the
same and more, so the match goes on, but worse. Who plays is to know why, and so is who runs the lobby.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

__all__ = ["Losses"]

REPORT_EVERY: Final = 10.0  # seconds between two lines of a log, however much is dropped


class Losses:
    """The datagrams that were dropped since they were told of."""

    def __init__(self) -> None:
        self._untold: Counter[str] = Counter()  # by receiver
        self._unreported = 0
        self._receivers: set[str] = set()  # since the last report
        self._report_at = float("-inf")

    def note(self, receiver: str) -> None:
        """A datagram to this connection was dropped."""
        self._untold[receiver] += 1
        self._unreported += 1
        self._receivers.add(receiver)

    def take(self) -> dict[str, int]:
        """Return how many were dropped for each receiver since the last time."""
        taken, self._untold = dict(self._untold), Counter()
        return taken

    def report(self, now: float) -> str:
        """Return a line for the log; empty while there is nothing to say, or one was returned a moment ago."""
        if not self._unreported or now < self._report_at:
            return ""
        count, receivers = self._unreported, len(self._receivers)
        self._unreported, self._report_at = 0, now + REPORT_EVERY
        self._receivers.clear()
        datagrams = "1 datagram" if count == 1 else f"{count} datagrams"
        members = "1 member whose line takes" if receivers == 1 else f"{receivers} members whose lines take"
        return f"the relay dropped {datagrams} for {members} too little: matches that go through this lobby are held up there"
