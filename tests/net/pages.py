"""Pages played by this process: what a browser does with the orders of its worker, between two of them, without a browser."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Callable
from typing import Any

from rollback.net.page_lobby import PageLobby
from rollback.net.page_port import PagePort

ADDRESS = "candidate:1 1 udp 2122260223 0b4b1ff5-9f4c-4f4c-8f7f-9d2c2a6f2f7e.local 50000 typ host"
SECTION = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel"


class Web:
    """Joins the connections whose descriptions and addresses were exchanged; `broken` says why none can be made."""

    def __init__(self) -> None:
        self.connections: dict[str, Connection] = {}
        self.broken = ""
        self.latency = 0.02
        self.lost: Callable[[bytes], bool] = lambda data: False
        self.numbers = itertools.count(1)


class Uint8Array:
    """Bytes as they come from JavaScript."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def to_bytes(self) -> bytes:
        return self._data


class Channel:
    """A data channel as a worker's JavaScript gives it to Python."""

    def __init__(self, web: Web) -> None:
        self.web = web
        self.readyState = "connecting"
        self.bufferedAmount = 0
        self.bufferedAmountLowThreshold = 0
        self.callback: Callable[..., None] | None = None
        self.held: list[tuple[Any, ...]] = []
        self.late: deque[bytes] = deque()
        self.other: Channel | None = None
        self.closed = False
        self.fault: Exception | None = None

    def listen(self, callback: Callable[..., None]) -> None:
        self.callback = callback
        for event in self.held:
            callback(*event)

    def send(self, data: bytes) -> None:
        assert isinstance(data, bytes)
        if self.fault is not None:
            raise self.fault
        if self.closed:
            return
        assert self.readyState == "open" and self.other is not None
        if not self.web.lost(data):
            self.late.append(data)
            asyncio.get_running_loop().call_later(self.web.latency, self._deliver)

    def _deliver(self) -> None:
        assert self.other is not None
        self.other.happen("message", Uint8Array(self.late.popleft()))  # timers that are due together run in any order

    def happen(self, event: str, data: Any = None) -> None:
        if event in ("open", "close"):
            if self.readyState == {"open": "open", "close": "closed"}[event]:
                return
            self.readyState = {"open": "open", "close": "closed"}[event]
        elif self.readyState != "open":
            return
        if self.callback is None:
            self.held.append((event, data))
        elif not self.closed:
            self.callback(event, data)

    def close(self) -> None:
        self.closed = True


class Connection:
    """An RTCPeerConnection of a page, and what `peer.js` does around it."""

    def __init__(self, page: Page, order: dict[str, Any]) -> None:
        self.page, self.key, self.order = page, order["peer"], order
        self.name = f"{page.name} {next(page.web.numbers)}"
        self.other: Connection | None = None
        self.heard: list[str] = []
        self.channels = {each["id"]: Channel(page.web) for each in order["channels"]}
        self.is_open = False
        page.web.connections[self.name] = self
        for number, channel in self.channels.items():
            asyncio.get_running_loop().call_soon(page.port.take_channel, self.key, number, channel)

    def say(self, what: str, **fields: Any) -> None:
        self.page.say("peer", peer=self.key, what=what, **fields)

    def describe(self, ask: int) -> None:
        if self.page.web.broken:
            return self.say("failed", ask=ask, error=self.page.web.broken)
        self.say("described", ask=ask, sdp=f"v=0\r\ns={self.name}\r\n{SECTION}\r\n")
        self.say("candidate", candidate=ADDRESS, mid="0")
        self.say("candidate", candidate=ADDRESS.replace("50000", "50001"), mid="0")

    def take(self, ask: int, sdp: str) -> None:
        self.other = self.page.web.connections.get(sdp.splitlines()[1].removeprefix("s=") if sdp.startswith("v=0") else "")
        if self.other is None or [*self.channels] != [*self.other.channels]:
            return self.say("failed", ask=ask, error="Failed to parse SessionDescription")
        self.say("taken", ask=ask)
        self.look()

    def hear(self, candidate: str) -> None:
        assert self.other is not None, "an address before the description"
        self.heard.append(candidate)
        self.look()

    def look(self) -> None:
        other = self.other
        if self.is_open or other is None or other.other is not self or not (self.heard or other.heard):
            return
        for one, two in ((self, other), (other, self)):
            one.is_open = True
            for number, channel in one.channels.items():
                channel.other = two.channels[number]
                asyncio.get_running_loop().call_later(self.page.web.latency, channel.happen, "open")

    def close(self) -> None:
        for each in (self, self.other):
            if each is not None and each.is_open:
                each.is_open = False
                for channel in each.channels.values():
                    asyncio.get_running_loop().call_soon(channel.happen, "close")


class Page:
    """A page; `room` answers what its worker asks of the lobby."""

    def __init__(self, web: Web, name: str, room: Room | None = None) -> None:
        self.web, self.name, self.room = web, name, room
        self.port = PagePort(self.take)
        self.told: list[dict[str, Any]] = []
        self.connections: dict[str, Connection] = {}
        self.is_silent = False
        self.is_dead = False

    def take(self, text: str, data: bytes | None) -> None:
        if self.is_dead:
            return
        assert isinstance(text, str) and (data is None or isinstance(data, bytes))
        message = json.loads(text)
        self.told.append(message)
        if self.is_silent:
            return
        match message:
            case {"tell": "peer"}:
                self._order(message)
            case {"tell": "ask" | "relay" | "feed" | "leaveLobby"} if self.room is not None:
                self.room.take(self, message, data)

    def say(self, do: str, data: bytes | None = None, **fields: Any) -> None:
        if self.is_dead:
            return
        beside = None if data is None else Uint8Array(data)
        asyncio.get_running_loop().call_soon(self.port.take, json.dumps({"do": do, **fields}), beside)

    def die(self, *, hides: bool = False) -> None:
        """End, worker and all: nothing goes out any more; `hides`: the page can still close its connections."""
        self.is_dead = True
        for connection in self.connections.values():
            for channel in connection.channels.values():
                channel.closed = True
            if hides:
                connection.close()

    def lobby(self, event: str, payload: Any = None, data: bytes | None = None, **fields: Any) -> None:
        self.say("lobby", data, event=event, payload=payload or {}, **fields)

    def _order(self, order: dict[str, Any]) -> None:
        if order["what"] == "open":
            self.connections[order["peer"]] = Connection(self, order)
            return
        connection = self.connections[order["peer"]]
        match order:
            case {"what": "describe", "ask": ask}:
                connection.describe(ask)
            case {"what": "take", "ask": ask, "sdp": sdp}:
                connection.take(ask, sdp)
            case {"what": "candidate", "candidate": candidate}:
                connection.hear(candidate)
            case {"what": "close"}:
                self.connections.pop(order["peer"]).close()


class Room:
    """A lobby's room of pages, each a player in the order of their names, loading until they say otherwise."""

    def __init__(self, web: Web, *names: str, watching: tuple[str, ...] = ()) -> None:
        self.web = web
        self.members = [self._member(name, seat) for seat, name in enumerate(names)]
        self.members += [self._member(name, None) for name in watching]
        self.pages = {name: Page(web, name, self) for name in names + watching}
        self.players, self.match, self.locked = len(names), 0, False
        self.watches: set[str] = set()
        self.relayed = 0

    @staticmethod
    def _member(name: str, seat: int | None) -> dict[str, Any]:
        return {"id": f"m-{name}", "name": name, "seat": seat, "connected": True, "again": None, "loading": seat is not None}

    @property
    def news(self) -> dict[str, Any]:
        about = {"players": self.players, "game": "", "locked": self.locked, "match": self.match}
        return {"members": self.members, "watching": len(self.watches)} | about

    def member(self, name: str) -> dict[str, Any]:
        return next(each for each in self.members if each["name"] == name)

    def welcome(self, name: str) -> dict[str, Any]:
        return {"ok": True, "me": self.member(name), "room": "K7QW-3MZP", "invite": "i", "resume": "r"} | self.news

    def enter(self, name: str) -> PageLobby:
        """Let a page enter the room, and return what its worker makes of it."""
        self.pages[name].lobby("welcome", self.welcome(name))
        return PageLobby(self.pages[name].port)

    def reload(self, name: str) -> PageLobby:
        """Let a page that died be loaded anew and enter as the same member."""
        self.pages[name] = Page(self.web, name, self)
        mine = self.member(name)
        mine |= {"life": mine.get("life", 1) + 1, "loading": True, "connected": True}
        lobby = self.enter(name)
        self.tell()
        return lobby

    def tell(self) -> None:
        for name in [member["name"] for member in self.members]:
            self.pages[name].lobby("members", self.news)

    def take(self, page: Page, message: dict[str, Any], data: bytes | None) -> None:
        mine = self.member(page.name)
        match message:
            case {"tell": "ask", "event": "signal", "ask": ask, "payload": {"to": to, "data": said}}:
                self.pages[to.removeprefix("m-")].lobby("signal", {"from": mine["id"], "data": said})
                page.say("answer", ask=ask, result={"ok": True})
            case {"tell": "ask", "event": event, "ask": ask, "payload": payload}:
                page.say("answer", ask=ask, result={"ok": True, **self._do(event, payload, mine)})
                self.tell()
            case {"tell": "relay", "to": to}:
                self.relayed += 1
                self.pages[to.removeprefix("m-")].lobby("relay", {"from": mine["id"]}, data)
            case {"tell": "feed"}:
                for name in sorted(self.watches):
                    self.pages[name].lobby("feed", {}, data)
            case {"tell": "leaveLobby"}:
                self.members = [each for each in self.members if each is not mine]
                self.tell()

    def _do(self, event: str, payload: dict[str, Any], mine: dict[str, Any]) -> dict[str, Any]:
        match event:
            case "loaded":
                mine["loading"] = False
            case "lock":
                self.locked = payload.get("locked", True)
            case "watch":
                (self.watches.add if payload["on"] else self.watches.discard)(mine["name"])
            case "again":
                mine["again"] = payload.get("again", True)
                if all(each["again"] for each in self.members if each["seat"] is not None):
                    self.match += 1
                    for each in self.members:
                        each["again"] = None
            case "invite":
                return {"invite": "another"}
        return {}
