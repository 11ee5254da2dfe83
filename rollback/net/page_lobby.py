"""A place in a lobby's room whose connection the page around this worker holds. Knows a port; opens no sockets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any, Final

from rollback.errors import NetworkError
from rollback.net.ice import IceOptions
from rollback.net.lobby_requests import LobbyRequests
from rollback.net.page_connection import PageConnection
from rollback.net.page_port import PagePort
from rollback.net.words import plain_words

__all__ = ["PageLobby"]

ANSWER_WITHIN: Final = 10.0  # seconds


class PageLobby(LobbyRequests):
    """A member's view of its room, for `rollback.play` and `rollback.watch` in a browser.

    The page entered the room, comes back to it by itself, and keeps what the lobby says until it is taken.

    Args:
        port: To the page; its `lobby` messages are taken over.
        welcome: What the lobby said on entering; without it, the first `welcome` of the page: await `entered`.
    """

    def __init__(self, port: PagePort, welcome: Mapping[str, Any] | None = None) -> None:
        super().__init__("this page's server")
        self._port = port
        self._here = False
        self._asking: set[asyncio.Task[None]] = set()
        if welcome is not None:
            self._take({"event": "welcome", "payload": welcome}, None)
        port.on("lobby", self._take)

    async def entered(self, timeout: float | None = None) -> None:
        """Return when the page has entered a room.

        Raises:
            NetworkError: It did not within `timeout` seconds, or cannot.
        """
        try:
            async with asyncio.timeout(timeout):
                while not self.room:
                    await self._wait_for_news()
        except TimeoutError:
            raise NetworkError(f"the page entered no room within {timeout:g} s") from None

    async def loaded(self) -> None:
        """Say that this member is ready to play: until then the others do not count on it.

        Raises:
            NetworkError: The lobby refuses, or cannot be reached for ten seconds.
        """
        await self._ask("loaded", {})

    def peer_connection(self, options: IceOptions) -> PageConnection:
        """Return a new peer connection, which the page holds."""
        return PageConnection(self._port, options)

    @property
    def connected(self) -> bool:
        """Whether the server can be reached now."""
        return self._here

    async def close(self) -> None:
        """Let the page leave the room, so that the others know at once. Never raises."""
        over, self._over = self._over, self._over or "this lobby was closed"
        self._here = False
        self._port.on("lobby", None)
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)
        if not over:
            self._port.post({"tell": "leaveLobby"})
        self._notify()

    def _relay(self, member_id: str, data: bytes) -> bool:
        self._port.post({"tell": "relay", "to": member_id}, data)
        return True

    def _feed(self, message: bytes) -> bool:
        self._port.post({"tell": "feed"}, message)
        return True

    async def _ask(self, event: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        until = asyncio.get_running_loop().time() + ANSWER_WITHIN
        try:
            async with asyncio.timeout_at(until):
                while not self._here:
                    await self._wait_for_news()
        except TimeoutError:
            raise NetworkError(f"the lobby at {self.url} did not answer within {ANSWER_WITHIN:g} s") from None
        within = max(1.0, until - asyncio.get_running_loop().time())
        return await self._port.ask({"tell": "ask", "event": event, "payload": dict(payload)}, within)

    def _take(self, message: Mapping[str, Any], data: bytes | None) -> None:
        event, payload = message.get("event"), message.get("payload")
        match event:
            case "welcome":
                self._welcomed(payload, again=message.get("again") is True)
            case _ if not self.room and event != "over":
                pass  # of a room that the page has left
            case "lost":
                self._here = False
                self._notify()
            case "over":
                self._here = False
                sentence = payload.get("error") if isinstance(payload, Mapping) else payload
                self._over = self._over or plain_words(str(sentence or "the page left the room"))
                self._notify()
            case str() if isinstance(payload, Mapping):
                self._happened(event, payload if data is None else {**payload, "data": data})

    def _welcomed(self, told: Any, *, again: bool) -> None:
        before, match = self.members, self.match
        with contextlib.suppress(KeyError, TypeError):  # not as a lobby tells it
            self.take_welcome(told)
            self._here = True
            self._tokens.put(self.resume)
            self._tell_news(before, match)
            if again and self._watches:
                self._asking.add(asking := asyncio.ensure_future(self._watch_again()))
                asking.add_done_callback(self._asking.discard)

    async def _watch_again(self) -> None:
        with contextlib.suppress(NetworkError):  # whoever watches sees that nothing comes
            await self._ask("watch", {"on": True})
