"""Where a connection sits, and what a look at all rooms changed. Knows no rules."""

from __future__ import annotations

from dataclasses import dataclass, field

from signaling.room import Member, Room

__all__ = ["Place", "Sweep"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a connection sits.

    Attributes:
        room: The room.
        member: The member the connection speaks for.
        replaced: The connection the member was still on before, which is out now.
        evicted: Connections of members that a newer token of the room does not know.
    """

    room: Room
    member: Member
    replaced: str | None = None
    evicted: tuple[str, ...] = ()


@dataclass(slots=True)
class Sweep:
    """What a sweep changed.

    Attributes:
        changed: Rooms whose members changed.
        closed: Connections whose room is gone.
    """

    changed: list[Room] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
