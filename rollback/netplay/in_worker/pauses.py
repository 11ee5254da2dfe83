"""How long one player of a match may keep the others waiting. Knows the waits of a match; knows no page and no room.

A pause has no end of its own. Where it has a limit, who paused goes on by itself once its time is used up, and is not let
pause again; and who is held for longer all the same, by a page that does not keep to it, leaves. So does who is held by
whatever else there is, by somebody who reloads the page again and again or goes on by a frame now and then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rollback.core.session import P2PSession
from rollback.netplay.in_worker.standing import Standing, Stood
from rollback.netplay.in_worker.waits import OWN, Waits

__all__ = ["Pauses"]

PAUSED: Final = "the pause button was pressed"
BY_TURNS: Final = "nobody is hurried here: the match waits for every move, so there is nothing to pause"
MARGIN: Final = 5.0  # seconds that somebody else's pause may last longer: it hears of things later than we do


class Pauses:
    """The pauses of one match.

    Args:
        waits: What the match waits for.
        tell: Tells the page a sentence.
        limit: Seconds that each player may pause in all; None for no limit.
        most: Seconds that we wait for others in all, whatever for; None for no limit.
        stood: Takes each time that we waited, where there is a limit.
        by_turns: Whether each frame waits for a move, so that there is nothing to pause.
    """

    def __init__(
        self, waits: Waits, tell: Callable[[str], None], *, limit: float | None = None, by_turns: bool = False,
        most: float | None = None, stood: Callable[[Stood], object] = lambda stood: None,
    ) -> None:  # fmt: skip
        self._waits = waits
        self._tell = tell
        self._limit = limit
        self._by_turns = by_turns
        self._most = most
        self._stood = stood
        self._standing: Standing | None = None
        self._presses = 0
        self._is_paused = False

    def press(self) -> None:
        """The button was pressed: pause with the next look, or go on."""
        self._presses += 1

    def look(self, session: P2PSession, now: float, *, is_waiting: bool = False) -> None:
        """Do what the button asks for, and see to it that nobody waits for longer than the limits.

        Args:
            session: The match.
            now: The time.
            is_waiting: Whether this tick had to wait for others.
        """
        for _ in range(self._presses):
            if self._by_turns:
                self._tell(BY_TURNS)
            elif self._is_paused:
                self._go_on(session, now)
            elif self._limit is not None and self._waits.held_by(OWN, now) >= self._limit:
                self._tell(f"you have paused this match for {self._limit:g} s, the most that anyone may")
            else:
                self._is_paused = True
                session.pause(PAUSED, now=now)
        self._presses = 0
        if self._limit is not None:
            self._keep_to(self._limit, session, now)
        if self._most is not None:
            self._wait_for(self._most, session, now, is_waiting)

    def end(self) -> None:
        """The match has ended: what is waited for is over."""
        if self._standing is not None and (stood := self._standing.end()):
            self._stood(stood)

    def _wait_for(self, most: float, session: P2PSession, now: float, is_waiting: bool) -> None:
        if self._standing is None:
            self._standing = Standing(session.config.fps)
        peer = self._waited_for(session) if is_waiting and OWN not in self._waits.pausing else None
        if stood := self._standing.look(session.frame, now, peer):
            self._stood(stood)
        if peer is not None and self._standing.held >= most:
            session.leave(now=now, reason=f"{peer} kept the match waiting for longer than {most:g} s in all")

    def _waited_for(self, session: P2PSession) -> str | None:
        """Return who is waited for, also where nobody is lost and nobody asked; a move may take as long as it takes."""
        if holding := self._waits.holding:
            return holding[0]
        others = [name for player, name in session.names.items() if player not in session.input_delays]
        return None if self._by_turns or not others else others[0]

    def _keep_to(self, limit: float, session: P2PSession, now: float) -> None:
        if self._is_paused and self._waits.held_by(OWN, now) >= limit:
            self._tell(f"the match goes on: you have paused it for {limit:g} s, the most that anyone may")
            self._go_on(session, now)
        for peer in self._waits.pausing:
            if peer != OWN and self._waits.held_by(peer, now) >= limit + MARGIN:
                session.leave(now=now, reason=f"{peer} kept the match waiting for longer than {limit:g} s")
                return

    def _go_on(self, session: P2PSession, now: float) -> None:
        self._is_paused = False
        session.resume(now=now)
