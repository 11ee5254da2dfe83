"""The desk behind a Socket.IO server in a Starlette application. Knows connections and the clock; no rules."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import socketio
from engineio.exceptions import SocketIsClosedError
from engineio.packet import MESSAGE
from engineio.packet import Packet as EnginePacket
from socketio.packet import Packet as EventPacket
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from signaling.desk import EVENTS, Desk
from signaling.fanout import FanOut
from signaling.gate import LINK, App, Gate, Link
from signaling.limits import Limits
from signaling.losses import Losses
from signaling.outbox import Outbox
from signaling.outcome import Delivery, Outcome
from signaling.pages import SafeHeaders, health_route, plain_page
from signaling.room import Room

__all__ = ["LobbyApp"]

SWEEP_EVERY: Final = 1.0  # seconds

_log = logging.getLogger("signaling.socketio")
_losses_log = logging.getLogger("signaling.relay")


class LobbyApp:
    """A lobby as an ASGI application, `asgi`, to be served between `start` and `stop`.

    Args:
        limits: The limits of the lobby.
        origins: Web origins besides the own one whose pages may connect. Native clients have none and always may.
        ping_interval: Seconds between the pings to each client, whole ones.
        ping_timeout: Seconds a client may take to answer.
        sweep_every: Seconds between two looks for what has lasted too long.
        pages: Routes of a web client; without any, `/` is a page that says what this is.
        embedders: Web origins whose pages may show this lobby's pages in a frame.
        secret: What tokens are signed with; a lobby that is started again with it knows its rooms again. Random unless
            given.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        origins: Sequence[str] = (),
        ping_interval: float = 5.0,
        ping_timeout: float = 10.0,
        sweep_every: float = SWEEP_EVERY,
        pages: Sequence[BaseRoute] = (),
        embedders: Sequence[str] = (),
        secret: bytes | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits or Limits()
        self.desk = Desk(self.limits, secret=secret, wall_ahead=time.time() - clock())
        self._clock = clock
        self._sweep_every = sweep_every
        self._links: dict[str, Link] = {}
        self._sids: dict[str, str] = {}  # connection -> Socket.IO's id of it
        self._keys: dict[str, str] = {}  # and back
        self._tasks: set[asyncio.Task[Any]] = set()
        self._fans: dict[str, FanOut] = {}  # by the birth of the room
        self._losses = Losses()
        self._asked = asyncio.Event()  # something waits in the desk for its time
        self._server = socketio.AsyncServer(
            async_mode="asgi",
            transports=["websocket"],
            async_handlers=False,  # or the events of one client would overtake each other
            cors_allowed_origins=_own_and(origins),
            max_http_buffer_size=self.limits.frame_bytes,
            ping_interval=ping_interval,
            ping_timeout=ping_timeout,
            allow_upgrades=False,
            logger=_log,
            engineio_logger=_log,
        )
        # The library's writer takes all that waits at once, and what is in its hands is not counted any more.
        self._server.eio.create_queue = Outbox
        # The library starts tasks and forgets them; a lobby that stops must take them along.
        self._server.eio.start_background_task = self._start_task
        self._server.on("connect", self._connected)
        self._server.on("disconnect", self._disconnected)
        self._server.on("*", self._happened)
        gate = Gate(
            socketio.ASGIApp(self._server, socketio_path=None),
            limits=self.limits,
            events=EVENTS,
            opened=self._opened,
            closed=self._closed,
        )
        routes: list[BaseRoute] = [Mount("/socket.io", app=gate), health_route(self._count), *(pages or [plain_page()])]
        self.asgi: App = SafeHeaders(Starlette(routes=routes), embedders)

    async def start(self) -> None:
        """Begin to sweep."""
        self._start_task(self._sweep)
        self._start_task(self._settle)

    async def stop(self) -> None:
        """End all connections and tasks."""
        for link in list(self._links.values()):
            link.end()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def open_room(self, *, players: int | None = None, game: str = "", kept: bool = True) -> Room:
        """Open a room, which waits for its members as long as the lobby runs if it is kept."""
        return self.desk.rooms.open(players=players, game=game, kept=kept, now=self._clock())

    def _start_task(self, target: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> asyncio.Task[Any]:
        async def run() -> Any:
            return await target(*args, **kwargs)

        task = asyncio.get_running_loop().create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _count(self) -> dict[str, int]:
        return {"rooms": len(self.desk.rooms), "members": self.desk.rooms.members}

    # Connections, in the order of their lives.

    def _opened(self, link: Link) -> None:
        self.desk.arrive(link.key, link.address, now=self._clock())
        self._links[link.key] = link

    async def _connected(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        key = environ["asgi.scope"][LINK].key
        self._sids[key], self._keys[sid] = sid, key

    async def _happened(self, event: str, sid: str, *arguments: Any) -> Any:
        key = self._keys.get(sid)
        if key is None:
            return None
        outcome = self.desk.handle(key, event, arguments, now=self._clock())
        if self.desk.wake_at is not None:
            self._asked.set()
        await self._carry_out(outcome)
        return outcome.answer

    async def _disconnected(self, sid: str, reason: str) -> None:
        key = self._keys.pop(sid, "")
        self._sids.pop(key, None)
        link = self._links.get(key)
        if link is not None:
            link.end()

    async def _closed(self, link: Link) -> None:
        self._links.pop(link.key, None)
        self._keys.pop(self._sids.pop(link.key, ""), None)
        await self._carry_out(self.desk.depart(link.key, now=self._clock()))

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(self._sweep_every)
            try:
                await self._carry_out(self.desk.sweep(now=self._clock()))
                await self._tell_losses()
                self._end_fans()
            except Exception:  # without its sweeper the lobby would fill up unnoticed
                _log.exception("a sweep failed")

    async def _tell_losses(self) -> None:
        """Tell who was sent more than its line takes; the log hears of it too."""
        told = Outcome()
        for connection, count in self._losses.take().items():
            told.send(connection, "dropped", {"count": count})
        await self._carry_out(told)
        if report := self._losses.report(self._clock()):
            _losses_log.warning(report)

    async def _settle(self) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            while (at := self.desk.wake_at) is not None:
                await asyncio.sleep(max(0.0, at - self._clock()))
                await self._carry_out(self.desk.settle(now=self._clock()))

    async def _carry_out(self, outcome: Outcome) -> None:
        told: tuple[dict[str, Any] | None, list[EnginePacket]] = None, []
        for delivery in outcome.deliveries:
            if delivery.payload is not told[0]:  # what is told to many is encoded once
                told = delivery.payload, _packets(delivery)
            await self._deliver(delivery, told[1], outcome)
        for connection in outcome.ended:
            link = self._links.get(connection)
            if link is not None:
                link.end()
        if outcome.fed is not None:
            self._fan_out(outcome.fed, outcome.anew)

    async def _deliver(self, delivery: Delivery, packets: list[EnginePacket], outcome: Outcome) -> None:
        sid = self._sids.get(delivery.connection)
        socket = self._server.eio.sockets.get(self._server.manager.eio_sid_from_sid(sid, "/")) if sid is not None else None
        if socket is None:
            return
        outbox: Outbox = socket.queue
        if outbox.qsize() > self.limits.overflow or outbox.bytes > self.limits.overflow_bytes:
            outcome.ended.append(delivery.connection)
        elif delivery.event == "relay" and (outbox.qsize() > self.limits.outbox or outbox.bytes > self.limits.outbox_bytes):
            self.desk.dropped["slow_receiver"] += 1
            self._losses.note(delivery.connection)
        else:
            with contextlib.suppress(SocketIsClosedError):  # its link ends by itself
                for packet in packets:
                    await socket.send(packet)

    def _fan_out(self, room: Room, anew: str | None) -> None:
        """Have the news of a room's feed handed out, all of it to whoever wants it anew."""
        fan = self._fans.get(room.born)
        if fan is not None and fan.feed is not room.feed:
            self._fans.pop(room.born).end()
            fan = None
        if fan is None and room.feed is not None:
            fan = self._fans[room.born] = FanOut(room.feed, lambda: self._outlets(room))
        if fan is not None:
            if anew is not None:
                fan.restart(anew)
            fan.tell()
            if not fan.is_running:
                fan.is_running = True  # from now on, not when the task comes to its turn
                self._start_task(fan.run)

    def _outlets(self, room: Room) -> list[Link]:
        return [link for key in room.watchers() if (link := self._links.get(key)) is not None]

    def _end_fans(self) -> None:
        """Let go of what was handed out in rooms that are gone."""
        feeds = {room.born: room.feed for room in self.desk.rooms}
        for born in [born for born, fan in self._fans.items() if feeds.get(born) is not fan.feed]:
            self._fans.pop(born).end()


def _packets(delivery: Delivery) -> list[EnginePacket]:
    encoded: str | list[str | bytes] = EventPacket(data=[delivery.event, delivery.payload], namespace="/").encode()
    pieces = [encoded] if isinstance(encoded, str) else encoded
    return [EnginePacket(MESSAGE, data=piece) for piece in pieces]


def _own_and(origins: Sequence[str]) -> list[str] | Callable[[str, dict[str, Any]], bool] | None:
    """Return what the library takes for "the own origin and these"; None is the own one only."""
    if not origins:
        return None
    allowed = frozenset(origins)

    def is_allowed(origin: str, environ: dict[str, Any]) -> bool:
        own = f"{environ.get('wsgi.url_scheme', 'http')}://{environ.get('HTTP_HOST', '')}"
        return origin == own or origin in allowed

    return is_allowed
