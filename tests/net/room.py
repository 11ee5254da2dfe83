"""A lobby in memory for the tests of the transports: members, signals and a relay, on one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rollback.errors import NetworkError


@dataclass(frozen=True)
class Member:
    id: str
    name: str
    seat: int
    connected: bool = True


class Room:
    """Connects `Seat`s. `relay_fault(sender, receiver, data)` may lose (True) what is relayed."""

    def __init__(self, *names: str) -> None:
        self.members = tuple(Member(name, name.title(), seat) for seat, name in enumerate(names))
        self.seats = {member.id: Seat(self, member) for member in self.members}
        self.open = True
        self.relay_open = True
        self.relay_fault: Callable[[str, str, bytes], bool] = lambda sender, receiver, data: False
        self.signals: list[tuple[str, str, dict[str, Any]]] = []
        self.relayed: list[tuple[str, str, bytes]] = []

    def __getitem__(self, name: str) -> Seat:
        return self.seats[name]


class Seat:
    """One member's end; what arrives before its callback is assigned is lost, which is the harder case."""

    def __init__(self, room: Room, me: Member) -> None:
        self.room = room
        self.me = me
        self.on_signal: Callable[[str, dict[str, Any]], None] | None = None
        self.on_relay: Callable[[str, bytes], None] | None = None

    @property
    def members(self) -> tuple[Member, ...]:
        return self.room.members

    async def signal(self, member_id: str, data: dict[str, Any], /) -> None:
        if not self.room.open:
            raise NetworkError("the lobby is gone")
        self.room.signals.append((self.me.id, member_id, data))
        other = self.room.seats[member_id]
        asyncio.get_running_loop().call_soon(lambda: other.on_signal and other.on_signal(self.me.id, dict(data)))

    def relay(self, member_id: str, data: bytes, /) -> bool:
        if not (self.room.open and self.room.relay_open):
            return False
        self.room.relayed.append((self.me.id, member_id, data))
        if not self.room.relay_fault(self.me.id, member_id, data):
            other = self.room.seats[member_id]
            asyncio.get_running_loop().call_soon(lambda: other.on_relay and other.on_relay(self.me.id, data))
        return True
