"""One connection to a lobby server, from its opening to its end. Knows Socket.IO; knows no rooms."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import socketio

from rollback.errors import NetworkError
from rollback.net.lobby_refusal import LobbyRefusal
from rollback.net.words import plain_words

__all__ = ["LobbyLink", "LobbyRefusal", "mend_url"]

RELAYS_WAITING: Final = 4  # datagrams for each member: four frames; what waits longer is better folded into the next
FEEDS_WAITING: Final = 32  # messages of a feed: a third of a second of the largest
PACKETS_WAITING: Final = 8  # between us and the socket; two make a datagram
CLOSE_WITHIN: Final = 1.0  # seconds

# The libraries' own messages: what matters of them is said in errors and by `connected`.
_log = logging.getLogger("rollback.net.socketio")
_log.setLevel(logging.CRITICAL)


def mend_url(given: str) -> str:
    """Return `scheme://host:port` of an address as people give it: without a scheme, with a path, or as `ws://`.

    Raises:
        NetworkError: It is no address of a server.
    """
    text = given.strip() if isinstance(given, str) else ""
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
        if scheme in ("http", "https") and parts.hostname and parts.port != 0 and not any(map(str.isspace, parts.netloc)):
            return f"{scheme}://{parts.netloc}"
    except ValueError:
        pass
    raise NetworkError(f"{given!r} is no address of a lobby: give one such as http://127.0.0.1:8000")


class LobbyLink:
    """An open connection. Made by `open`, to be closed by `close`, also when it was lost.

    Args:
        url: The mended address.
        on_event: Called with (event, payload) as events arrive, in their order.
        on_lost: Called once when the connection ends, unless `close` ended it.
    """

    def __init__(self, url: str, on_event: Callable[[str, Any], None], on_lost: Callable[[], None]) -> None:
        self.url = url
        self._on_event = on_event
        self._on_lost = on_lost
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._waiting_for: Counter[str] = Counter()
        self._feeds: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._session = aiohttp.ClientSession()
        self._client = socketio.AsyncClient(
            reconnection=False,  # the lobby comes back with its resume token, on a new link
            handle_sigint=False,
            http_session=self._session,
            websocket_extra_options={"compress": 0},
            logger=_log,
            engineio_logger=_log,
        )
        self._client.on("disconnect", self._lost)
        self._client.on("*", self._happened)

    @classmethod
    async def open(
        cls, url: str, *, on_event: Callable[[str, Any], None], on_lost: Callable[[], None], timeout: float
    ) -> LobbyLink:
        """Connect.

        Raises:
            NetworkError: Nothing answers there, something else than a lobby does, or the lobby refuses.
        """
        link = cls(url, on_event, on_lost)
        try:
            try:
                await link._client.connect(url, transports=["websocket"], wait_timeout=timeout)
            except (socketio.exceptions.ConnectionError, aiohttp.ClientError, OSError, ValueError, KeyError, TypeError):
                # Whatever is at that address may answer anything; the library lets some of it through.
                raise await link._explained() from None
        except BaseException:
            await link.close()
            raise
        link._writer = asyncio.create_task(link._write())
        return link

    @property
    def is_open(self) -> bool:
        """Whether the connection stands, as far as is known."""
        return not self._ended.done()

    async def ask(
        self,
        event: str,
        payload: Mapping[str, Any] | None = None,
        *,
        then: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> Mapping[str, Any]:
        """Send an event and return the answer; time-outs are the caller's.

        Args:
            event: Its name.
            payload: Its fields.
            then: Called with a good answer before any event that arrives after it; raises `KeyError` or `TypeError`
                where it is not what a lobby answers.

        Raises:
            LobbyRefusal: The lobby said no.
            NetworkError: The connection was lost, or the answer is none of a lobby.
        """
        answered: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def take(*answer: Any) -> None:
            if answered.done():
                return
            told = answer[0] if answer else None
            if then is not None and isinstance(told, Mapping) and told.get("ok") is True:
                try:
                    then(told)
                except (KeyError, TypeError):
                    told = None  # not what a lobby answers
            answered.set_result(told)

        try:
            await self._client.emit(event, dict(payload or {}), callback=take)
        except socketio.exceptions.SocketIOError:
            raise NetworkError(f"the connection to the lobby at {self.url} is lost") from None
        await asyncio.wait({answered, self._ended}, return_when=asyncio.FIRST_COMPLETED)
        if not answered.done():
            answered.cancel()
            raise NetworkError(f"the connection to the lobby at {self.url} is lost")
        answer = answered.result()
        if isinstance(answer, Mapping) and answer.get("ok") is True:
            return answer
        if isinstance(answer, Mapping) and isinstance(answer.get("error"), str):
            raise LobbyRefusal(str(answer.get("code")), plain_words(answer["error"]))
        raise NetworkError(f"{self.url} answers, but not as a lobby does: is it another kind of server?")

    def relay(self, member_id: str, data: bytes) -> bool:
        """Queue a datagram; False: too many wait for this member already."""
        if self._ended.done() or self._waiting_for[member_id] >= RELAYS_WAITING:
            return False
        self._waiting_for[member_id] += 1
        self._waiting.append((member_id, data))
        self._wake.set()
        return True

    def feed(self, data: bytes) -> bool:
        """Queue a message of a feed, behind all datagrams; False: too many wait already."""
        if self._ended.done() or len(self._feeds) >= FEEDS_WAITING:
            return False
        self._feeds.append(data)
        self._wake.set()
        return True

    async def close(self) -> None:
        """End the connection and everything that belongs to it, within about a second."""
        if not self._ended.done():
            self._ended.set_result(None)
        engine = self._client.eio
        try:
            if engine.state == "connected":
                with contextlib.suppress(Exception):
                    async with asyncio.timeout(CLOSE_WITHIN):
                        await engine.disconnect(abort=True)
        finally:
            tasks = [task for task in (self._writer, engine.read_loop_task, engine.write_loop_task) if task is not None]
            for task in tasks:
                task.cancel()
            try:
                await asyncio.gather(*tasks, return_exceptions=True)
            finally:
                await self._session.close()

    async def _write(self) -> None:
        queue = self._client.eio.queue
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting or self._feeds:
                if queue.qsize() > PACKETS_WAITING:
                    await queue.join()  # the socket takes no more for now
                try:
                    await self._client.emit(*self._next())
                except socketio.exceptions.SocketIOError:
                    return  # lost; whoever owns this link is told so

    def _next(self) -> tuple[str, dict[str, Any]]:
        """Take what goes out next: datagrams before the feed, for the match before those who watch it."""
        if not self._waiting:
            return "feed", {"data": self._feeds.popleft()}
        member_id, data = self._waiting.popleft()
        self._waiting_for[member_id] -= 1
        return "relay", {"to": member_id, "data": data}

    def _happened(self, event: str, *arguments: Any) -> None:
        self._on_event(event, arguments[0] if arguments else None)

    def _lost(self, reason: str) -> None:
        if not self._ended.done():
            self._ended.set_result(None)
            self._on_lost()

    async def _explained(self) -> NetworkError:
        """Return why no connection came about, after another look at the address."""
        try:
            async with self._session.get(f"{self.url}/healthz", timeout=aiohttp.ClientTimeout(total=3)) as answer:
                health = await answer.json(content_type=None)
                is_lobby = answer.status == 200 and isinstance(health, dict) and "rooms" in health
        except (aiohttp.ClientConnectionError, TimeoutError, OSError):
            return NetworkError(
                f"no lobby answers at {self.url}: check the address, and that `rollback serve` is running there"
            )
        except (aiohttp.ClientError, ValueError):
            is_lobby = False
        if is_lobby:
            return NetworkError(
                f"the lobby at {self.url} turned this connection away: it has too many, at all or from your address;"
                " try again later"
            )
        return NetworkError(f"{self.url} answers, but it is no lobby: give the address that `rollback serve` prints")
