"""Runs a studio inside an event loop, from a bound port to a clean stop. Knows uvicorn; knows no run."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from rollback.errors import NetworkError, UsageError
from rollback.studio.server import StudioApp

__all__ = ["StudioServer", "check_host", "running"]

STOP_WITHIN: Final = 1  # seconds for pages to take a close, whole ones for uvicorn
_SPARE: Final = 64  # connections for files and commands besides those of pages


@dataclass(frozen=True, slots=True)
class StudioServer:
    """A studio that is running.

    Attributes:
        app: The application.
        host: The address it listens on.
        port: The port it listens on.
    """

    app: StudioApp
    host: str
    port: int

    @property
    def url(self) -> str:
        """Where it is reached from this machine."""
        reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://{f'[{reached}]' if ':' in reached else reached}:{self.port}"


class _Server(uvicorn.Server):
    """A server that leaves signals to its caller, says when it is ready, and hangs up on who asks for or takes nothing."""

    def __init__(self, config: uvicorn.Config, ask_within: float) -> None:
        super().__init__(config)
        self._ask_within = ask_within
        # By connection: its last request and how much of the answer waits, and since when that has not changed.
        self._hanging: dict[H11Protocol, tuple[object, int, float]] = {}
        self.ready = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def on_tick(self, counter: int) -> bool:
        self._hang_up(asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    def _hang_up(self, now: float) -> None:
        """End connections that for too long made no whole request, or took nothing of an answer: they would keep others out."""
        before, self._hanging = self._hanging, {}
        for connection in [each for each in self.server_state.connections if isinstance(each, H11Protocol)]:
            request = connection.cycle
            is_answered = request is None or request.response_complete
            unsent = 0 if is_answered else connection.transport.get_write_buffer_size()
            if not is_answered and not unsent:
                continue  # the answer is still being made
            was, amount, since = before.get(connection, (request, unsent, now))
            since = since if was is request and amount == unsent else now
            self._hanging[connection] = (request, unsent, since)
            if now - since >= self._ask_within:
                connection.transport.abort()


def check_host(host: str, *, has_token: bool) -> None:
    """Hold that nobody else's machine can reach a studio that asks for no token.

    Raises:
        UsageError: It could.
    """
    try:
        is_here = ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        is_here = host == "localhost"
    if not is_here and not has_token:
        raise UsageError(
            f"on {host} others could start trainings on this machine: give the studio a token, or serve it on 127.0.0.1"
        )


@contextlib.asynccontextmanager
async def running(
    app: StudioApp, host: str = "127.0.0.1", port: int = 0, *, log_level: str = "error"
) -> AsyncIterator[StudioServer]:
    """Run a studio for the length of an `async with` block; at its end all runs are stopped, as the command does it.

    Args:
        app: The studio.
        host: The address to listen on; another one than of this machine needs a token.
        port: The port; 0 takes a free one, see `StudioServer.port`.
        log_level: Of uvicorn and of the studio: `debug`, `info`, `warning` or `error`.

    Raises:
        UsageError: The address is not of this machine, and there is no token.
        NetworkError: The address cannot be listened on.
    """
    check_host(host, has_token=app.origins.has_token)
    logging.getLogger("rollback.studio").setLevel(log_level.upper())
    listening = await _listen(host, port)
    server = _Server(
        uvicorn.Config(
            app.asgi,
            http="h11",
            ws="wsproto",
            ws_max_size=app.limits.message_bytes,
            ws_per_message_deflate=False,
            ws_ping_interval=None,  # Engine.IO pings already
            lifespan="off",
            log_config=None,
            log_level=log_level,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=app.limits.clients + _SPARE,
            timeout_graceful_shutdown=STOP_WITHIN,
        ),
        app.limits.ask_within,
    )
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await app.start()
        ready = asyncio.create_task(server.ready.wait())
        await asyncio.wait({ready, serving}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if serving.done():
            await serving
            raise NetworkError("the studio ended while it was starting")
        yield StudioServer(app, host, listening.getsockname()[1])
    finally:
        await app.stop()
        server.should_exit = True
        await serving
        connections: list[Any] = list(server.server_state.connections)
        for connection in connections:
            connection.transport.abort()  # somebody who reads nothing would keep it for ever
        listening.close()


async def _listen(host: str, port: int) -> socket.socket:
    if not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= 65535:
        raise NetworkError(f"port must be a whole number from 0 (any free one) to 65535, not {port!r}")
    try:
        found: list[Any] = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NetworkError(f"cannot listen on {host!r}: no such address; 127.0.0.1 is this machine only") from None
    family, _, _, _, address = found[0]
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, so that asyncio sets TCP_NODELAY
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise NetworkError(f"port {port} on {host} is in use already: choose another one, or 0 for any free one") from None
        raise NetworkError(f"cannot listen on port {port} of {host}: {error.strerror or error}") from None
    return listening
