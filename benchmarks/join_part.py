"""What one process of `benchmarks/join.py` does: it plays when it is told to, and tells what it sees. Starts no process."""

from __future__ import annotations

import asyncio
import json
import os
import random
import struct
import sys
import time
from collections.abc import Callable
from typing import Any

from land import GAMES

import rollback
from rollback.core.session import P2PSession
from rollback.net.aiortc_connection import load_aiortc
from rollback.net.lobby import Lobby
from rollback.netplay import config_for, match
from rollback.netplay.named import NamedTransport
from rollback.types import Cut, DesyncFound, Ended, Event, PeerJoined, PeerLost, Tick

HERE = ["127.0.0.1"]
STAMP = struct.Struct("!d")
NAMES = ("ann", "bob", "cay")


def say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


class Stamped(NamedTransport):
    """A transport whose datagrams tell when the newest action in them was asked for."""

    asked_at = 0.0  # by this process's only session
    spoke_at = 0.0
    late: list[tuple[str, float, float]] = []  # noqa: RUF012 (who sent it, when it came, how late)

    def __init__(self, transport: Any, names: Any) -> None:
        super().__init__(transport, names)
        self._told: dict[str, float] = {}
        transport.on_datagram = lambda peer, data: self._arrived(self._names[peer], data)

    def send(self, peer: str, datagram: bytes) -> bool:
        """Send a datagram, with the time where that is news."""
        kind = type(self)
        kind.spoke_at = kind.spoke_at or time.monotonic()
        news = kind.asked_at if self._told.get(peer) != kind.asked_at else 0.0
        self._told[peer] = kind.asked_at
        return super().send(peer, datagram + STAMP.pack(news))

    def _arrived(self, peer: str, data: bytes) -> None:
        (asked_at,) = STAMP.unpack(data[-STAMP.size :])
        if asked_at:
            now = time.monotonic()
            self.late.append((peer, now, now - asked_at))
        self.on_datagram(peer, data[: -STAMP.size])


class Pressing:
    """Presses something else about every eighth frame."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._pressed = 0

    def __call__(self, game: Any, player: int) -> int:
        """Return what is pressed now."""
        Stamped.asked_at = time.monotonic()
        if self._random.random() < 1 / 8:
            self._pressed = self._random.randrange(8)
        return self._pressed


class Part:
    """What one process takes part in: its orders come by a pipe, and what it sees goes by one.

    Args:
        name: Who it is.
        game: Which game it plays.
        detour: Whether its connections lead through another process, which is to be asked for an address of each.
        one_way: Seconds by which its signals come later.
    """

    def __init__(self, name: str, game: str, *, detour: bool, one_way: float) -> None:
        self._name = name
        self._game = GAMES[game]()
        self._one_way = one_way
        self._end: int | None = None
        self._stop = asyncio.Event()
        self._detours: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._frames: list[float] = []
        self._stalls: list[float] = []
        self._others: list[str] = []
        self._first = -1
        self._orders: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        if detour:
            signal: Callable[..., Any] = Lobby.signal

            async def lead_astray(lobby: Lobby, member_id: str, data: dict[str, Any], /) -> None:
                await asyncio.sleep(one_way)
                await signal(lobby, member_id, await self._ask_for_detour(data) if "sdp" in data else data)

            Lobby.signal = lead_astray  # type: ignore[method-assign]

    async def run(self) -> None:
        """Play once it is told to, and tell what came of it."""
        load_aiortc()
        match.NamedTransport = Stamped  # type: ignore[attr-defined, misc]
        listening = asyncio.create_task(self._listen())
        say({"ready": True})
        order = await self._orders.get()
        lobby = await Lobby.enter(order["url"], order["room"], self._name, resume=order.get("resume"))
        async with lobby:
            say({"resume": lobby.resume})
            begun = time.monotonic()
            say({"plays": begun})
            result = await rollback.play(
                self._game,
                lobby,
                Pressing(NAMES.index(self._name)),
                config=config_for(self._game, lobby.room, on_disconnect="idle"),
                ice_addresses=HERE,
                connect_timeout=60.0,
                on_frame=self._frame,
                on_event=self._event,
                stop=self._stop,
            )
            say(
                {
                    "late": Stamped.late,
                    "frames": self._frames,
                    "stalls": self._stalls,
                    "reasons": sorted(set(self._others)),
                    "ended": result.ended.reason,
                    "last": result.frames,
                    "checksum": result.checksum,
                }
            )
            listening.cancel()
            os._exit(0)  # its seat stays, for whoever has the token

    async def _listen(self) -> None:
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            order = json.loads(line)
            if "detour" in order:
                self._detours.pop(order["detour"]).set_result(order["signal"])
            elif "end" in order:
                self._end = order["end"]
            elif "stop" in order:
                self._stop.set()
            else:
                self._orders.put_nowait(order)

    async def _ask_for_detour(self, signal: dict[str, Any]) -> dict[str, Any]:
        number = len(self._detours) + random.randrange(1 << 30)
        self._detours[number] = asyncio.get_running_loop().create_future()
        say({"detour": number, "signal": signal})
        return await self._detours[number]

    def _frame(self, session: P2PSession, tick: Tick) -> None:
        now = time.monotonic()
        if tick.advanced:
            self._frames.append(now)
        elif tick.reason != "synchronizing":
            self._stalls.append(now)
            if tick.reason not in ("stalled", "ended"):
                self._others.append(tick.reason)
        if self._first >= 0 and session.frame > self._first:
            say({"first": now, "spoke": Stamped.spoke_at, "frame": self._first})
            self._first = -1
        if self._end == 0:
            say({"frame_now": session.frame})
            self._end = None
        elif self._end is not None:
            session.end_at(self._end)
            self._end = None
        if tick.frame == 60:
            say({"runs": True})

    def _event(self, event: Event | Any) -> None:
        match event:
            case PeerJoined("", _, frame):
                self._first = frame
            case Cut() | PeerJoined() | PeerLost() | DesyncFound() | Ended():
                say({"event": type(event).__name__, "text": str(event), "at": time.monotonic()})
