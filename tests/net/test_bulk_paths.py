"""Bulk through whole transports, whatever happens to the paths; and peers that come and go."""

from __future__ import annotations

import asyncio

import pytest

from rollback.errors import UsageError
from rollback.net import way
from rollback.net.bulk_connection import PATIENCE
from rollback.net.direct_or_relay import make_transport
from rollback.net.transport import PathChanged
from tests.net.lines import Wires
from tests.net.room import Room
from tests.net.virtual_time import now, run

PARTS = [bytes((0, 25, number)) + bytes(12 * 1024) for number in range(60)]


@pytest.fixture
def wires(monkeypatch):
    wires = Wires()
    monkeypatch.setattr(way, "Line", wires.make)
    monkeypatch.setattr(way, "BulkLine", wires.make_bulk)
    return wires


def end_of(room, name, kind="auto"):
    end = make_transport(room[name], [member.id for member in room.members if member.id != name], transport=kind)
    log = []
    end.on_datagram = lambda peer, datagram: log.append((peer, datagram))
    end.on_blob = lambda peer, blob: log.append((peer, blob))
    end.on_change = log.append
    return end, log


async def two(kinds=("auto", "auto"), room=None):
    room = room or Room("ann", "bob")
    (ann, log_ann), (bob, log_bob) = (end_of(room, name, kind) for name, kind in zip(("ann", "bob"), kinds, strict=True))
    await asyncio.gather(ann.start(), bob.start())
    return ann, bob, log_ann, log_bob


def blobs(log):
    return [thing[1] for thing in log if isinstance(thing, tuple)]


def send_all(end, peer, parts=PARTS):
    for part in parts:
        end.send_blob(peer, part)


async def closed(*ends):
    await asyncio.gather(*(end.close() for end in ends))
    await asyncio.sleep(1)
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("kind", ["auto", "webrtc"])
def test_bulk_takes_a_connection_of_its_own_and_all_else_that_of_the_inputs(wires, kind):
    async def main():
        ann, bob, _, log = await two((kind, kind))
        assert not wires.bulk_lines, "none before it is needed"
        send_all(ann, "bob")
        ann.send_blob("bob", b"a letter")
        await asyncio.sleep(5)
        assert [blob for blob in blobs(log) if blob != b"a letter"] == PARTS
        assert blobs(log)[0] == b"a letter", "it waits behind no snapshot"
        assert sum(line.bulk_sent for line in wires.bulk_lines) >= len(PARTS)
        assert not any(line.bulk_sent for line in wires.lines.values() if not line.is_bulk)
        await closed(ann, bob)

    run(main())


@pytest.mark.parametrize("fault", ["bulk_broken", "bulk_silent"])
def test_where_no_second_connection_opens_bulk_goes_beside_the_inputs_at_a_pace(wires, fault):
    async def main():
        setattr(wires, fault, "no second port")
        ann, bob, _, log = await two(("webrtc", "webrtc"))
        begin = now()
        send_all(ann, "bob")
        while len(blobs(log)) < len(PARTS):
            await asyncio.sleep(0.1)
        assert blobs(log) == PARTS
        size = sum(map(len, PARTS))
        assert 100_000 < size / (now() - begin - (PATIENCE if fault == "bulk_silent" else 0.0)) < 120_000
        await closed(ann, bob)

    run(main())


@pytest.mark.parametrize("kinds", [("relay", "relay"), ("auto", "relay"), ("relay", "auto")])
def test_where_there_is_no_direct_connection_bulk_goes_by_the_relay_whoever_loses_what(wires, kinds):
    async def main():
        room, count = Room("ann", "bob"), 0
        ann, bob, _, log = await two(kinds, room)

        def lose_some(sender, receiver, data):
            nonlocal count
            count += data[:1] == b"\x06"
            return data[:1] == b"\x06" and count % 7 == 3

        room.relay_fault = lose_some
        send_all(ann, "bob")
        await asyncio.sleep(120)
        assert blobs(log) == PARTS and count > len(PARTS) / 2
        sent = len(room.relayed)
        await asyncio.sleep(60)
        assert len(room.relayed) == sent, "all is acknowledged: silence"
        await closed(ann, bob)

    run(main())


@pytest.mark.parametrize("moment", [0.005, 0.02, 0.05, 0.1, 0.2])
@pytest.mark.parametrize("which", ["its own connection", "both connections", "both for long"])
def test_what_dies_on_the_way_loses_and_doubles_nothing(wires, which, moment):
    async def main():
        ann, bob, log_ann, log = await two()
        send_all(ann, "bob")
        send_all(bob, "ann")
        await asyncio.sleep(moment)
        assert len(blobs(log)) < len(PARTS), "the premise"
        wires.silent = which == "both for long"
        wires.cut(bulk=True if which == "its own connection" else None)
        await asyncio.sleep(60)
        assert blobs(log) == blobs(log_ann) == PARTS
        await closed(ann, bob)

    run(main())


def test_a_connection_that_dies_again_and_again_loses_and_doubles_nothing(wires):
    async def main():
        ann, bob, _, log = await two()
        send_all(ann, "bob")
        for turn in range(40):
            await asyncio.sleep(0.07)
            wires.cut(bulk=turn % 3 != 0)
        await asyncio.sleep(60)
        assert blobs(log) == PARTS
        await closed(ann, bob)

    run(main())


def test_bulk_sent_before_anybody_is_there_waits(wires):
    async def main():
        room = Room("ann", "bob")
        (ann, _), (bob, log) = end_of(room, "ann", "webrtc"), end_of(room, "bob", "webrtc")
        send_all(ann, "bob")
        await asyncio.gather(ann.start(), bob.start())
        await asyncio.sleep(5)
        assert blobs(log) == PARTS
        await closed(ann, bob)

    run(main())


@pytest.mark.parametrize("killed", ["ann", "bob"])
def test_a_new_process_under_the_same_id_is_connected_at_once_and_gets_what_is_sent_to_it(wires, killed):
    async def main():
        room = Room("ann", "bob")
        ends = dict(zip(("ann", "bob"), (await two(room=room))[:2], strict=True))
        other = "bob" if killed == "ann" else "ann"
        log = []
        ends[other].on_change = log.append
        send_all(ends[other], killed)
        await asyncio.sleep(0.1)
        dead = ends[killed]
        room[killed].on_signal = room[killed].on_relay = None  # killed: nothing of it answers any more, nothing is closed
        dead.on_blob = dead.on_datagram = lambda *_: None
        for task in [dead.direct._ways[other]._task, dead.direct._ways[other]._apart._task]:
            task.cancel()
        again, got = end_of(room, killed)
        begin = now()
        await again.start()
        assert now() - begin < 0.5
        await asyncio.sleep(0.2)
        assert [change.path for change in log][-1] == "webrtc" and "the other side started over" in log[0].reason
        ends[other].send_blob(killed, b"\0\x18for the new one")
        await asyncio.sleep(10)
        received = blobs(got)
        assert received[-1] == b"\0\x18for the new one"
        assert received[:-1] == PARTS[len(PARTS) - len(received) + 1 :], "of what was meant for the old one only whole blobs"
        again.send_blob(other, b"\0\x1bfrom the new one")
        back = []
        ends[other].on_blob = lambda peer, blob: back.append(blob)
        await asyncio.sleep(5)
        assert back == [b"\0\x1bfrom the new one"]
        await asyncio.gather(ends[other].close(), again.close(), dead.close())

    run(main())


@pytest.mark.parametrize("kinds", [("auto",) * 3, ("webrtc",) * 3, ("relay",) * 3, ("auto", "auto", "relay")])
def test_a_newcomer_is_added_in_the_middle_and_let_go_again(wires, kinds):
    async def main():
        room = Room("ann", "bob", "cid")
        ends, logs = {}, {}
        for name, kind in zip(("ann", "bob", "cid"), kinds, strict=True):
            peers = {"ann": ["bob"], "bob": ["ann"], "cid": ["ann", "bob"]}[name]
            end = ends[name] = make_transport(room[name], peers, transport=kind)
            log = logs[name] = []
            end.on_datagram = lambda peer, datagram, log=log: log.append((peer, datagram))
            end.on_blob = lambda peer, blob, log=log: log.append((peer, blob))
            end.on_change = log.append
        await asyncio.gather(ends["ann"].start(), ends["bob"].start())
        coming = asyncio.create_task(ends["cid"].start())
        await asyncio.sleep(3)  # its first calls are heard by nobody
        for name in ("ann", "bob"):
            ends[name].add("cid")
            assert set(ends[name].peers) == {"ann", "bob", "cid"} - {name}
        await coming
        await asyncio.sleep(1)
        path = "relay" if "relay" in kinds else "webrtc"
        for name in ("ann", "bob"):
            assert [(change.peer, change.path) for change in logs[name] if change.peer == "cid"] == [("cid", path)]
            assert ends[name].send("cid", name.encode()) and ends["cid"].send(name, b"cid")
            send_all(ends[name], "cid", PARTS[:5])
        await asyncio.sleep(5)
        for name in ("ann", "bob"):
            assert ("cid", b"cid") in logs[name] and (name, name.encode()) in logs["cid"]
            assert [blob for peer, blob in (x for x in logs["cid"] if isinstance(x, tuple)) if peer == name][1:] == PARTS[:5]
        ends["ann"].remove("cid", "away with you")
        logs["ann"].clear()
        await asyncio.sleep(3)
        assert PathChanged("ann", "none", "Ann left: away with you") in logs["cid"]
        assert not ends["cid"].send("ann", b"anybody?") or kinds[2] == "relay"
        assert ends["ann"].peers == ("bob",) and ends["ann"].send("bob", b"still here")
        with pytest.raises(UsageError, match="no peer"):
            ends["ann"].send("cid", b"x")
        await asyncio.sleep(3)
        assert logs["ann"] == [], "nothing of it is told"
        ends["ann"].add("cid")
        await asyncio.sleep(30)
        assert ends["ann"].send("cid", b"welcome back") and ends["cid"].send("ann", b"thanks")
        await asyncio.sleep(1)
        assert ("ann", b"welcome back") in logs["cid"] and ("cid", b"thanks") in logs["ann"]
        await closed(*ends.values())

    run(main())


@pytest.mark.parametrize("kind", ["auto", "webrtc", "relay"])
def test_a_peer_that_is_removed_and_added_in_one_breath_is_connected_anew(wires, kind):
    async def main():
        ann, bob, log_ann, log_bob = await two((kind, kind))
        ann.remove("bob", "you are another now")
        ann.add("bob")
        await asyncio.sleep(40)
        assert ann.send("bob", b"ping") and bob.send("ann", b"pong")
        send_all(ann, "bob", PARTS[:5])
        await asyncio.sleep(5)
        assert ("bob", b"pong") in log_ann
        assert blobs(log_bob) == [b"ping", *PARTS[:5]]
        await closed(ann, bob)

    run(main())


@pytest.mark.parametrize("kind", ["auto", "webrtc", "relay"])
def test_one_who_does_not_come_is_told_once_and_may_still_come(wires, kind):
    async def main():
        room = Room("ann", "bob", "cid")
        ann = make_transport(room["ann"], ["bob"], transport=kind, connect_timeout=3.0)
        bob = make_transport(room["bob"], ["ann"], transport=kind)
        log = []
        ann.on_change = log.append
        await asyncio.gather(ann.start(), bob.start())
        ann.add("cid")
        await asyncio.sleep(30)
        told = [change for change in log if change.peer == "cid"]
        assert {change.path for change in told} == {"none"}
        assert kind == "webrtc" or len(told) == 1, "by WebRTC each try that fails is told"
        cid = make_transport(room["cid"], ["ann"], transport=kind)
        await cid.start()
        await asyncio.sleep(40)
        assert [change.path for change in log if change.peer == "cid"][-1] in ("webrtc", "relay")
        assert ann.send("cid", b"x")
        await closed(ann, bob, cid)

    run(main())


@pytest.mark.parametrize("kind", ["auto", "webrtc", "relay"])
def test_who_cannot_be_added_or_removed_is_one_sentence(wires, kind):
    async def main():
        end = make_transport(Room("ann", "bob", "cid")["ann"], ["bob"], transport=kind)
        for use, words in [
            (lambda: end.add("bob"), "already"),
            (lambda: end.add("ann"), "this process itself"),
            (lambda: end.add("dee"), "nobody in this room"),
            (lambda: end.add(""), "not empty"),
            (lambda: end.remove("cid"), "no peer"),
        ]:
            with pytest.raises(UsageError, match=words):
                use()
        assert end.peers == ("bob",)
        end.add("cid")
        end.remove("bob")
        assert end.peers == ("cid",)
        await end.close()

    run(main())
