"""What the transports need of a lobby: who is in the room, and two ways to reach them. Knows no server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from rollback.errors import UsageError

__all__ = ["Person", "Signaling", "comes_first", "find_person", "name_of"]


class Person(Protocol):
    """A member of the room.

    Attributes:
        id: What `signal` and `relay` are addressed to; the name of the peer in a transport.
        name: What people call the member.
        seat: The place in the room, None for a spectator; the lower seat of two offers the direct connection.
        connected: Whether the lobby hears the member.
    """

    @property
    def id(self) -> str:
        """What `signal` and `relay` are addressed to."""

    @property
    def name(self) -> str:
        """What people call the member."""

    @property
    def seat(self) -> int | None:
        """The place in the room; None for a spectator."""

    @property
    def connected(self) -> bool:
        """Whether the lobby hears the member."""


class Signaling(Protocol):
    """The part of a lobby that transports use.

    Attributes:
        me: This process in the room.
        members: Everybody in the room.
        on_signal: Assigned by the transport; called with (member id, data).
        on_relay: Assigned by the transport; called with (member id, data).
    """

    on_signal: Callable[[str, dict[str, Any]], None] | None
    on_relay: Callable[[str, bytes], None] | None

    @property
    def me(self) -> Person:
        """This process in the room."""

    @property
    def members(self) -> Sequence[Person]:
        """Everybody in the room."""

    async def signal(self, member_id: str, data: dict[str, Any], /) -> None:
        """Send a signal reliably and in order; raise `NetworkError` where the lobby is gone."""

    def relay(self, member_id: str, data: bytes, /) -> bool:
        """Queue bytes for a member; False: not taken, because the queue is full or the lobby is gone."""


def find_person(signaling: Signaling, peer: str) -> Person:
    """Return the member called `peer`, or raise `UsageError` where the room has none."""
    for person in signaling.members:
        if person.id == peer:
            return person
    here = ", ".join(repr(person.id) for person in signaling.members)
    raise UsageError(f"{peer!r} is nobody in this room: the members are {here or 'none'}")


def comes_first(one: Person, other: Person) -> bool:
    """Return whether `one` offers to `other`: both sides come to the same answer, spectators come last."""
    return _order(one) < _order(other)


def name_of(signaling: Signaling, peer: str) -> str:
    """Return what people call a peer, or its id where it is no longer in the room."""
    return next((person.name for person in signaling.members if person.id == peer), peer)


def _order(person: Person) -> tuple[bool, int, str]:
    return person.seat is None, person.seat or 0, person.id
