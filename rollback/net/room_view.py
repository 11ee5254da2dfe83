"""What a lobby tells of a room, as it was last told. Knows no connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Member", "RoomView"]


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
        self._id = str(told["me"]["id"])
        self.room, self.invite, self.resume = str(told["room"]), str(told["invite"]), str(told["resume"])
        self.take_members(told)

    def take_members(self, told: Mapping[str, Any]) -> None:
        """Take who is in the room; raise `KeyError` or `TypeError` where it is no such news."""
        self.members = tuple(
            Member(each["id"], each["name"], each["seat"], each["connected"]) for each in told["members"]
        )
        self.players, self.game, self.locked = told["players"], told["game"], told["locked"]
        self.reachable = frozenset(member.id for member in self.members if member.connected and member.id != self._id)
