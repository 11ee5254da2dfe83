"""What a lobby tells of a room, as it was last told. Knows no connection."""

from __future__ import annotations

from collections.abc import Mapping
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
    """

    id: str
    name: str
    seat: int | None
    connected: bool


class RoomView:
    """A member's view of its room.

    Attributes:
        room: The room's code, as people type it.
        members: Everybody in the room, players in the order of their seats first.
        players: How many seats the room has; None until a member said so.
        game: The label of the game, as the room's first member gave it.
        locked: Whether the code alone opens the room no more.
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
        self.invite = ""
        self.resume = ""
        self.reachable: frozenset[str] = frozenset()
        self._id = ""

    @property
    def me(self) -> Member:
        """This process in the room."""
        for member in self.members:
            if member.id == self._id:
                return member
        return Member(self._id, "", None, False)

    @property
    def present(self) -> int:
        """How many seats are taken by a member that is connected."""
        return sum(member.connected for member in self.members if member.seat is not None)

    def take_welcome(self, told: Mapping[str, Any]) -> None:
        """Take the answer to somebody who is let in; raise `KeyError` or `TypeError` where it is no such answer."""
        me, room = str(told["me"]["id"]), _code(told["room"])
        invite, resume = str(told["invite"]), str(told["resume"])
        before, self._id = self._id, me
        try:
            self.take_members(told)
        except (KeyError, TypeError):
            self._id = before
            raise
        self.room, self.invite, self.resume = room, invite, resume

    def take_members(self, told: Mapping[str, Any]) -> None:
        """Take who is in the room; raise `KeyError` or `TypeError` where it is no such news."""
        members, players, game, locked = told["members"], told["players"], told["game"], told["locked"]
        if not isinstance(members, list) or len(members) > MOST_MEMBERS:
            raise TypeError("the members are no list, or too many")
        if not (players is None or type(players) is int) or not isinstance(game, str) or type(locked) is not bool:
            raise TypeError("players, game and locked are not what a lobby tells")
        taken = tuple(_member(each) for each in members)
        if len({member.id for member in taken}) < len(taken) or len({member.name for member in taken}) < len(taken):
            raise TypeError("two members have one id or one name")  # a session knows its peers by their names
        self.members = taken
        self.players, self.game, self.locked = players, plain_words(game, LONGEST_GAME), locked
        self.reachable = frozenset(member.id for member in self.members if member.connected and member.id != self._id)


def _member(told: Any) -> Member:
    identity, name, seat, connected = told["id"], told["name"], told["seat"], told["connected"]
    if not isinstance(identity, str) or not isinstance(name, str) or type(connected) is not bool:
        raise TypeError("a member is not what a lobby tells")
    if not (seat is None or (type(seat) is int and seat >= 0)) or len(identity) > LONGEST_NAME:
        raise TypeError("a seat or an id is not what a lobby tells")
    return Member(identity, plain_words(name, LONGEST_NAME) or identity, seat, connected)


def _code(told: Any) -> str:
    """Return the code of a room; it comes to stand in names of files."""
    if isinstance(told, str) and 0 < len(told) <= LONGEST_CODE and told.isascii() and told.replace("-", "").isalnum():
        return told
    raise TypeError("a room's code holds letters, digits and hyphens")
