"""One room: its members, their seats, its match and its tokens. Knows no other room, no clock and no socket."""

from __future__ import annotations

from typing import Any

from signaling.codes import show_code
from signaling.feed import Feed
from signaling.limits import Limits
from signaling.member import Member
from signaling.names import unique
from signaling.passes import Holder, Pass
from signaling.refusals import Refusal
from signaling.tokens import Seal
from signaling.votes import Votes

__all__ = ["Member", "Room"]


class Room:
    """A room, from the first member to the last.

    Args:
        code: Its code.
        players: Its seats; None: the first member that names a number fixes it.
        game: A label told to all who join.
        kept: Whether it becomes empty and open again, rather than going, when everybody has left.
        limits: The limits of the lobby.
        now: The time of its making.
        seal: What signs its tokens.
        born: Its birth, as the seal knows it.

    Attributes:
        match: The number of the match that is played, or is played next; a rematch has the next one.
        revision: How often what tokens tell has changed.
        coming_back_until: Until when a room that was built again lets only its members in.
        feed: What those who watch are shown, once a player uploads it.
        crowd: Whether the number of those who watch has changed since it was told.
    """

    def __init__(
        self,
        code: str,
        *,
        players: int | None,
        game: str,
        kept: bool,
        limits: Limits,
        now: float,
        seal: Seal | None = None,
        born: str = "",
    ) -> None:
        self.code = code
        self.players = players
        self.game = game
        self.kept = kept
        self.locked = False
        self.members: dict[str, Member] = {}
        self.touched = now
        self.empty_since: float | None = now
        self.seal = seal or Seal(code)
        self.born = born
        self.match = 0
        self.votes: Votes | None = Votes(limits.vote_wait)  # None: what was decided is not known any more
        self.revision = 0
        self._adopted = -1  # the revision of the newest token that was believed while the room came back
        self.coming_back_until = 0.0
        self.feed: Feed | None = None
        self.crowd = False
        self._limits = limits
        self._first = (players, game)
        self._count = 0

    def enter(
        self, connection: str, name: str, *, spectate: bool, now: float, instance: str = "", loading: bool | None = None
    ) -> Member:
        """Let somebody in, on the lowest free seat or as a spectator.

        A seat whose member has been away for longer than the grace counts as free, and that member is out.

        Raises:
            Refusal: `full`: no seat, or no place for another spectator, is free.
        """
        seat = None if spectate else self._free_seat(now)
        is_listed = not spectate or self._has_place_to_watch()
        self._count += 1
        name = unique(name, [member.name for member in self.members.values()], self._limits.name)
        member = Member(f"m{self._count}", name, seat, connection, instance=instance, listed=is_listed, loading=bool(loading))
        self.members[member.id] = member
        self.touched, self.empty_since = now, None
        self.revision += seat is not None
        return member

    def fix(self, players: int | None, game: str) -> None:
        """Take the number of players, and the game, from the first member that names them; later ones are only told."""
        self.game = self.game or game
        if self.players is None and players is not None:
            self.players = players
            self.revision += 1
            for member in self.members.values():
                if member.seat is not None and member.seat >= players:
                    member.seat = None

    def come_back(
        self, told: Pass, connection: str, instance: str, *, loading: bool | None = None, now: float
    ) -> tuple[Member, str | None]:
        """Put a member on another connection; return it and the connection it was still on, if any.

        Raises:
            Refusal: `gone`: the member left, or was away for too long.
        """
        member = self.members.get(told.holder.id)
        if member is None:
            raise Refusal(
                "gone",
                f"your place in room {show_code(self.code)} was given up: join again by the code or an invitation",
            )
        replaced = member.connection
        is_new = member.take_over(connection, instance, told.instance, loading=loading, now=now)
        self.revision += is_new and member.seat is not None
        self.touched, self.empty_since = now, None
        return member, replaced

    def tell(self, member: Member, expires: float) -> Pass:
        """Return what a member's resume token is to tell."""
        return Pass(
            born=self.born,
            expires=int(expires),
            holder=member.holder(),
            instance=member.instance or "",
            revision=self.revision,
            count=self._count,
            players=self.players,
            game=self.game,
            locked=self.locked,
            match=self.match,
            seated=tuple(each.holder() for each in self._ordered() if each.seat is not None),
        )

    def adopt(self, told: Pass, *, wall: float, now: float) -> list[str]:
        """Become what a token tells of the room, unless a newer one was seen; return the connections of who is out.

        Votes are given no more until the next match: those of before are forgotten, and none may be given twice.
        """
        out: list[Member] = []
        # Not the own revision: what happens while the members come back would hide a newer token of before.
        if told.revision > self._adopted:
            self.players, self.game, self.locked, self.match = told.players, told.game, told.locked, told.match
            self._adopted, self.revision, self.votes = told.revision, max(self.revision, told.revision), None
            known = {each.id for each in told.seated}
            out = [member for member in self.members.values() if member.seat is not None and member.id not in known]
            for member in out:
                del self.members[member.id]
            for each in told.seated:
                self._know(each, now)
        # Newer tokens than those that were seen may tell of more ids: who comes new gets one beyond them all.
        self._count = max(self._count, told.count, int(wall))
        if told.holder.seat is None and told.holder.id not in self.members:
            self._know(told.holder, now)  # of a spectator only the own token tells
        return [member.connection for member in out if member.connection is not None]

    def end_return(self, *, wall: float, now: float) -> bool:
        """Let others in again when the time to come back is over; return whether it ended just now."""
        ends = 0 < self.coming_back_until <= now
        if ends:
            self.coming_back_until = 0.0
            self.revision = max(self.revision + 1, int(wall))  # beyond all tokens of before the restart
        return ends

    def is_coming_back(self, now: float) -> bool:
        """Whether the room was built again just now, and waits for its members."""
        return now < self.coming_back_until

    def lock(self, locked: bool) -> bool:
        """Let nobody else in by the code alone, or open the room again; return whether that is news."""
        is_news, self.locked = self.locked != locked, locked
        self.revision += is_news
        return is_news

    def begin_next_match(self, *, now: float) -> bool:
        """Go on to the next match if all who have a seat asked for it; who is away for too long has none any more."""
        overdue = [member for member in self.members.values() if member.seat is not None and self._is_overdue(member, now)]
        asked = [member.again for member in self.members.values() if member.seat is not None and member not in overdue]
        if not asked or not all(asked):
            return False
        for member in overdue:
            self.remove(member, now=now)
        for member in self.members.values():
            member.again = None
        if overdue:
            self.lock(False)  # or nobody could take the seats that became free
        self.match += 1
        self.revision += 1
        self.votes = Votes(self._limits.vote_wait)
        self.feed = None
        return True

    def lose(self, member: Member, *, now: float) -> None:
        """Note that the connection of a member is gone; its name and seat are kept for it."""
        member.connection, member.away_since = None, now
        self._note_empty(now)

    def remove(self, member: Member, *, now: float) -> None:
        """Take a member out, with its name and seat."""
        self.revision += self.members.pop(member.id, None) is not None and member.seat is not None
        self._note_empty(now)

    def drop_absent(self, *, now: float) -> bool:
        """Take out who has been away for too long, unless the room is locked; return whether anybody was."""
        absent = [] if self.locked else [member for member in self.members.values() if self._is_overdue(member, now)]
        for member in absent:
            self.remove(member, now=now)
        return bool(absent)

    def start_over(self, seal: Seal, born: str, *, now: float) -> None:
        """Become as empty and open as at the beginning; tokens of before open nothing any more."""
        self.players, self.game = self._first
        self.locked, self.match, self.feed = False, 0, None
        self.votes = Votes(self._limits.vote_wait)
        self.members.clear()
        self.seal, self.born = seal, born
        self.touched = self.empty_since = now

    def active_seats(self) -> set[int]:
        """Return the seats whose members the lobby hears, and that have loaded their game."""
        here = [member for member in self.members.values() if member.connection is not None and not member.loading]
        return {member.seat for member in here if member.seat is not None}

    def seats(self) -> set[int]:
        """Return the seats that are taken."""
        return {member.seat for member in self.members.values() if member.seat is not None}

    def watchers(self) -> list[str]:
        """Return the keys of the connections that want the feed."""
        return [m.connection for m in self.members.values() if m.watching and m.connection is not None]

    def connections(self) -> list[str]:
        """Return the keys of all live connections."""
        return [member.connection for member in self.members.values() if member.connection is not None]

    def describe(self) -> dict[str, Any]:
        """Return what every member may know, players in the order of their seats first."""
        return {
            "members": [member.describe() for member in self._ordered() if member.listed],
            "players": self.players,
            "game": self.game,
            "locked": self.locked,
            "match": self.match,
            "watching": len(self.watchers()),
        }

    def _ordered(self) -> list[Member]:
        return sorted(self.members.values(), key=lambda member: (member.seat is None, member.seat or 0, member.number))

    def _know(self, told: Holder, now: float) -> None:
        """Know a member of before the restart, who is away until it comes."""
        member = self.members.get(told.id)
        if member is None:
            is_listed = told.seat is not None or self._has_place_to_watch()
            name = unique(told.name, [each.name for each in self.members.values()], self._limits.name)
            member = Member(told.id, name, told.seat, None, now, instance=None, listed=is_listed)
            self.members[told.id] = member
        member.seat, member.life = told.seat, max(told.life, member.life)

    def _has_place_to_watch(self) -> bool:
        """Tell whether a spectator can be listed, or raise `Refusal` (`full`) where none can come in."""
        most = self._limits.spectators
        if not most:
            raise Refusal("full", "this lobby takes no spectators: only players may enter its rooms")
        watching = sum(member.seat is None for member in self.members.values())
        if watching >= most + self._limits.audience:
            raise Refusal("full", f"room {show_code(self.code)} has {watching} spectators already, the most it takes")
        return sum(member.seat is None and member.listed for member in self.members.values()) < most

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
