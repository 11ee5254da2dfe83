"""Somebody in a room. Knows neither the room nor its others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from signaling.passes import Holder

__all__ = ["Member"]


@dataclass(slots=True)
class Member:
    """Somebody in a room.

    Attributes:
        id: Short, made by the room, never used twice in it, the same after coming back.
        name: Clean and unique in the room.
        seat: The player's number, or None for a spectator.
        connection: The key of the member's connection; None while it is away.
        away_since: When the connection was lost.
        life: Which process of the member it is, from 1 on: a new one in its place counts as a new life.
        instance: What tells the processes apart; None: not heard of since the lobby was started again.
        again: Whether the member wants another match; None: nothing was said.
        listed: Whether the others are told of it; the audience is told of as a number.
        watching: Whether it wants the feed of the match.
        loading: Whether its process is still loading the game, as a browser does, and answers no peer yet.
    """

    id: str
    name: str
    seat: int | None
    connection: str | None
    away_since: float = 0.0
    life: int = 1
    instance: str | None = ""
    again: bool | None = None
    listed: bool = True
    watching: bool = False
    loading: bool = False

    @property
    def number(self) -> int:
        """The number in the id."""
        return int(self.id[1:])

    def take_over(self, connection: str, instance: str, known: str, *, loading: bool | None = None, now: float) -> bool:
        """Put the member on another connection; return whether a new process is behind it.

        Args:
            connection: The new one.
            instance: The process that comes; empty where it does not say, which counts as the same.
            known: The process that the resume token was given to.
            loading: Whether the process says that it is still loading; None: it does not say.
            now: The time.
        """
        before = known if self.instance is None else self.instance
        is_new = instance not in ("", before)
        if is_new or self.instance is None:  # nothing is known of it
            self.loading = bool(loading)
        elif loading is False:  # its word that it has loaded may have been lost with the connection
            self.loading = False
        self.life += is_new
        self.connection, self.instance, self.away_since = connection, instance or before, now
        return is_new

    def holder(self) -> Holder:
        """Return what tokens tell of the member."""
        return Holder(self.id, self.name, self.seat, self.life)

    def describe(self) -> dict[str, Any]:
        """Return what everybody in the room may know."""
        here = self.connection is not None
        told = {"id": self.id, "name": self.name, "seat": self.seat, "connected": here, "life": self.life}
        if self.loading:
            told["loading"] = True
        return told if self.again is None else {**told, "again": self.again}
