"""A lobby of one process: a view of a room that tests change as they like, and what was asked of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from rollback.errors import NetworkError
from rollback.net.room_view import RoomView


def member(
    seat: int | None,
    name: str,
    *,
    life: int = 1,
    connected: bool = True,
    again: bool | None = None,
    loading: bool = False,
) -> dict[str, Any]:
    state = {"connected": connected, "life": life, "again": again, "loading": loading}
    return {"id": f"m-{name}", "name": name, "seat": seat, **state}


class Hall(RoomView):
    """What a member knows and can do; `others` are the halls of other members, for signals and relayed bytes."""

    def __init__(self, me: str, *members: dict[str, Any], locked: bool = False) -> None:
        super().__init__()
        self.url = "http://lobby"
        self.lost = ""
        self.connected = True
        self.on_members: Callable[[], None] | None = None
        self.on_signal: Callable[[str, dict[str, Any]], None] | None = None
        self.on_relay: Callable[[str, bytes], None] | None = None
        self.on_feed: Callable[[bytes], None] | None = None
        self.others: dict[str, Hall] = {}
        self.said: list[tuple[str, dict[str, Any]]] = []
        self.fed: list[bytes] = []
        self.takes_feed = True
        self.watched: list[bool] = []
        self.votes: list[tuple[int, int]] = []
        self.verdict: int | Exception = 0
        mine = next(each for each in members if each["name"] == me)
        told = {"me": mine, "room": "K7QW-3MZP", "invite": "", "resume": ""}
        self.take_welcome(told | self._room(members, 0, 0, locked))

    @staticmethod
    def _room(members: Any, match: int, watching: int, locked: bool) -> dict[str, Any]:
        about = {"players": None, "game": "", "locked": locked, "match": match, "watching": watching}
        return {"members": list(members)} | about

    def tell(self, *members: dict[str, Any], match: int = 0, watching: int = 0, connected: bool = True) -> None:
        """Let the room be another one, and say so."""
        self.connected = connected
        self.take_members(self._room(members, match, watching, True))
        if self.on_members is not None:
            self.on_members()

    def feed(self, message: bytes) -> bool:
        if self.takes_feed:
            self.fed.append(message)
        return self.takes_feed

    async def watch(self, on: bool = True) -> None:
        self.watched.append(on)

    async def signal(self, member_id: str, data: dict[str, Any], /) -> None:
        if self.lost:
            raise NetworkError(self.lost)
        self.said.append((member_id, data))
        other = self.others.get(member_id)
        if other is not None and other.on_signal is not None:
            asyncio.get_running_loop().call_soon(other.on_signal, self.me.id, data)

    def relay(self, member_id: str, data: bytes, /) -> bool:
        other = self.others.get(member_id)
        if other is not None and other.on_relay is not None:
            asyncio.get_running_loop().call_soon(other.on_relay, self.me.id, data)
        return True

    async def vote(self, epoch: int, roster: int) -> int:
        self.votes.append((epoch, roster))
        if isinstance(self.verdict, Exception):
            raise self.verdict
        return self.verdict


class Told:
    """As much of a session as those who look after the room use; `refuses` are the words of an admission that fails."""

    def __init__(self) -> None:
        self.reason = "running"
        self.admitted: list[tuple[str, int | None]] = []
        self.broadcasts: list[str] = []
        self.dismissed: list[str] = []
        self.decided: list[tuple[int, int]] = []
        self.refuses: Exception | None = None
        self.tries = 0

    def admit(self, peer: str, player: int | None = None) -> None:
        self.tries += 1
        if self.refuses is not None:
            raise self.refuses
        self.admitted.append((peer, player))

    def broadcast(self, peer: str, *, keyframe_every: float) -> None:
        self.broadcasts.append(peer)

    def dismiss(self, peer: str) -> None:
        self.dismissed.append(peer)

    def decide(self, roster: int, epoch: int) -> None:
        self.decided.append((roster, epoch))


class Ways:
    """As much of a `Reach` as they use."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self.on_refused: Callable[[], None] = lambda: None

    def add(self, peer: str, id: str = "") -> None:
        self.known[peer] = id

    def remove(self, peer: str, reason: str = "") -> None:
        self.known.pop(peer, None)
