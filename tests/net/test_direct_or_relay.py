from __future__ import annotations

import asyncio

import pytest

from rollback.errors import NetworkError, UsageError
from rollback.net import way
from rollback.net.direct_or_relay import DirectOrRelayTransport, make_transport
from rollback.net.relay import RelayTransport
from rollback.net.transport import PathChanged
from rollback.net.webrtc import WebRTCTransport
from tests.net.lines import Wires
from tests.net.room import Room
from tests.net.virtual_time import now, run


@pytest.fixture
def wires(monkeypatch):
    wires = Wires()
    monkeypatch.setattr(way, "Line", wires.make)
    monkeypatch.setattr(way, "BulkLine", wires.make_bulk)
    return wires


def listen(end):
    log = []
    end.on_datagram = lambda peer, datagram: log.append((peer, datagram))
    end.on_blob = lambda peer, blob: log.append((peer, blob))
    end.on_change = log.append
    return log


async def two(room, kinds=("auto", "auto"), **options):
    ann = make_transport(room["ann"], ["bob"], transport=kinds[0], **options)
    bob = make_transport(room["bob"], ["ann"], transport=kinds[1], **options)
    logs = listen(ann), listen(bob)
    await asyncio.gather(ann.start(), bob.start())
    return ann, bob, *logs


async def closed(*ends):
    await asyncio.gather(*(end.close() for end in ends))
    await asyncio.sleep(1)
    assert asyncio.all_tasks() == {asyncio.current_task()}


def paths(log):
    return [thing.path for thing in log if isinstance(thing, PathChanged)]


async def assert_both_ways(ann, bob, log_ann, log_bob):
    assert ann.send("bob", b"ping") and bob.send("ann", b"pong")
    ann.send_blob("bob", b"blob")
    await asyncio.sleep(0.1)
    assert ("bob", b"pong") in log_ann and ("ann", b"ping") in log_bob and ("ann", b"blob") in log_bob


def test_where_a_direct_connection_opens_it_is_taken(wires):
    async def main():
        room = Room("ann", "bob")
        ann, bob, log_ann, log_bob = await two(room)
        assert paths(log_ann) == paths(log_bob) == ["webrtc"] and ann.path("bob") == "webrtc"
        await assert_both_ways(ann, bob, log_ann, log_bob)
        assert not [data for _, _, data in room.relayed if data[:1] in b"\x00\x01"]
        await closed(ann, bob)

    run(main())


def test_where_none_opens_in_time_the_relay_is_taken_and_the_event_says_why(wires):
    async def main():
        wires.silent = True
        ann, bob, log_ann, log_bob = await two(Room("ann", "bob"), connect_timeout=3.0)
        assert 3 <= now() < 4
        assert log_ann == [PathChanged("bob", "relay", "no direct connection to Bob: no direct connection within 3 s")]
        await assert_both_ways(ann, bob, log_ann, log_bob)
        await closed(ann, bob)

    run(main())


def test_where_none_can_open_nobody_waits_for_the_timeout(wires):
    async def main():
        wires.broken = "this machine has no network address"
        ann, bob, log_ann, log_bob = await two(Room("ann", "bob"))
        assert now() < 1
        assert paths(log_ann) == paths(log_bob) == ["relay"]
        assert "no network address" in log_ann[0].reason
        await closed(ann, bob)

    run(main())


def test_in_the_middle_of_a_match_the_relay_takes_over_and_gives_back(wires):
    async def main():
        ann, bob, log_ann, log_bob = await two(Room("ann", "bob"))
        wires.silent = True
        wires.cut("pulled the plug")
        assert not ann.send("bob", b"into the dead line"), "refused, so that the caller says it again"
        await asyncio.sleep(0.01)
        assert log_ann[-1] == PathChanged("bob", "relay", "pulled the plug")
        await assert_both_ways(ann, bob, log_ann, log_bob)
        await asyncio.sleep(100)
        assert paths(log_ann) == ["webrtc", "relay"], "tries that fail are no news"
        wires.silent = False
        await asyncio.sleep(60)
        assert paths(log_ann) == paths(log_bob) == ["webrtc", "relay", "webrtc"]
        await assert_both_ways(ann, bob, log_ann, log_bob)
        await closed(ann, bob)

    run(main())


def test_a_driver_that_hears_nothing_moves_both_sides_to_the_relay_and_back(wires):
    async def main():
        ann, bob, log_ann, log_bob = await two(Room("ann", "bob"))
        ann.distrust("bob", "nothing heard for 0.5 s")
        await asyncio.sleep(0.1)
        assert log_ann[-1] == PathChanged("bob", "relay", "nothing heard for 0.5 s")
        assert paths(log_bob) == ["webrtc", "relay"]
        await asyncio.sleep(3)
        assert paths(log_ann) == paths(log_bob) == ["webrtc", "relay", "webrtc"]
        await closed(ann, bob)

    run(main())


@pytest.mark.parametrize("kinds", [("auto", "relay"), ("relay", "auto")])
def test_a_peer_that_plays_by_the_relay_only_says_so_at_once(wires, kinds):
    async def main():
        ann, bob, log_ann, log_bob = await two(Room("ann", "bob"), kinds)
        assert now() < 1
        assert paths(log_ann) == paths(log_bob) == ["relay"]
        assert any("it plays by the relay only" in change.reason for change in log_ann + log_bob)
        await assert_both_ways(ann, bob, log_ann, log_bob)
        await closed(ann, bob)

    run(main())


def test_a_peer_on_neither_path_is_named_with_both_reasons(wires):
    async def main():
        room = Room("ann", "bob")
        ann = make_transport(room["ann"], ["bob"], connect_timeout=2.0)
        with pytest.raises(NetworkError, match=r"no direct connection to Bob: .* 2 s; and Bob did not answer by the relay"):
            await ann.start()
        assert now() == pytest.approx(4, abs=0.1)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())


def test_of_several_peers_each_has_its_own_path(wires):
    async def main():
        room = Room("ann", "bob", "cid")
        ends = {
            "ann": make_transport(room["ann"], ["bob", "cid"]),
            "bob": make_transport(room["bob"], ["ann", "cid"]),
            "cid": make_transport(room["cid"], ["ann", "bob"], transport="relay"),
        }
        logs = {name: listen(end) for name, end in ends.items()}
        await asyncio.gather(*(end.start() for end in ends.values()))
        assert {change.peer: change.path for change in logs["ann"]} == {"bob": "webrtc", "cid": "relay"}
        for name, end in ends.items():
            for peer in end.peers:
                assert end.send(peer, name.encode())
        await asyncio.sleep(0.1)
        for name, end in ends.items():
            assert all((peer, peer.encode()) in logs[name] for peer in end.peers)
        await closed(*ends.values())

    run(main())


def test_a_goodbye_is_told_once_though_it_comes_by_both_paths(wires):
    async def main():
        ann, bob, _, log_bob = await two(Room("ann", "bob"))
        ann.send("bob", b"bye")
        await ann.close("enough")
        await asyncio.sleep(5)
        assert log_bob[1:] in (
            [("ann", b"bye"), PathChanged("ann", "none", "Ann left: enough")],
            [PathChanged("ann", "none", "Ann left: enough"), ("ann", b"bye")],
        )
        assert not bob.send("ann", b"x")
        await ann.close()
        await closed(bob)

    run(main())


def test_a_goodbye_by_the_direct_connection_is_enough_when_the_lobby_is_gone(wires):
    async def main():
        room = Room("ann", "bob")
        ann, bob, _, log_bob = await two(room)
        room.open = False
        await ann.close("enough")
        await asyncio.sleep(5)
        assert log_bob[1:] == [PathChanged("ann", "none", "Ann left: enough")]
        await closed(bob)

    run(main())


def test_a_peer_that_left_can_come_back(wires):
    async def main():
        room = Room("ann", "bob")
        ann, bob, log_ann, _ = await two(room)
        await bob.close("a moment")
        await asyncio.sleep(5)
        again = make_transport(room["bob"], ["ann"])
        log = listen(again)
        await again.start()
        await asyncio.sleep(1)
        assert paths(log_ann)[:2] == ["webrtc", "none"] and paths(log_ann)[-1] == "webrtc"
        await assert_both_ways(ann, again, log_ann, log)
        await closed(ann, again)

    run(main())


def test_a_blob_never_overtakes_one_that_is_still_with_the_relay(wires):
    async def main():
        ann, bob, _, log_bob = await two(Room("ann", "bob"))
        wires.cut()
        await asyncio.sleep(0.01)
        slow, quick = bytes(1_000_000), b"quick"
        ann.send_blob("bob", slow)
        await asyncio.sleep(1.5)
        assert ann.path("bob") == "webrtc" and ann.relay.is_sending("bob"), "the premise"
        ann.send_blob("bob", quick)
        while ann.relay.is_sending("bob"):
            await asyncio.sleep(1)
        assert [thing for thing in log_bob if isinstance(thing, tuple)] == [("ann", slow), ("ann", quick)]
        await closed(ann, bob)

    run(main())


def test_when_the_lobby_dies_the_direct_connection_goes_on(wires):
    async def main():
        room = Room("ann", "bob")
        ann, bob, log_ann, log_bob = await two(room)
        room.open = False
        await asyncio.sleep(60)
        await assert_both_ways(ann, bob, log_ann, log_bob)
        await closed(ann, bob)

    run(main())


@pytest.mark.parametrize(
    ("name", "kind"), [("auto", DirectOrRelayTransport), ("webrtc", WebRTCTransport), ("relay", RelayTransport)]
)
def test_a_transport_goes_by_its_name(name, kind):
    assert type(make_transport(Room("ann", "bob")["ann"], ["bob"], transport=name)) is kind


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(UsageError, match="'auto', 'webrtc' or 'relay', not 'pigeon'"):
        make_transport(Room("ann", "bob")["ann"], ["bob"], transport="pigeon")


def test_what_was_dropped_is_counted_over_both_paths(wires):
    async def main():
        room = Room("ann", "bob")
        ann, bob, *_ = await two(room)
        room["ann"].on_relay("bob", b"\x63")
        room["ann"].on_signal("bob", {"webrtc": "dance"})
        assert ann.dropped == {"malformed": 1, "malformed signal": 1}
        await closed(ann, bob)

    run(main())
