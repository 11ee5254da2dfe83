"""The transport of native peers over connections that pages hold: signals, addresses told late, bulk, the relay."""

from __future__ import annotations

import asyncio

import pytest

from rollback.net import aiortc_connection
from rollback.net.direct_or_relay import DirectOrRelayTransport
from rollback.net.transport import PathChanged
from rollback.net.webrtc import WebRTCTransport
from rollback.netplay.switchboard import Switchboard
from tests.net.pages import Room, Web
from tests.net.virtual_time import run


@pytest.fixture(autouse=True)
def without_aiortc(monkeypatch):
    def missing():
        raise AssertionError("a page has no aiortc")

    monkeypatch.setattr(aiortc_connection, "load_aiortc", missing)
    monkeypatch.setattr("rollback.net.webrtc.load_aiortc", missing)


class Ends:
    """The transports of all in a room, and what they hear."""

    def __init__(self, *names, kind=WebRTCTransport, late=()):
        self.web = Web()
        self.room = Room(self.web, *names)
        self.lobbies = {name: self.room.enter(name) for name in names}
        self.ends, self.logs, self.kind = {}, {name: [] for name in names}, kind

    async def make(self):
        for name, lobby in self.lobbies.items():
            await lobby.entered()
            others = [member.id for member in lobby.members if member.id != lobby.me.id]
            end = self.ends[name] = self.kind(Switchboard(lobby), others)
            end.on_datagram = end.on_blob = lambda peer, data, log=self.logs[name]: log.append((peer, data))
            end.on_change = self.logs[name].append

    async def start(self):
        await asyncio.gather(*(end.start() for end in self.ends.values()))

    async def close(self):
        await asyncio.gather(*(end.close("done") for end in self.ends.values()))
        await asyncio.gather(*(lobby.close() for lobby in self.lobbies.values()))
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert not any(page.connections for page in self.room.pages.values())

    def signals(self, name):
        told = self.room.pages[name].told
        return [m["payload"]["data"] for m in told if m["tell"] == "ask" and m["event"] == "signal"]


def scene(play, *names, **options):
    async def main():
        ends = Ends(*names, **options)
        await ends.make()
        try:
            await play(ends)
        finally:
            await ends.close()

    run(main())


@pytest.mark.parametrize("names", [("ann", "bob"), ("ann", "bob", "cid")])
def test_pages_reach_each_other_by_addresses_that_come_after_the_descriptions(names):
    async def play(ends):
        await ends.start()
        for name, end in ends.ends.items():
            for peer in end.peers:
                assert end.is_open(peer) and end.send(peer, name.encode())
        await asyncio.sleep(1)
        for name in names:
            heard = {what for what in ends.logs[name] if isinstance(what, tuple)}
            assert heard == {(f"m-{other}", other.encode()) for other in names if other != name}
        said = [signal["webrtc"] for signal in ends.signals("ann") if "webrtc" in signal]
        assert said[0] == "offer" and "candidate" in said and "answer" not in said

    scene(play, *names)


def test_bulk_has_a_connection_of_its_own_with_addresses_of_its_own():
    async def play(ends):
        await ends.start()
        blob = b"\0\x18" + bytes(200_000)
        ends.ends["ann"].send_blob("m-bob", blob)
        await asyncio.sleep(5)
        assert ("m-ann", blob) in ends.logs["bob"]
        assert {len(connection.channels) for connection in ends.web.connections.values()} == {1, 2}
        assert any(signal.get("bulk") == "candidate" for signal in ends.signals("ann") + ends.signals("bob"))
        assert ends.ends["ann"].dropped == ends.ends["bob"].dropped == {}

    scene(play, "ann", "bob")


def test_a_connection_that_fails_is_replaced():
    async def play(ends):
        await ends.start()
        page = ends.room.pages["ann"]
        page.say("peer", peer=next(iter(page.connections)), what="state", state="failed")
        await asyncio.sleep(0.5)
        assert ends.logs["ann"][-1].path == "none" and "ICE failed" in ends.logs["ann"][-1].reason
        await asyncio.sleep(5)
        assert ends.logs["ann"][-1].path == ends.logs["bob"][-1].path == "webrtc"
        assert ends.ends["ann"].send("m-bob", b"again")
        await asyncio.sleep(1)
        assert ("m-ann", b"again") in ends.logs["bob"]

    scene(play, "ann", "bob")


def test_a_browser_without_webrtc_plays_by_the_relay_at_once():
    async def play(ends):
        ends.web.broken = "this browser has no WebRTC"
        async with asyncio.timeout(1):
            await ends.start()
        assert [change.path for change in ends.logs["ann"] if isinstance(change, PathChanged)] == ["relay"]
        assert "this browser has no WebRTC" in ends.logs["ann"][0].reason
        assert ends.ends["ann"].send("m-bob", b"x")
        await asyncio.sleep(1)
        assert ("m-ann", b"x") in ends.logs["bob"] and ends.room.relayed > 0

    scene(play, "ann", "bob", kind=DirectOrRelayTransport)


def test_a_goodbye_is_heard_before_the_page_closes():
    async def play(ends):
        await ends.start()
        await ends.ends["ann"].close("enough")
        await asyncio.sleep(1)
        assert ends.logs["bob"][-1] == PathChanged("m-ann", "none", "ann left: enough")
        assert ends.ends["bob"].has_left("m-ann")

    scene(play, "ann", "bob")
