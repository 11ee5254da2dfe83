"""The studio behind a Socket.IO server in a Starlette application. Knows connections and the clock; trains nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final

import socketio
from engineio.exceptions import SocketIsClosedError
from socketio.exceptions import ConnectionRefusedError as Unwanted
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from rollback import __version__
from rollback.agents.checkpoints import Runs
from rollback.studio.bucket import Bucket
from rollback.studio.catalogue import Catalogue
from rollback.studio.desk import Desk, Here, Play
from rollback.studio.door import LINK, App, Door, Link
from rollback.studio.limits import Limits
from rollback.studio.notices import Notices
from rollback.studio.origins import Origins
from rollback.studio.pace import FASTEST, SLOWEST
from rollback.studio.pages import SafeHeaders, page_routes
from rollback.studio.process import Program
from rollback.studio.refusals import Refused
from rollback.studio.routes import api_routes
from rollback.studio.run import Run
from rollback.studio.run_process import run as train
from rollback.studio.sending import Packet
from rollback.studio.stream import Viewer
from rollback.studio.supervisor import NEWS, Supervisor
from rollback.studio.tasks import Tasks

__all__ = ["StudioApp"]

TURN: Final = 0.02  # seconds between two looks at what pages are to be told
LOOK: Final = 0.2  # the same when there are no news

_log = logging.getLogger("rollback.studio.socketio")


@dataclass(slots=True)
class _Client:
    sid: str
    link: Link
    viewer: Viewer
    commands: Bucket
    patience: Bucket


class StudioApp:
    """A studio as an ASGI application, `asgi`, to be served between `start` and `stop`.

    Args:
        runs: The folder of the runs, or its path.
        token: What pages and scripts must bring along; empty: nothing, and it may be served to this machine only.
        origins: Web origins besides the own one whose pages may connect.
        limits: Of the studio.
        environments: Names of environments besides those the algorithms offer; a page cannot make them up.
        play: Opens a room with a checkpoint, given its file and its environment, and returns where; None: cannot be done.
        here: Lets browsers play a checkpoint alone; None: cannot be done.
        pages: Further routes; they come first.
        program: What runs in the processes of the runs.

    Raises:
        UsageError: The token is too short, or an origin is none.
    """

    def __init__(
        self,
        runs: Runs | str | os.PathLike[str] = "runs",
        *,
        token: str = "",
        origins: Sequence[str] = (),
        limits: Limits | None = None,
        environments: Sequence[str] = (),
        play: Play | None = None,
        here: Here | None = None,
        pages: Sequence[BaseRoute] = (),
        program: Program = train,
    ) -> None:
        self.limits = limits or Limits()
        self.origins = Origins(token, origins)
        catalogue = Catalogue(environments)
        self.supervisor = Supervisor(
            runs if isinstance(runs, Runs) else Runs(runs), catalogue, self.limits, self._tell, program
        )
        self._algorithms = catalogue.told()
        self._desk = Desk(self.supervisor, catalogue, self.limits, play, here)
        self._clients: dict[str, _Client] = {}
        self._notices = Notices()
        self._news = asyncio.Event()
        self._tasks = Tasks()
        self._server = socketio.AsyncServer(
            async_mode="asgi",
            serializer=Packet,
            transports=["websocket"],
            async_handlers=False,  # or the commands of one page would overtake each other
            cors_allowed_origins=[],  # the door has looked at the origin
            max_http_buffer_size=self.limits.message_bytes,
            ping_interval=5,
            ping_timeout=20,
            allow_upgrades=False,
            logger=_log,
            engineio_logger=_log,
        )
        # The library starts tasks and forgets them; a studio that stops must take them along.
        self._server.eio.start_background_task = self._start_task
        self._server.on("connect", self._connected)
        self._server.on("disconnect", self._disconnected)
        self._server.on("*", self._happened)
        self._door = Door(socketio.ASGIApp(self._server, socketio_path=None), self.origins, self.limits, self._closed)
        api = api_routes(self._desk, self.supervisor.shelf, self.origins, self.limits)
        routes: list[BaseRoute] = [*pages, Mount("/socket.io", app=self._door), *api, *page_routes()]
        self.asgi: App = SafeHeaders(Starlette(routes=routes))

    async def start(self) -> None:
        """List the runs that are there, and begin to tell pages."""
        await self.supervisor.open()
        self._tasks.start(self._pump())

    async def stop(self) -> None:
        """Stop all runs, then end all connections and tasks."""
        await self.supervisor.close()
        await asyncio.sleep(2 * TURN)  # the last states are on their way
        self._door.close()
        await self._tasks.end()

    def _start_task(self, target: Callable[..., Coroutine[Any, Any, Any]], *args: Any, **kwargs: Any) -> asyncio.Task[Any]:
        return self._tasks.start(target(*args, **kwargs))

    # Connections, in the order of their lives.

    async def _connected(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        link: Link = environ["asgi.scope"][LINK]
        try:
            self.origins.check_token(auth.get("token") if isinstance(auth, dict) else "")
        except Refused as refused:
            raise Unwanted(str(refused)) from None
        link.has_entered = True
        now = time.monotonic()
        commands, patience = Bucket(self.limits.commands, now=now), Bucket(self.limits.patience, now=now)
        self._clients[sid] = _Client(sid, link, Viewer(), commands, patience)
        self._attend()

    async def _happened(self, event: str, sid: str, *arguments: Any) -> Any:
        client = self._clients.get(sid)
        if client is None:
            return None
        try:
            if not client.commands.take(now=time.monotonic()):
                rate = self.limits.commands.per_second
                raise Refused("too_often", f"too many commands: at most {rate:g} a second are taken")
            answer = await self._desk.carry_out(event, arguments[0] if arguments else None, client.viewer)
        except Refused as refused:
            told = {"message": str(refused), "command": event[:60], "reason": refused.reason}
            if not client.patience.take(now=time.monotonic()):
                client.link.end()
            self._send(client, "error", told)
            return {"ok": False, "error": str(refused), "reason": refused.reason, "status": refused.status}
        self._attend()
        if event == "ping":
            self._send(client, "pong", {"at": answer["at"], "now": answer["now"]})
        return answer

    async def _disconnected(self, sid: str, reason: str) -> None:
        client = self._clients.pop(sid, None)
        if client is not None:
            client.link.end()
        self._attend()

    def _closed(self, link: Link) -> None:
        for sid in [sid for sid, client in self._clients.items() if client.link is link]:
            del self._clients[sid]
        self._attend()

    # What pages are told.

    def _tell(self, event: str, payload: dict[str, Any]) -> None:
        self._news.set()
        if event == NEWS:
            return
        payload = self._notices.noted(event, payload, time.time())
        for client in list(self._clients.values()):
            if not client.viewer.is_behind:  # else the snapshot will say so
                self._send(client, event, payload)

    def _send(self, client: _Client, event: str, payload: dict[str, Any], kind: str = "") -> None:
        """Send an event, unless too many wait already: then the page gets a snapshot when it listens again."""
        socket = self._socket(client)
        if socket is None:
            return
        if socket.queue.qsize() > self.limits.unsent:
            client.viewer.is_behind = True
            return
        taken = (lambda *_: self._acknowledged(client, kind)) if kind else None
        self._tasks.start(self._emit(event, payload, client.sid, taken))

    async def _emit(self, event: str, payload: dict[str, Any], sid: str, taken: Callable[..., None] | None) -> None:
        with contextlib.suppress(SocketIsClosedError, KeyError):  # its link ends by itself
            await self._server.emit(event, payload, to=sid, callback=taken)

    def _socket(self, client: _Client) -> Any:
        return self._server.eio.sockets.get(self._server.manager.eio_sid_from_sid(client.sid, "/"))

    def _acknowledged(self, client: _Client, kind: str) -> None:
        client.viewer.acknowledged(kind)
        self._news.set()

    def _attend(self) -> None:
        """Have pictures made of what is looked at, and of nothing else."""
        runs, current = self.supervisor.shelf.newest_first(), self.supervisor.shelf.current()
        watched = (client.viewer.watched(runs, current) for client in self._clients.values())
        self.supervisor.watch(frozenset(run.name for run in watched if run is not None))
        self._news.set()

    async def _pump(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):  # a page that was too slow makes no news when it has caught up
                async with asyncio.timeout(LOOK):  # `wait_for` of Python 3.11 may lose the word to end
                    await self._news.wait()
            self._news.clear()
            runs, current = self.supervisor.shelf.newest_first(), self.supervisor.shelf.current()
            for client in list(self._clients.values()):
                try:
                    self._feed(client, runs, current)
                except Exception:  # one page's trouble is not that of the others
                    _log.exception("a page could not be told")
                    client.link.end()
            await asyncio.sleep(TURN)

    def _feed(self, client: _Client, runs: Sequence[Run], current: Run | None) -> None:
        socket = self._socket(client)
        if socket is None:
            return
        # A new page has its greeting on the way, and gets the snapshot right behind it.
        is_drained = socket.queue.qsize() <= 1

        def snapshot(told: Sequence[Run]) -> dict[str, Any]:
            return self._snapshot(client, runs, current, told)

        with contextlib.suppress(KeyError):
            for kind, event, payload in client.viewer.due(runs, current, snapshot, self.limits, is_drained=is_drained):
                self._send(client, event, payload, kind)

    def _snapshot(self, client: _Client, runs: Sequence[Run], current: Run | None, told: Sequence[Run]) -> dict[str, Any]:
        watching = client.viewer.watched(runs, current)
        limits = self.limits
        listed, more = self.supervisor.shelf.older("")
        return {
            "version": __version__,
            "algorithms": self._algorithms,
            "limits": {"runs": limits.runs, "episodes": limits.episodes, "message_bytes": limits.message_bytes},
            "speeds": {"least": SLOWEST, "greatest": FASTEST},
            "runs": [run.told() for run in listed],
            "more_runs": more,
            "curves": {run.name: run.curve_told() for run in told},
            "watching": watching.name if watching is not None else None,
            "notices": self._notices.told(),
        }
