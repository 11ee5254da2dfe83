"""What a member of a room can ask of its lobby, whatever connection carries it. Knows the room; no sockets."""

from __future__ import annotations

import abc
import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from rollback.errors import NetworkError, UsageError
from rollback.net.lobby_link import LobbyRefusal
from rollback.net.mailbox import Mailbox
from rollback.net.room_view import Member, RoomView

__all__ = ["KEPT", "LobbyRequests"]

LARGEST_SIGNAL: Final = 32 * 1024  # bytes of JSON
KEPT: Final = 256  # signals, datagrams and returns that wait for a handler
KEPT_FEEDS: Final = 2048  # messages; a keyframe of 16 MiB has 1,400
MOST_SEATS: Final = 16
VOTE_WITHIN: Final = 10.0  # seconds
VERDICT_WITHIN: Final = 1.0  # seconds, after which a vote is asked for again: the lobby takes a third of it


class LobbyRequests(RoomView, abc.ABC):
    """The requests of a member, and the callbacks for what it is told.

    Attributes:
        url: The server's address.
        feed_refused: Why the lobby shows the match to nobody; empty where it does.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self._signals, self._relays, self._changes = Mailbox(KEPT), Mailbox(KEPT), Mailbox(1)
        self._returns, self._matches, self._tokens = Mailbox(KEPT), Mailbox(KEPT), Mailbox(1)
        self._feeds = Mailbox(KEPT_FEEDS)
        self.feed_refused = ""
        self._changed = asyncio.Event()
        self._verdicts: dict[tuple[int, int], int] = {}  # (match, epoch) -> roster, of votes that are waited for
        self._over = ""  # why there is no way back, once there is none

    @property
    def on_signal(self) -> Callable[[str, dict[str, Any]], None] | None:
        """Called with (member id, data); signals that came before its assignment are delivered then."""
        return self._signals.handler

    @on_signal.setter
    def on_signal(self, handler: Callable[[str, dict[str, Any]], None] | None) -> None:
        self._signals.handler = handler

    @property
    def on_relay(self) -> Callable[[str, bytes], None] | None:
        """Called with (member id, datagram); datagrams that came before its assignment are delivered then."""
        return self._relays.handler

    @on_relay.setter
    def on_relay(self, handler: Callable[[str, bytes], None] | None) -> None:
        self._relays.handler = handler

    @property
    def on_members(self) -> Callable[[], None] | None:
        """Called when `members`, `players`, `locked`, `match`, `watching` or `connected` may have changed."""
        return self._changes.handler

    @on_members.setter
    def on_members(self, handler: Callable[[], None] | None) -> None:
        self._changes.handler = handler

    @property
    def on_member_returned(self) -> Callable[[Member, bool], None] | None:
        """Called with (member, fresh) when the lobby hears a member again.

        `fresh`: it is a new process, which knows nothing of the match. Otherwise the same one lost its connection to the
        lobby for a while, which says nothing about the match.
        """
        return self._returns.handler

    @on_member_returned.setter
    def on_member_returned(self, handler: Callable[[Member, bool], None] | None) -> None:
        self._returns.handler = handler

    @property
    def on_match(self) -> Callable[[int], None] | None:
        """Called with the number of the next match when all who have a seat asked for it."""
        return self._matches.handler

    @on_match.setter
    def on_match(self, handler: Callable[[int], None] | None) -> None:
        self._matches.handler = handler

    @property
    def on_feed(self) -> Callable[[bytes], None] | None:
        """Called with each message of the feed after `watch`: a keyframe and the rows behind it, again and again."""
        return self._feeds.handler

    @on_feed.setter
    def on_feed(self, handler: Callable[[bytes], None] | None) -> None:
        self._feeds.handler = handler

    @property
    def on_token(self) -> Callable[[str], None] | None:
        """Called with the newest `resume` token when there is a new one; the newest knows most of the room."""
        return self._tokens.handler

    @on_token.setter
    def on_token(self, handler: Callable[[str], None] | None) -> None:
        self._tokens.handler = handler

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

    async def wait_for_players(self, timeout: float | None = None) -> None:
        """Return when every seat is taken by a member that is connected.

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

    @property
    def lost(self) -> str:
        """Why there is no way back to the lobby, or into the room; empty while there is one."""
        return self._over

    @property
    @abc.abstractmethod
    def connected(self) -> bool:
        """Whether the server can be reached now."""

    @abc.abstractmethod
    async def _ask(self, event: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask, as soon as there is a connection."""

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
        self._changes.put()

    async def _wait_for_news(self) -> None:
        if self._over:
            raise NetworkError(self._over)
        await self._changed.wait()

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
