"""What a member of a room can ask of its lobby, whatever connection carries it. Knows the room; no sockets."""

from __future__ import annotations

import abc
import asyncio
import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self

from rollback.errors import NetworkError, UsageError
from rollback.net.lobby_news import LobbyNews
from rollback.net.lobby_refusal import LobbyRefusal
from rollback.net.room_view import Member

__all__ = ["LobbyRequests"]

LARGEST_RELAY: Final = 16 * 1024  # bytes; the lobby drops what is larger
LARGEST_SIGNAL: Final = 32 * 1024  # bytes of JSON
MOST_SEATS: Final = 16
VOTE_WITHIN: Final = 10.0  # seconds
VERDICT_WITHIN: Final = 1.0  # seconds, after which a vote is asked for again: the lobby takes a third of it


class LobbyRequests(LobbyNews, abc.ABC):
    """The requests of a member, beside what it is told; to be closed by `close`, or used in `async with`."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._watches = False

    async def signal(self, member_id: str, data: dict[str, Any], /) -> None:
        """Send JSON to one member, reliably and in order.

        Raises:
            NetworkError: The member is not here, or the lobby cannot be reached for ten seconds.
            UsageError: `data` is no mapping that can travel as JSON, or larger than 32 KiB.
        """
        try:
            size = len(json.dumps(data, allow_nan=False, separators=(",", ":")))
        except (TypeError, ValueError, RecursionError):
            size = -1
        if not isinstance(data, dict) or size < 0:
            raise UsageError("a signal must be a dict of plain JSON values: no bytes, NaN or infinities")
        if size > LARGEST_SIGNAL:
            raise UsageError(f"a signal holds at most {LARGEST_SIGNAL} bytes of JSON, not {size}")
        await self._ask("signal", {"to": member_id, "data": data})

    def relay(self, member_id: str, data: bytes, /) -> bool:
        """Queue a datagram for one member; False: not taken, so fold what it said into the next one.

        Raises:
            UsageError: `data` is no byte string of at most 16 KiB.
        """
        _check_bytes("a relayed datagram", data)
        return self.connected and member_id in self.reachable and self._relay(member_id, data)

    def feed(self, message: bytes, /) -> bool:
        """Queue a message of the feed for all who watch; False: not taken, so offer it again, or begin anew.

        The lobby takes it only from the connected player with the lowest seat, see `is_feeder`; somebody else has to
        begin with a keyframe. Upload only while `watching` is above 0.

        Raises:
            UsageError: `message` is no byte string of at most 16 KiB.
        """
        _check_bytes("a message of a feed", message)
        return self.connected and self._feed(message)

    async def watch(self, on: bool = True) -> None:
        """Begin or end to be shown the match, see `on_feed`; also after the connection was lost.

        Raises:
            NetworkError: The lobby refuses, or cannot be reached for ten seconds.
        """
        self._watches = on
        await self._ask("watch", {"on": on})

    async def wait_for_players(self, timeout: float | None = None) -> None:
        """Return when every seat is taken by a member that is connected and has loaded.

        Raises:
            NetworkError: They did not come within `timeout` seconds, or the room is gone.
        """
        try:
            async with asyncio.timeout(timeout):
                while self.players is None or self.present < self.players or not self.connected:
                    await self._wait_for_news()
        except TimeoutError:
            raise NetworkError(
                f"{self.present} of {self.players or '?'} players are in room {self.room} after {timeout:g} s:"
                " tell the others its code"
            ) from None

    async def lock(self) -> None:
        """Let nobody else in by the code alone; an invitation still opens a free seat. Only players can.

        Raises:
            NetworkError: The lobby refuses, or cannot be reached for ten seconds.
        """
        await self._ask("lock", {})

    async def unlock(self) -> None:
        """Let others in by the code again. Only players can.

        Raises:
            NetworkError: The lobby refuses, or cannot be reached for ten seconds.
        """
        await self._ask("lock", {"locked": False})

    async def renew_invite(self) -> str:
        """Return a fresh invitation, good for five minutes; `invite` is it from now on.

        Raises:
            NetworkError: The lobby refuses, or cannot be reached for ten seconds.
        """
        self.invite = str((await self._ask("invite", {}))["invite"])
        return self.invite

    async def vote(self, epoch: int, roster: int) -> int:
        """Ask which half of a divided match goes on; the lobby says it once for each match and epoch, to all the same.

        Args:
            epoch: The change of the roster that is to be decided, from 1 on.
            roster: The mask of the seats of our half, our own among them: bit 0 is seat 0.

        Returns:
            The mask of the seats that go on, for `session.decide(mask, epoch)`; it need not be ours.

        Raises:
            NetworkError: The lobby refuses (one that was restarted in this match does), or cannot be reached for ten
                seconds: nobody knows then who goes on.
            UsageError: An argument cannot be meant.
        """
        if type(epoch) is not int or epoch < 1:
            raise UsageError(f"epoch must be a whole number from 1 on, not {epoch!r}")
        if type(roster) is not int or not 0 < roster < 1 << MOST_SEATS:
            raise UsageError(f"roster must be a mask of seats from 1 to {(1 << MOST_SEATS) - 1}, not {roster!r}")
        vote = self.match, epoch
        question = {"epoch": epoch, "roster": roster, "match": self.match}
        until = asyncio.get_running_loop().time() + VOTE_WITHIN
        try:
            while True:
                try:
                    told = (await self._ask("vote", question)).get("roster")
                except LobbyRefusal:
                    raise
                except NetworkError:
                    if self._over or asyncio.get_running_loop().time() > until:
                        raise
                    continue  # lost on the way: asking twice is as good as once
                if told is None:
                    told = await self._verdict(vote)
                if type(told) is int:
                    return told
                if asyncio.get_running_loop().time() > until:
                    raise NetworkError(f"the lobby at {self.url} gave no vote within {VOTE_WITHIN:g} s")
        finally:
            self._verdicts.pop(vote, None)

    async def ready(self, match: int) -> None:
        """Ask for a match, the one after `match` of the room; it begins when all who have a seat asked: see `on_match`.

        Raises:
            NetworkError: The lobby refuses, or cannot be reached for ten seconds.
        """
        await self._ask("again", {"match": match})

    async def decline(self) -> None:
        """Say that there will be no further match with this member; the others are told.

        Raises:
            NetworkError: The lobby refuses, or cannot be reached for ten seconds.
        """
        await self._ask("again", {"match": self.match + 1, "again": False})

    async def rematch(self, timeout: float | None = None) -> int:
        """Ask for the next match in this room, wait for the others, and return its number.

        Raises:
            NetworkError: Somebody declined or left, or did not answer within `timeout` seconds; or the room is gone.
        """
        before = self.match
        seated = [member for member in self.members if member.seat is not None]
        try:
            async with asyncio.timeout(timeout):
                await self.ready(before + 1)
                while self.match == before:
                    self._check_still_there(seated)
                    await self._wait_for_news()
        except TimeoutError:
            silent = ", ".join(member.name for member in self.members if member.seat is not None and not member.again)
            raise NetworkError(f"{silent or 'nobody'} did not ask for another match within {timeout:g} s") from None
        return self.match

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        await self.close()

    @property
    @abc.abstractmethod
    def connected(self) -> bool:
        """Whether the server can be reached now."""

    @abc.abstractmethod
    async def close(self) -> None:
        """Leave the room, so that the others know at once, and close the connection. Never raises."""

    @abc.abstractmethod
    def _relay(self, member_id: str, data: bytes) -> bool:
        """Queue a datagram; False: not taken."""

    @abc.abstractmethod
    def _feed(self, message: bytes) -> bool:
        """Queue a message of the feed; False: not taken."""

    @abc.abstractmethod
    async def _ask(self, event: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask, as soon as there is a connection."""

    async def _verdict(self, vote: tuple[int, int]) -> int | None:
        """Return the verdict, None where it is time to ask again: it was told to a connection that is lost."""
        self._verdicts.setdefault(vote, 0)
        try:
            async with asyncio.timeout(VERDICT_WITHIN):
                while not self._verdicts[vote]:
                    await self._wait_for_news()
        except TimeoutError:
            return None
        return self._verdicts[vote]

    def _check_still_there(self, seated: list[Member]) -> None:
        here = {member.id: member for member in self.members if member.seat is not None}
        for member in seated:
            if member.id not in here:
                raise NetworkError(f"{member.name} left room {self.room}: there is no further match with the same players")
            if here[member.id].again is False:
                raise NetworkError(f"{member.name} does not want another match")


def _check_bytes(what: str, given: Any) -> None:
    if not isinstance(given, bytes) or len(given) > LARGEST_RELAY:
        size = f"{len(given)} bytes" if isinstance(given, bytes) else type(given).__name__
        raise UsageError(f"{what} must be bytes, at most {LARGEST_RELAY} of them, not {size}")
