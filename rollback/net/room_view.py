"""What a lobby tells of a room, as it was last told. Knows no connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rollback.net.words import plain_words

__all__ = ["Member", "RoomView"]

LONGEST_NAME: Final = 64  # characters of a name or an id; a lobby gives half of it
LONGEST_GAME: Final = 200
LONGEST_CODE: Final = 40
MOST_MEMBERS: Final = 256


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in the room.

    Attributes:
        id: What `signal` and `relay` are addressed to; the same after coming back.
        name: Unique in the room.
        seat: The player's number; None for a spectator.
        connected: Whether the lobby hears the member.
        life: Which process of the member it is, from 1 on; one more says that a new process came in its place.
        again: Whether the member wants another match; None: nothing was said.
        loading: Whether it holds its place and cannot play yet: a browser loads its engine for seconds.
    """

    id: str
    name: str
    seat: int | None
    connected: bool
    life: int = 1
    again: bool | None = None
    loading: bool = False

    @property
    def is_ready(self) -> bool:
        """Whether the member can be played with: the lobby hears it, and it has loaded what it needs."""
        return self.connected and not self.loading


class RoomView:
    """A member's view of its room.

    Attributes:
        room: The room's code, as people type it.
        members: Everybody in the room, players in the order of their seats first.
        players: How many seats the room has; None until a member said so.
        game: The label of the game, as the room's first member gave it.
        locked: Whether the code alone opens the room no more, except to watch.
        match: The number of the room's match, from 0 on; a rematch has the next one.
        watching: How many members want the feed of the match from the lobby.
        invite: An invitation, good for five minutes.
        resume: The token with which this member comes back, also from another process.
        reachable: The ids of the others that are connected.
    """

    def __init__(self) -> None:
        self.room = ""
        self.members: tuple[Member, ...] = ()
        self.players: int | None = None
        self.game = ""
        self.locked = False
        self.match = 0
        self.watching = 0
        self.invite = ""
        self.resume = ""
        self.reachable: frozenset[str] = frozenset()
        self._late_for = -1  # number of the match that was running when we came
        self._id = ""
        self._me = Member("", "", None, False)

    @property
    def me(self) -> Member:
        """This process in the room."""
        for member in self.members:
            if member.id == self._id:
                return member
        return self._me  # one of many who watch is not listed

    @property
    def present(self) -> int:
        """How many seats are taken by a member that is connected and has loaded."""
        return sum(member.is_ready for member in self.members if member.seat is not None)

    @property
    def is_feeder(self) -> bool:
        """Whether this member shows the match to those who watch: it has the lowest seat of all that are there."""
        seats = {member.seat: member.id for member in self.members if member.seat is not None and member.is_ready}
        return bool(seats) and seats[min(seats)] == self._id

    @property
    def is_late(self) -> bool:
        """Whether the room's match was running already when this process came."""
        return self._late_for == self.match

    def take_welcome(self, told: Mapping[str, Any]) -> None:
        """Take the answer to somebody who is let in; raise `KeyError` or `TypeError` where it is no such answer."""
        me, room = _member(told["me"]), _code(told["room"])
        invite, resume = str(told["invite"]), str(told["resume"])
        before, self._id = self._id, me.id
        try:
            self.take_members(told)
        except (KeyError, TypeError):
            self._id = before
            raise
        if not self.room and self.locked:
            self._late_for = self.match
        self.room, self.invite, self.resume, self._me = room, invite, resume, me

    def take_members(self, told: Mapping[str, Any]) -> None:
        """Take who is in the room; raise `KeyError` or `TypeError` where it is no such news."""
        members, players, game, locked = told["members"], told["players"], told["game"], told["locked"]
        if not isinstance(members, list) or len(members) > MOST_MEMBERS:
            raise TypeError("the members are no list, or too many")
        if not (players is None or type(players) is int) or not isinstance(game, str) or type(locked) is not bool:
            raise TypeError("players, game and locked are not what a lobby tells")
        match, watching = told.get("match", 0), told.get("watching", 0)
        if type(match) is not int or match < 0 or type(watching) is not int or watching < 0:
            raise TypeError("match and watching are not what a lobby tells")
        taken = tuple(_member(each) for each in members)
        if len({member.id for member in taken}) < len(taken) or len({member.name for member in taken}) < len(taken):
            raise TypeError("two members have one id or one name")  # a session knows its peers by their names
        self.members, self.match, self.watching = taken, match, watching
        self.players, self.game, self.locked = players, plain_words(game, LONGEST_GAME), locked
        self.reachable = frozenset(member.id for member in self.members if member.connected and member.id != self._id)

    def returned_since(self, before: Sequence[Member]) -> list[tuple[Member, bool]]:
        """Return who of the others is here again since that list, and whether as a new process."""
        known = {member.id: member for member in before if member.id != self._id}
        returned: list[tuple[Member, bool]] = []
        for member in self.members:
            old = known.get(member.id)
            if old is not None and member.connected and (member.life > old.life or not old.connected):
                returned.append((member, member.life > old.life))
        return returned


def _member(told: Any) -> Member:
    identity, name, seat, connected = told["id"], told["name"], told["seat"], told["connected"]
    if not isinstance(identity, str) or not isinstance(name, str) or type(connected) is not bool:
        raise TypeError("a member is not what a lobby tells")
    if not (seat is None or (type(seat) is int and seat >= 0)) or len(identity) > LONGEST_NAME:
        raise TypeError("a seat or an id is not what a lobby tells")
    life, again, loading = told.get("life", 1), told.get("again"), told.get("loading", False)
    if type(life) is not int or not (again is None or type(again) is bool) or type(loading) is not bool:
        raise TypeError("a life, a wish or a state is not what a lobby tells")
    return Member(identity, plain_words(name, LONGEST_NAME) or identity, seat, connected, life, again, loading)


def _code(told: Any) -> str:
    """Return the code of a room; it comes to stand in names of files."""
    if isinstance(told, str) and 0 < len(told) <= LONGEST_CODE and told.isascii() and told.replace("-", "").isalnum():
        return told
    raise TypeError("a room's code holds letters, digits and hyphens")
