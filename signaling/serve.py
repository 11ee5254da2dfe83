"""Runs a lobby inside an event loop, from a bound port to a clean stop. Knows uvicorn; knows no rooms."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Final

import uvicorn
from starlette.routing import BaseRoute
from uvicorn.protocols.http.h11_impl import H11Protocol

from rollback.errors import NetworkError
from signaling.app import SWEEP_EVERY, LobbyApp
from signaling.codes import show_code
from signaling.limits import Limits
from signaling.raw_socket import RawSocket
from signaling.rooms import Rooms

__all__ = ["LobbyServer", "running"]

STOP_WITHIN: Final = 2  # seconds for clients to take a close, whole ones for uvicorn
UNSENT: Final = 64 * 1024  # bytes that may wait in the system for a receiver, besides those on their way to it
_SPARE: Final = 256  # connections for the page and the health check besides those of the lobby


class LobbyServer:
    """A lobby that is running.

    Attributes:
        host: The address it listens on.
        port: The port it listens on.
        url: Where it is reached from this machine.
        app: The application.
    """

    def __init__(self, app: LobbyApp, host: str, port: int) -> None:
        self.app = app
        self.host = host
        self.port = port
        reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
        self.url = f"http://{f'[{reached}]' if ':' in reached else reached}:{port}"

    @property
    def rooms(self) -> Rooms:
        """All rooms, to look at."""
        return self.app.desk.rooms

    def open_room(self, *, players: int | None = None, game: str = "", kept: bool = True) -> str:
        """Open a room, and return its code.

        Args:
            players: How many play; None: the first member that says so fixes it.
            game: A label told to all who join.
            kept: Whether it waits for its members as long as the lobby runs; else it goes when nobody is in it for a minute.
        """
        return show_code(self.app.open_room(players=players, game=game, kept=kept).code)


class _Server(uvicorn.Server):
    """A server that leaves signals to its caller, hangs up on who asks for or takes nothing, and stops at once."""

    def __init__(self, config: uvicorn.Config, ask_within: float) -> None:
        super().__init__(config)
        self._ask_within = ask_within
        # The request that was answered last, or is being answered and how much of it waits; and since when.
        self._silent: dict[H11Protocol, tuple[tuple[Any, int], float]] = {}
        self.ready = asyncio.Event()
        self.leaving = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        while not self.leaving.is_set():
            await self.on_tick(0)  # renews the date header
            self._end_silent(asyncio.get_running_loop().time())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.leaving.wait(), min(1.0, self._ask_within))

    def end_downloads(self) -> None:
        """End connections whose answer is not yet out."""
        for connection in list(self.server_state.connections):
            if isinstance(connection, H11Protocol) and connection.cycle and not connection.cycle.response_complete:
                connection.transport.abort()

    def _end_silent(self, now: float) -> None:
        """End connections that do not make a whole request, or take nothing of an answer; uvicorn waits without an end."""
        silent: dict[H11Protocol, tuple[tuple[Any, int], float]] = {}
        for connection in self.server_state.connections:
            if not isinstance(connection, H11Protocol):
                continue
            answered = connection.cycle
            is_done = answered is None or answered.response_complete
            waiting = 0 if is_done else connection.transport.get_write_buffer_size()
            if is_done or waiting:  # else it is us who think about the answer
                (request, waited), since = self._silent.get(connection, ((answered, waiting), now))
                is_as_before = request is answered and waited == waiting
                silent[connection] = (answered, waiting), since if is_as_before else now
        self._silent = silent
        for connection, (_, since) in silent.items():
            if now - since >= self._ask_within:
                connection.transport.abort()


@contextlib.asynccontextmanager
async def running(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    limits: Limits | None = None,
    log_level: str = "error",
    loss_level: str = "warning",
    origins: Sequence[str] = (),
    proxies: Sequence[str] = (),
    ping_interval: float = 5.0,
    ping_timeout: float = 10.0,
    sweep_every: float = SWEEP_EVERY,
    pages: Sequence[BaseRoute] = (),
    embedders: Sequence[str] = (),
    secret: bytes | None = None,
) -> AsyncIterator[LobbyServer]:
    """Run a lobby for the length of an `async with` block.

    Args:
        host: The address to listen on; the default is reached from this machine only.
        port: The port; 0 takes a free one, see `LobbyServer.port`.
        limits: The limits of the lobby.
        log_level: Of uvicorn and of the lobby itself: `debug`, `info`, `warning` or `error`.
        loss_level: Of the lines about what the relay dropped, which are warnings: who runs a lobby hears of these, also where
            it is to say little.
        origins: Web origins besides the own one whose pages may connect.
        proxies: Addresses of reverse proxies in front of this server, whose word on the client's address is taken.
        ping_interval: Seconds between the pings to each client, whole ones.
        ping_timeout: Seconds a client may take to answer.
        sweep_every: Seconds between two looks for what has lasted too long.
        pages: Routes of a web client; without any, `/` is a page that says what this is.
        embedders: Web origins whose pages may show this lobby's pages in a frame.
        secret: What tokens are signed with, see `secret.kept_secret`: a lobby that is started again with the same one
            gives its rooms back to their members. Random unless given.

    Raises:
        NetworkError: The address cannot be listened on.
    """
    logging.getLogger("signaling").setLevel(log_level.upper())
    logging.getLogger("signaling.relay").setLevel(loss_level.upper())
    listening = await _listen(host, port)
    app = LobbyApp(
        limits,
        origins=origins,
        ping_interval=ping_interval,
        ping_timeout=ping_timeout,
        sweep_every=sweep_every,
        pages=pages,
        embedders=embedders,
        secret=secret,
    )
    server = _Server(
        uvicorn.Config(
            app.asgi,
            http="h11",
            ws=RawSocket,
            ws_max_size=app.limits.frame_bytes,
            ws_per_message_deflate=False,  # it costs a relayed datagram more time than it saves
            ws_ping_interval=None,  # Engine.IO pings already
            lifespan="off",
            log_config=None,
            log_level=log_level,
            access_log=False,
            server_header=False,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=list(proxies),
            limit_concurrency=app.limits.connections + _SPARE,
            timeout_graceful_shutdown=STOP_WITHIN,
        ),
        ask_within=app.limits.join_within,
    )
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await _until_ready(server, serving)
        await app.start()
        yield LobbyServer(app, host, listening.getsockname()[1])
    finally:
        await app.stop()
        server.end_downloads()  # or they are waited for, and then cancelled with a word about each
        server.leaving.set()
        await serving
        for connection in list(server.server_state.connections):
            connection.transport.abort()  # somebody who reads nothing would keep it for ever
        await app.stop()
        listening.close()


async def _until_ready(server: _Server, serving: asyncio.Task[None]) -> None:
    ready = asyncio.create_task(server.ready.wait())
    try:
        await asyncio.wait({ready, serving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ready.cancel()
    if serving.done():
        await serving
        raise NetworkError("the lobby ended while it was starting")


async def _listen(host: str, port: int) -> socket.socket:
    if not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= 65535:
        raise NetworkError(f"port must be a whole number from 0 (any free one) to 65535, not {port!r}")
    try:
        found: list[Any] = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NetworkError(f"cannot listen on {host!r}: no such address; 127.0.0.1 is this machine only") from None
    family, _, _, _, address = found[0]
    # With the protocol named, asyncio sets TCP_NODELAY on what is accepted; without, a datagram can wait 40 ms for an
    # acknowledgement of the one before.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would allow a second server on the same port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections inherit it. The system would let megabytes wait for each slow receiver; what is late is worthless.
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)
        listening.bind(address)
        listening.listen(512)
        return listening
    except OSError as error:
        listening.close()
        match error.errno:
            case errno.EADDRINUSE:
                sentence = f"port {port} on {host} is in use already: choose another one, or 0 for any free one"
            case errno.EACCES:
                sentence = f"port {port} on {host} may not be used by this account: choose one above 1023"
            case errno.EADDRNOTAVAIL:
                sentence = f"cannot listen on {host}: this machine has no such address; 127.0.0.1 is always there"
            case _:
                sentence = f"cannot listen on port {port} of {host}: {error.strerror or error}"
        raise NetworkError(sentence) from None
