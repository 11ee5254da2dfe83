"""A place in a lobby's room, kept across lost connections. Knows the room; no game and no direct connection."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import secrets
from collections.abc import Mapping
from typing import Any, Final

from rollback.errors import NetworkError, UsageError
from rollback.net.lobby_link import LobbyLink, mend_url
from rollback.net.lobby_refusal import LobbyRefusal
from rollback.net.lobby_requests import LobbyRequests
from rollback.net.room_view import Member

__all__ = ["Lobby", "Member"]

ANSWER_WITHIN: Final = 10.0  # seconds
COME_BACK_FOR: Final = 300.0  # seconds; a lobby that is away for longer may be away for good
PAUSES: Final = (0.05, 0.2, 0.5, 1.0, 2.0)  # seconds between attempts to come back
LONGEST_PAUSE: Final = 4.0  # and from then on


class Lobby(LobbyRequests):
    """A member's view of its room; made by `enter`, to be closed by `close`, or to be used in `async with`.

    When the connection to the server is lost, the lobby comes back by itself, as the same member; also when the server
    was started again with the same secret. While it is away, `connected` is false and `relay` takes nothing. A lobby
    whose room is gone stays away quietly: a match between peers that are connected directly does not need it.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._link: LobbyLink | None = None
        self._returning: asyncio.Task[None] | None = None
        self._instance = secrets.token_hex(8)  # tells this process from a later one of the same member

    @classmethod
    async def enter(
        cls,
        server_url: str,
        room: str | None = None,
        name: str = "",
        players: int | None = None,
        game: str = "",
        *,
        spectate: bool = False,
        token: str | None = None,
        resume: str | None = None,
        timeout: float = ANSWER_WITHIN,
    ) -> Lobby:
        """Create a room, or join one.

        Args:
            server_url: Where the lobby is; `http://` is added where it lacks.
            room: The code of the room, in any case, with or without its hyphen; None creates one.
            name: What the others see; cleaned, and made unique in the room.
            players: How many play. A room that has its number already keeps it: compare `lobby.players`.
            game: A label of the game, told to all who join.
            spectate: Whether to watch rather than take a seat.
            token: An invitation to a room that is locked.
            resume: The resume token of a member that this process goes on as.
            timeout: Seconds all this may take.

        Raises:
            NetworkError: The server cannot be reached, is no lobby, or refuses: one sentence says what and what to do.
            UsageError: An argument cannot be meant.
        """
        if not isinstance(timeout, int | float) or isinstance(timeout, bool) or not timeout > 0:
            raise UsageError(f"timeout must be a number of seconds above 0, not {timeout!r}")
        if room is None and (spectate or token is not None or resume is not None):
            raise UsageError("spectate, token and resume are about a room that exists: give its code as room")
        lobby = cls(mend_url(server_url))
        wish: dict[str, Any] = {"name": name, "players": players, "game": game, "instance": lobby._instance}
        if room is not None:
            wish |= {"room": room, "spectate": spectate, "token": token, "resume": resume}
        try:
            async with asyncio.timeout(timeout):
                await lobby._connect("create" if room is None else "join", wish, timeout)
        except TimeoutError:
            raise NetworkError(
                f"the lobby at {lobby.url} did not answer within {timeout:g} s: check the address, or try again"
            ) from None
        return lobby

    @property
    def connected(self) -> bool:
        """Whether the server can be reached now."""
        return self._link is not None

    async def close(self) -> None:
        """Leave the room, so that the others know at once, and close the connection. Never raises."""
        self._over = self._over or "this lobby was closed"
        if self._returning is not None:
            self._returning.cancel()
            await asyncio.gather(self._returning, return_exceptions=True)
        link, self._link = self._link, None
        if link is not None:
            try:
                with contextlib.suppress(NetworkError, TimeoutError):
                    async with asyncio.timeout(1.0):
                        await link.ask("leave")
            finally:
                await link.close()
            self._notify()

    async def _ask(self, event: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                while self._link is None:
                    await self._wait_for_news()
                return await self._link.ask(event, payload)
        except TimeoutError:
            raise NetworkError(f"the lobby at {self.url} did not answer within {ANSWER_WITHIN:g} s") from None

    def _relay(self, member_id: str, data: bytes) -> bool:
        return self._link is not None and self._link.relay(member_id, data)

    def _feed(self, message: bytes) -> bool:
        return self._link is not None and self._link.feed(message)

    async def _connect(self, event: str, wish: Mapping[str, Any], timeout: float) -> None:
        link = await LobbyLink.open(self.url, on_event=self._happened, on_lost=self._lost, timeout=timeout)
        before, match = self.members, self.match
        try:
            await link.ask(event, wish, then=self.take_welcome)
            if not link.is_open:
                raise NetworkError(f"the connection to the lobby at {self.url} is lost")
        except BaseException:
            await link.close()
            raise
        self._link = link
        self._tokens.put(self.resume)
        self._tell_news(before, match)

    def _lost(self) -> None:
        if self._link is not None:  # lost before the answer: whoever waits for that is told
            link, self._link = self._link, None
            self._returning = asyncio.create_task(self._come_back(link))
            self._notify()

    async def _come_back(self, lost: LobbyLink) -> None:
        await lost.close()
        until = asyncio.get_running_loop().time() + COME_BACK_FOR
        for pause in itertools.chain(PAUSES, itertools.repeat(LONGEST_PAUSE)):
            if self._over or asyncio.get_running_loop().time() > until:
                break
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # a room's members must not all come at once
            try:
                async with asyncio.timeout(ANSWER_WITHIN):
                    wish = {"room": self.room, "resume": self.resume, "instance": self._instance, "watch": self._watches}
                    await self._connect("join", wish, ANSWER_WITHIN)
                return
            except LobbyRefusal as refusal:
                if refusal.code != "busy":
                    self._over = f"there is no way back into room {self.room}: {refusal}"
            except (NetworkError, TimeoutError):
                continue
        self._over = self._over or f"the lobby at {self.url} was away for too long"
        self._notify()
