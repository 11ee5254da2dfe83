"""One room: its members, their seats and its tokens. Knows no other room, no clock and no socket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from signaling.codes import show_code
from signaling.limits import Limits
from signaling.names import unique
from signaling.refusals import Refusal
from signaling.tokens import Seal

__all__ = ["Member", "Room"]


@dataclass(slots=True)
class Member:
    """Somebody in a room.

    Attributes:
        id: Short, made by the room, never used twice in it, the same after coming back.
        name: Clean and unique in the room.
        seat: The player's number, or None for a spectator.
        connection: The key of the member's connection; None while it is away.
        away_since: When the connection was lost.
    """

    id: str
    name: str
    seat: int | None
    connection: str | None
    away_since: float = 0.0

    def describe(self) -> dict[str, Any]:
        """Return what everybody in the room may know."""
        return {"id": self.id, "name": self.name, "seat": self.seat, "connected": self.connection is not None}


class Room:
    """A room, from the first member to the last.

    Args:
        code: Its code.
        players: Its seats; None: the first member that names a number fixes it.
        game: A label told to all who join.
        kept: Whether it becomes empty and open again, rather than going, when everybody has left.
        limits: The limits of the lobby.
        now: The time of its making.
    """

    def __init__(self, code: str, *, players: int | None, game: str, kept: bool, limits: Limits, now: float) -> None:
        self.code = code
        self.players = players
        self.game = game
        self.kept = kept
        self.locked = False
        self.members: dict[str, Member] = {}
        self.touched = now
        self.empty_since: float | None = now
        self.seal = Seal(code)
        self._limits = limits
        self._first = (players, game)
        self._count = 0

    def enter(self, connection: str, name: str, *, spectate: bool, now: float) -> Member:
        """Let somebody in, on the lowest free seat or as a spectator.

        A seat whose member has been away for longer than the grace counts as free, and that member is out.

        Raises:
            Refusal: `full`: no seat, or no place for another spectator, is free.
        """
        seat = None if spectate else self._free_seat(now)
        if spectate and sum(member.seat is None for member in self.members.values()) >= self._limits.spectators:
            raise Refusal(
                "full",
                f"room {show_code(self.code)} has {self._limits.spectators} spectators already, the most it takes",
            )
        self._count += 1
        name = unique(name, [member.name for member in self.members.values()], self._limits.name)
        member = Member(f"m{self._count}", name, seat, connection)
        self.members[member.id] = member
        self.touched, self.empty_since = now, None
        return member

    def fix(self, players: int | None, game: str) -> None:
        """Take the number of players, and the game, from the first member that names them; later ones are only told."""
        self.game = self.game or game
        if self.players is None and players is not None:
            self.players = players
            for member in self.members.values():
                if member.seat is not None and member.seat >= players:
                    member.seat = None

    def come_back(self, token: Any, connection: str, *, now: float) -> tuple[Member, str | None]:
        """Put a member on another connection; return it and the connection it was still on, if any.

        Raises:
            Refusal: `token`: not a resume token of this room. `gone`: the member left, or was away for too long.
        """
        member = self.members.get(self.seal.check_resume(token))
        if member is None:
            raise Refusal(
                "gone",
                f"your place in room {show_code(self.code)} was given up: join again by the code or an invitation",
            )
        replaced, member.connection = member.connection, connection
        self.touched, self.empty_since = now, None
        return member, replaced

    def lose(self, member: Member, *, now: float) -> None:
        """Note that the connection of a member is gone; its name and seat are kept for it."""
        member.connection, member.away_since = None, now
        self._note_empty(now)

    def remove(self, member: Member, *, now: float) -> None:
        """Take a member out, with its name and seat."""
        self.members.pop(member.id, None)
        self._note_empty(now)

    def drop_absent(self, *, now: float) -> bool:
        """Take out who has been away for too long, unless the room is locked; return whether anybody was."""
        absent = [] if self.locked else [member for member in self.members.values() if self._is_overdue(member, now)]
        for member in absent:
            self.remove(member, now=now)
        return bool(absent)

    def start_over(self, *, now: float) -> None:
        """Become as empty and open as at the beginning; tokens of before open nothing any more."""
        self.players, self.game = self._first
        self.locked = False
        self.members.clear()
        self.seal = Seal(self.code)
        self.touched = self.empty_since = now

    def connections(self) -> list[str]:
        """Return the keys of all live connections."""
        return [member.connection for member in self.members.values() if member.connection is not None]

    def describe(self) -> dict[str, Any]:
        """Return what every member may know, players in the order of their seats first."""
        ordered = sorted(self.members.values(), key=lambda member: (member.seat is None, member.seat or 0, int(member.id[1:])))
        return {
            "members": [member.describe() for member in ordered],
            "players": self.players,
            "game": self.game,
            "locked": self.locked,
        }

    def _free_seat(self, now: float) -> int:
        taken = {member.seat: member for member in self.members.values() if member.seat is not None}
        seats = range(self.players or self._limits.players)
        for seat in seats:
            if seat not in taken:
                return seat
        for seat in seats:
            if self._is_overdue(taken[seat], now):
                self.remove(taken[seat], now=now)
                return seat
        raise Refusal(
            "full",
            f"room {show_code(self.code)} is full: all {len(seats)} seats are taken; you can watch as a spectator,"
            " or open a room of your own",
        )

    def _is_overdue(self, member: Member, now: float) -> bool:
        return member.connection is None and now - member.away_since >= self._limits.away_grace

    def _note_empty(self, now: float) -> None:
        if not self.connections() and self.empty_since is None:
            self.empty_since = now
