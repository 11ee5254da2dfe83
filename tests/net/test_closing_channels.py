"""Channels that the other side is closing: aiortc's raise when something is sent, and say only later that they are closed."""

from __future__ import annotations

from typing import Any

import pytest

from rollback.net.bulk_line import BulkLine
from rollback.net.ice import IceOptions
from rollback.net.line import Line
from rollback.net.transport import ignore


class StrictChannel:
    """A channel that raises where it is not open, as aiortc's does."""

    def __init__(self) -> None:
        self.readyState = "connecting"
        self.bufferedAmount = 0
        self.bufferedAmountLowThreshold = 0
        self.sent: list[bytes] = []
        self.handlers: dict[str, Any] = {}

    def on(self, event: str, handler: Any) -> None:
        self.handlers[event] = handler

    def send(self, data: bytes) -> None:
        if self.readyState != "open":
            raise RuntimeError("the channel is not open")
        self.sent.append(data)


class StrictPeer:
    def __init__(self, options: IceOptions) -> None:
        self.on_lost = self.on_candidate = ignore
        self.channels: list[StrictChannel] = []
        self.is_closed = False

    def channel(self, *_: Any, **__: Any) -> StrictChannel:
        self.channels.append(StrictChannel())
        return self.channels[-1]

    def quicken(self) -> None:
        pass

    async def close(self) -> None:
        self.is_closed = True


def opened(kind: Any) -> tuple[Any, StrictPeer]:
    peers: list[StrictPeer] = []

    def make(options: IceOptions) -> Any:
        peers.append(StrictPeer(options))
        return peers[-1]

    line = kind(IceOptions(), peer_connection=make)
    for channel in peers[0].channels:
        channel.readyState = "open"
        channel.handlers["open"]()
    assert line.is_open
    return line, peers[0]


@pytest.mark.parametrize(("kind", "send"), [(Line, "send"), (Line, "send_blob"), (Line, "send_bulk"), (BulkLine, "send_bulk")])
def test_what_cannot_be_sent_any_more_is_refused(kind: Any, send: str) -> None:
    line, peer = opened(kind)
    assert getattr(line, send)(b"hello") is True, "the premise: it was open"
    sent = [list(channel.sent) for channel in peer.channels]
    for channel in peer.channels:
        channel.readyState = "closing"
    assert getattr(line, send)(b"hello") is False
    assert [channel.sent for channel in peer.channels] == sent


async def test_a_connection_is_closed_also_where_there_is_nobody_left_for_a_goodbye() -> None:
    line, peer = opened(Line)
    for channel in peer.channels:
        channel.readyState = "closing"
    await line.close("bye")
    assert peer.is_closed
