"""A pause by consent: who asks everybody to wait, and why. Knows peers and the caller's clock; knows no frames and no bytes.

Each peer counts how often it began or ended a pause, and says that number and its reason again and again: an odd number asks
everybody to wait, a higher one is newer, so neither a lost datagram nor an overtaken one does harm. The match stands still
while anybody asks for it: each stops where it is, within the window, and goes on from there. A pause lasts as long as its
owner wants and is heard, and ends with its process; who does not want to wait leaves. Silence is another matter, and its
timers run on meanwhile. Somebody may come in during a pause, and for that it may go on for some frames: see `joining`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rollback.core.endpoint import Endpoint
from rollback.core.states import Peer
from rollback.errors import UsageError
from rollback.types import Event, Paused, Resumed
from rollback.wire.limits import MAX_PAUSE

__all__ = ["Pausing"]

AWAY: Final = (Peer.LEFT, Peer.REFUSED, Peer.GONE)  # whoever is, has nothing to ask any more
LEAST: Final = 0.1  # seconds between two changes of one peer's mind that we follow: a flood of them is ten events a second
TOLD: Final = 1.0  # seconds that every datagram says that a pause is over; after that, those that measure the line do
NEVER: Final = float("inf")


class _Asked:
    """What one process of a peer asks.

    Attributes:
        nonce: Of which process it is: another one counts from 0.
        turns: How often it changed its mind, as far as we heard.
        reason: Its newest reason.
        waited: The reason we wait for it and told so, None while we do not.
        next_at: From when on its next change is followed.
    """

    __slots__ = ("next_at", "nonce", "reason", "turns", "waited")

    def __init__(self, nonce: int) -> None:
        self.nonce = nonce
        self.turns = 0
        self.reason = ""
        self.waited: str | None = None
        self.next_at = -NEVER


class Pausing:
    """The pauses of one session.

    Args:
        endpoints: The other peers.
        emit: Takes the events.
        hurry: Called when something was heard that `look` is to look at.

    Attributes:
        turns: How often we began or ended a pause.
        reason: Why we ask everybody to wait; empty while we do not.
        is_held: Whether somebody asks everybody to wait, as of the last look.
        is_urgent: Whether every datagram is to say where we stand, as of the last look.
    """

    def __init__(self, endpoints: list[Endpoint], emit: Callable[[Event], None], hurry: Callable[[], None]) -> None:
        self.turns = 0
        self.reason = ""
        self.is_held = self.is_urgent = False
        self._endpoints = endpoints
        self._emit = emit
        self._hurry = hurry
        self._asked: dict[str, _Asked] = {}
        self._urgent_until = -NEVER

    def pause(self, reason: str) -> None:
        """Ask everybody to wait; asking again changes the reason.

        Raises:
            UsageError: The reason is no text, or too long.
        """
        if not isinstance(reason, str) or len(reason) > MAX_PAUSE:
            raise UsageError(f"the reason of a pause must be a text of at most {MAX_PAUSE} characters, not {reason!r:.120}")
        reason = reason.encode(errors="replace").decode()  # half a character cannot be sent
        if self.turns & 1:
            if reason == self.reason:
                return
            self.turns += 1  # as if we had gone on for a moment: the higher number is the newer one
        self.turns += 1
        self.reason = reason
        self._emit(Paused("", reason))

    def resume(self, now: float) -> None:
        """End our own pause, if there is one."""
        if self.turns & 1:
            self.turns += 1
            self.reason = ""
            self._urgent_until = now + TOLD
            self._emit(Resumed(""))

    def hear(self, endpoint: Endpoint, turns: int, reason: str) -> None:
        """Take what a peer says; whatever is not news is no matter."""
        asked, nonce = self._asked.get(endpoint.name), endpoint.greeting.nonce
        if asked is not None and asked.nonce != nonce:
            self._forget(endpoint.name)
            asked = None
        if turns > (0 if asked is None else asked.turns):
            if asked is None:
                asked = self._asked[endpoint.name] = _Asked(nonce)
            asked.turns, asked.reason = turns, reason
            self._hurry()

    def end(self) -> None:
        """The match has ended: nobody waits, and nobody is told any more."""
        self.turns += self.turns & 1
        self.reason = ""
        self.is_held = self.is_urgent = False
        self._urgent_until = -NEVER
        self._endpoints = []

    def look(self, now: float) -> float:
        """Follow what was heard, and tell of it; return when to look again."""
        again, is_held = NEVER, bool(self.turns & 1)
        for endpoint in self._endpoints:
            asked = self._asked.get(endpoint.name)
            if asked is None:
                continue
            if endpoint.state in AWAY or endpoint.greeting.nonce != asked.nonce:  # another may be in its place since we looked
                self._forget(endpoint.name)
                continue
            reason = asked.reason if asked.turns & 1 else None
            if reason != asked.waited:
                if now < asked.next_at:
                    again = min(again, asked.next_at)
                else:
                    asked.waited, asked.next_at = reason, now + LEAST
                    self._emit(Resumed(endpoint.name) if reason is None else Paused(endpoint.name, reason))
            is_held = is_held or asked.waited is not None
        self.is_held = is_held
        self.is_urgent = bool(self.turns & 1) or now < self._urgent_until
        return min(again, self._urgent_until) if now < self._urgent_until else again

    def _forget(self, name: str) -> None:
        """Wait no longer for a process that is gone."""
        if self._asked.pop(name).waited is not None:
            self._emit(Resumed(name))
