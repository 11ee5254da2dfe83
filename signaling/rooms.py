"""All rooms, and which connection sits in which. Knows keys of connections; knows no sockets, payloads or clock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from signaling.codes import make_code, read_code, show_code
from signaling.keys import Keys
from signaling.limits import Limits
from signaling.place import Place, Sweep
from signaling.refusals import Refusal
from signaling.room import Room
from signaling.tokens import Seal

__all__ = ["Rooms"]


class Rooms:
    """The rooms of one lobby. Keys of connections are the caller's, one per live connection, never used twice.

    Args:
        limits: The limits of the lobby.
        secret: What its tokens are signed with; a lobby that is started again with it knows its rooms again. Random
            unless given.
        wall_ahead: The time of day, in seconds, less the caller's `now`.
    """

    def __init__(self, limits: Limits | None = None, *, secret: bytes | None = None, wall_ahead: float = 0.0) -> None:
        self.limits = limits or Limits()
        self.keys = Keys(self.limits, secret, wall_ahead)
        self._rooms: dict[str, Room] = {}
        self._places: dict[str, Place] = {}

    def __len__(self) -> int:
        return len(self._rooms)

    def __iter__(self) -> Iterator[Room]:
        return iter(self._rooms.values())

    @property
    def members(self) -> int:
        """How many connections sit in a room."""
        return len(self._places)

    def open(self, *, players: int | None = None, game: str = "", kept: bool = False, now: float) -> Room:
        """Make an empty room.

        A kept room waits for its members without an end; when all have left it is emptied and open again, under the
        same code. The others go some time after the last member.

        Raises:
            Refusal: `busy`: there are too many rooms.
        """
        code = make_code()
        while code in self._rooms:
            code = make_code()
        seal, born = self.keys.birth(code, now=now)
        return self._made(code, seal, born, players=players, game=game, kept=kept, now=now)

    def create(
        self,
        connection: str,
        name: str,
        *,
        players: int | None,
        game: str,
        now: float,
        instance: str = "",
        loading: bool | None = None,
    ) -> Place:
        """Make a room and sit down in it.

        Raises:
            Refusal: `busy`, `in_room`.
        """
        self._check_outside(connection)
        room = self.open(players=players, game=game, now=now)
        member = room.enter(connection, name, spectate=False, now=now, instance=instance, loading=loading)
        return self._seated(connection, Place(room, member))

    def join(
        self,
        connection: str,
        code: Any,
        name: str,
        *,
        players: int | None = None,
        game: str = "",
        token: Any = None,
        resume: Any = None,
        spectate: bool = False,
        instance: str = "",
        loading: bool | None = None,
        now: float,
    ) -> Place:
        """Enter a room: by its code alone while it is open, by an invitation, or back by a resume token.

        Spectators need nothing but the code, also while the room is locked.

        Args:
            connection: Who asks.
            code: The code as it was typed.
            name: The wanted name, clean.
            players: How many play; fixes it where nobody has yet.
            game: The game; likewise.
            token: An invitation. One that is given must be good, also where none is needed.
            resume: A resume token; everything else is ignored then.
            spectate: Whether to watch rather than take a seat.
            instance: What tells this process from the next one of the same member.
            loading: Whether this process is still loading the game; None: it does not say, and is not, or is as before.
            now: The time.

        Raises:
            Refusal: `unknown_room`, `locked`, `full`, `token`, `gone`, `in_room`.
        """
        self._check_outside(connection)
        if resume is not None:
            return self._come_back(connection, read_code(code), resume, instance, loading, now)
        room = self.find(code)
        if room.is_coming_back(now):
            raise Refusal(
                "busy", f"room {show_code(room.code)} waits for its members, because the lobby was restarted: try again soon"
            )
        if token is not None:
            self.keys.check_invitation(room, token, now=now)
        elif room.locked and not spectate:
            raise Refusal(
                "locked",
                f"room {show_code(room.code)} is locked, because its match has begun: you can watch it, or ask who plays"
                " there for an invitation",
            )
        member = room.enter(connection, name, spectate=spectate, now=now, instance=instance, loading=loading)
        if not spectate:
            room.fix(players, game)
        return self._seated(connection, Place(room, member))

    def find(self, code: Any) -> Room:
        """Return the room with this code, as it was typed.

        Raises:
            Refusal: `unknown_room`.
        """
        read = read_code(code)
        room = self._rooms.get(read)
        if room is None:
            raise Refusal(
                "unknown_room",
                f"there is no room {show_code(read)} in this lobby: check the code; a room goes a minute after the last"
                " member left",
            )
        return room

    def place_of(self, connection: str) -> Place | None:
        """Return where the connection sits, if anywhere."""
        return self._places.get(connection)

    def require(self, connection: str) -> Place:
        """Return where the connection sits.

        Raises:
            Refusal: `no_room`.
        """
        place = self._places.get(connection)
        if place is None:
            raise Refusal("no_room", "you are in no room: create or join one first")
        return place

    def neighbour(self, connection: str, member_id: Any) -> tuple[Place, str]:
        """Return the caller's place and the connection of another member of the same room.

        Raises:
            Refusal: `no_room`; `unknown_member`: nobody else in the room has this id; `away`: it is not connected.
        """
        place = self.require(connection)
        target = place.room.members.get(member_id) if isinstance(member_id, str) else None
        if target is None or target is place.member or not (target.listed and place.member.listed):
            raise Refusal("unknown_member", "there is no other member with this id in your room: see the list of members")
        if target.connection is None:
            raise Refusal("away", f"{target.name} ({target.id}) is not connected at the moment")
        return place, target.connection

    def lock(self, connection: str, *, locked: bool = True) -> tuple[Room, bool]:
        """Let nobody else in by the code alone, or open the room again; return the room, and whether that is news.

        Raises:
            Refusal: `no_room`; `no_seat`: a spectator asks.
        """
        place = self.player(connection, "lock the room")
        return place.room, place.room.lock(locked)

    def player(self, connection: str, deed: str) -> Place:
        """Return where a player sits that wants to do something only players can.

        Raises:
            Refusal: `no_room`; `no_seat`: a spectator asks.
        """
        place = self.require(connection)
        if place.member.seat is None:
            raise Refusal("no_seat", f"only a player can {deed}, and you are a spectator")
        return place

    def loaded(self, connection: str) -> tuple[Place, bool]:
        """Note that the caller's process has loaded its game; return where it sits, and whether that is news.

        Raises:
            Refusal: `no_room`.
        """
        place = self.require(connection)
        is_news, place.member.loading = place.member.loading, False
        return place, is_news

    def invite(self, connection: str, *, now: float) -> str:
        """Return a fresh invitation to the caller's room.

        Raises:
            Refusal: `no_room`.
        """
        return self.keys.invite_to(self.require(connection).room, now=now)

    def leave(self, connection: str, *, now: float) -> Room | None:
        """Take the member out for good; return the room it left, if it was in one."""
        place = self._places.pop(connection, None)
        if place is None:
            return None
        place.room.remove(place.member, now=now)
        return place.room

    def lose(self, connection: str, *, now: float) -> Room | None:
        """Note that the connection is gone, the member's seat is kept; return the room, if it was in one."""
        place = self._places.pop(connection, None)
        if place is None:
            return None
        place.room.lose(place.member, now=now)
        return place.room

    def sweep(self, *, now: float) -> Sweep:
        """Take out absent members, and rooms that are empty or idle for too long."""
        swept = Sweep()
        for room in list(self._rooms.values()):
            empty = room.empty_since is not None and now - room.empty_since >= self.limits.empty_grace
            if now - room.touched >= self.limits.room_idle:
                empty = True
                for connection in room.connections():
                    del self._places[connection]
                    swept.closed.append(connection)
            if empty and room.kept:
                room.start_over(*self.keys.birth(room.code, now=now), now=now)
            elif empty:
                del self._rooms[room.code]
            elif room.drop_absent(now=now) | room.end_return(wall=self.keys.wall(now), now=now):
                swept.changed.append(room)
        return swept

    def _made(
        self, code: str, seal: Seal, born: str, *, players: int | None, game: str, kept: bool = False, now: float
    ) -> Room:
        if len(self._rooms) >= self.limits.rooms:
            raise Refusal("busy", f"this lobby has {len(self._rooms)} rooms already, the most it takes: try again later")
        room = Room(code, players=players, game=game, kept=kept, limits=self.limits, now=now, seal=seal, born=born)
        self._rooms[code] = room
        return room

    def _come_back(self, connection: str, code: str, token: Any, instance: str, loading: bool | None, now: float) -> Place:
        """Bring a member back, to a room that may have to be built again from its token first."""
        room = self._rooms.get(code)
        told = self.keys.opened(token, code, room)
        evicted: list[str] = []
        # One that was built again from a token of an earlier room with this code gives way to the later room.
        gives_way = room is not None and room.is_coming_back(now) and told.born > room.born
        if room is None or gives_way:
            self.keys.check_buildable(told, code, now=now)
            if room is not None:
                evicted += room.connections()
                del self._rooms[code]
            room = self._made(code, self.keys.seal(code, told.born), told.born, players=told.players, game=told.game, now=now)
            room.coming_back_until = now + self.limits.coming_back
        elif told.born != room.born:
            raise Refusal("gone", f"room {show_code(code)} has begun anew since then: join again by the code")
        if room.is_coming_back(now):
            evicted += room.adopt(told, wall=self.keys.wall(now), now=now)
        member, replaced = room.come_back(told, connection, instance, loading=loading, now=now)
        for each in [replaced, *evicted]:
            self._places.pop(each or "", None)
        return self._seated(connection, Place(room, member, replaced, tuple(evicted)))

    def _check_outside(self, connection: str) -> None:
        place = self._places.get(connection)
        if place is not None:
            raise Refusal("in_room", f"you are in room {show_code(place.room.code)} already: leave it first")

    def _seated(self, connection: str, place: Place) -> Place:
        self._places[connection] = Place(place.room, place.member)
        return place
