"""What a member of a room is told by its lobby, whatever connection carries it. Knows the room; asks nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from rollback.errors import NetworkError
from rollback.net.mailbox import Mailbox
from rollback.net.room_view import Member, RoomView
from rollback.net.words import plain_words

__all__ = ["KEPT", "LobbyNews"]

KEPT: Final = 256  # signals, datagrams and returns that wait for a handler
MOST_DROPPED: Final = 1_000_000  # datagrams at once: more is no count
KEPT_FEEDS: Final = 2048  # messages; a keyframe of 16 MiB has 1,400


class LobbyNews(RoomView):
    """The view of a room, kept up to date by the lobby's events, and the callbacks for them.

    Attributes:
        url: The server's address.
        feed_refused: Why the lobby shows the match to nobody; empty where it does.
        dropped: Datagrams to us that the lobby dropped, because our line takes too little.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self._signals, self._relays, self._changes = Mailbox(KEPT), Mailbox(KEPT), Mailbox(1)
        self._returns, self._matches, self._tokens = Mailbox(KEPT), Mailbox(KEPT), Mailbox(1)
        self._feeds = Mailbox(KEPT_FEEDS)
        self.feed_refused = ""
        self.dropped = 0
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

    @property
    def lost(self) -> str:
        """Why there is no way back to the lobby, or into the room; empty while there is one."""
        return self._over

    def _happened(self, event: str, payload: Any) -> None:
        if not isinstance(payload, Mapping):
            return
        match event, payload:
            case "members", {"members": list()}:
                with contextlib.suppress(KeyError, TypeError):  # not as a lobby tells it
                    before, match = self.members, self.match
                    self.take_members(payload)
                    self._tell_news(before, match)
            case "signal", {"from": str(sender), "data": dict(data)}:
                self._signals.put(sender, data)
            case "relay", {"from": str(sender), "data": bytes(datagram)}:
                self._relays.put(sender, datagram)
            case "resume", {"resume": str(token)}:
                self.resume = token
                self._tokens.put(token)
            case "feed", {"data": bytes(message)}:
                self._feeds.put(message)
            case "refused", {"event": "feed", "error": str(sentence)}:
                self.feed_refused = plain_words(sentence)
                self._notify()
            case "dropped", {"count": int(count)} if 0 < count <= MOST_DROPPED:
                self.dropped += count
            case "verdict", {"match": int(match), "epoch": int(epoch), "roster": int(roster)}:
                if (match, epoch) in self._verdicts:
                    self._verdicts[match, epoch] = roster
                    self._notify()
            case "closed", {"error": str(sentence)}:
                self._over = self._over or f"the lobby at {self.url} ended the connection: {plain_words(sentence)}"

    def _tell_news(self, before: Sequence[Member], match: int) -> None:
        """Tell the handlers what has changed in the room."""
        for member, fresh in self.returned_since(before):
            self._returns.put(member, fresh)
        if self.match > match and before:
            self._matches.put(self.match)
        self._notify()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
        self._changes.put()

    async def _wait_for_news(self) -> None:
        if self._over:
            raise NetworkError(self._over)
        await self._changed.wait()
