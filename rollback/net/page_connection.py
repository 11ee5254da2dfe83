"""A peer connection that the page holds for this worker, which has none of its own. Knows a port; knows no lobby."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from rollback.errors import NetworkError
from rollback.net.ice import IceOptions
from rollback.net.page_channel import PageChannel
from rollback.net.page_port import PagePort
from rollback.net.peer_connection import Kind, why_lost
from rollback.net.transport import ignore

__all__ = ["ANSWER_WITHIN", "PageConnection"]

ANSWER_WITHIN: Final = 8.0  # seconds; a page answers in milliseconds, unless its tab is being thawed


class PageConnection:
    """See `rollback.net.peer_connection.PeerConnection`.

    It is opened on the page when it is first described, with the channels it has by then: the page has to give those
    away in the moment in which it makes them. A browser tells its addresses after its description.

    Args:
        port: To the page.
        options: Of these the servers; which addresses a browser offers is its own choice.
    """

    def __init__(self, port: PagePort, options: IceOptions) -> None:
        self.on_candidate: Callable[[str, str], None] = ignore
        self.on_lost: Callable[[str], None] = ignore
        self._port = port
        self._servers = [dict(server) for server in options.servers]
        self._key = port.add_peer(self._take, self._take_channel)
        self._channels: dict[int, PageChannel] = {}
        self._told: list[dict[str, Any]] = []
        self._is_there = False
        self._closed = False

    def channel(self, label: str, number: int, *, ordered: bool, max_retransmits: int | None = None) -> PageChannel:
        """Open a negotiated channel."""
        self._told.append({"label": label, "id": number, "ordered": ordered, "max_retransmits": max_retransmits})
        self._channels[number] = PageChannel()
        return self._channels[number]

    def quicken(self) -> None:
        """Leave the browser's timers as they are: it lets nobody change them."""

    async def describe(self, kind: Kind) -> str:
        """Return this side's description.

        Raises:
            NetworkError: The page cannot make one, or does not answer.
        """
        described = (await self._ask({"what": "describe", "kind": kind})).get("sdp")
        if not isinstance(described, str):
            raise NetworkError("the page could not describe this side of a direct connection")
        return described

    async def take(self, description: str, kind: Kind) -> None:
        """Take the other side's description.

        Raises:
            NetworkError: The browser cannot understand it, or the page does not answer.
        """
        await self._ask({"what": "take", "kind": kind, "sdp": description})

    def add_candidate(self, candidate: str, mid: str) -> None:
        """Take an address of the other side."""
        self._say({"what": "candidate", "candidate": candidate, "mid": mid})

    async def close(self) -> None:
        """Close."""
        self._closed = True
        self._port.remove_peer(self._key)
        for channel in self._channels.values():
            channel.close()
        if self._is_there:
            self._port.post({"tell": "peer", "peer": self._key, "what": "close"})
            self._is_there = False

    async def _ask(self, what: Mapping[str, Any]) -> Mapping[str, Any]:
        self._open()
        return await self._port.ask({"tell": "peer", "peer": self._key, **what}, ANSWER_WITHIN)

    def _open(self) -> None:
        if self._closed:
            raise NetworkError("this connection is closed")
        if not self._is_there:
            self._is_there = True
            self._say({"what": "open", "ice_servers": self._servers, "channels": self._told})

    def _say(self, what: Mapping[str, Any]) -> None:
        if self._is_there:
            self._port.post({"tell": "peer", "peer": self._key, **what})

    def _take(self, message: dict[str, Any], data: bytes | None) -> None:
        match message:
            case {"what": "candidate", "candidate": str(candidate), "mid": str(mid)}:
                self.on_candidate(candidate, mid)
            case {"what": "state", "state": str(state)} if reason := why_lost(state):
                self.on_lost(reason)

    def _take_channel(self, number: int, channel: Any) -> None:
        if number in self._channels:
            self._channels[number].attach(channel)
        else:
            channel.close()
