"""Bulk over real WebRTC between two ends of this process, on 127.0.0.1 only."""

from __future__ import annotations

import asyncio
import random

import pytest
from aiortc import rtcsctptransport

from rollback.net import connection
from rollback.net.bulk_line import BUFFER, BulkLine
from rollback.net.flow import BULK
from rollback.net.ice import IceOptions
from rollback.net.line import Line
from rollback.net.sctp_timers import BEGIN, FIRST, SHORTEST
from rollback.net.transport import PathChanged
from rollback.net.webrtc import WebRTCTransport
from tests.net.room import Room

HERE = IceOptions(addresses=("127.0.0.1",))
PARTS = [bytes((0, 25)) + random.Random(number).randbytes(12 * 1024) for number in range(50)]


async def until(fact, seconds=30.0):
    """Wait for something that the network brings about; bounded."""
    async with asyncio.timeout(seconds):
        while not fact():
            await asyncio.sleep(0.005)


def end_of(room, name, peer):
    end = WebRTCTransport(room[name], [peer], ice_addresses=["127.0.0.1"])
    end.log, end.blobs = [], []
    end.on_datagram = lambda peer, datagram: end.log.append(datagram)
    end.on_blob = lambda peer, blob: end.blobs.append(blob)
    end.on_change = end.log.append
    return end


async def two():
    room = Room("ann", "bob")
    ann, bob = end_of(room, "ann", "bob"), end_of(room, "bob", "ann")
    await asyncio.gather(ann.start(), bob.start())
    return room, ann, bob


async def closed(*ends):
    await asyncio.gather(*(end.close() for end in ends))
    await until(lambda: asyncio.all_tasks() == {asyncio.current_task()}, 10.0)


def apart(end, peer):
    """Return the line for bulk, or None."""
    return end._ways[peer]._apart._line


async def test_a_snapshot_arrives_by_a_connection_of_its_own_while_datagrams_go_on():
    _, ann, bob = await two()
    for part in PARTS:
        ann.send_blob("bob", part)
    assert apart(ann, "bob") is None or not apart(ann, "bob").is_open
    sent = 0
    while len(bob.blobs) < len(PARTS):
        sent += ann.send("bob", b"input")
        await asyncio.sleep(1 / 60)
        assert ann._ways["bob"].line._control.bufferedAmount == 0
        if (line := apart(ann, "bob")) is not None:
            assert line._bulk.bufferedAmount <= BUFFER + 4640
    assert bob.blobs == PARTS and apart(ann, "bob").is_open and apart(bob, "ann").is_open
    await until(lambda: bob.log.count(b"input") == sent)
    await until(lambda: not ann.bulk("bob"))
    assert ann.dropped == bob.dropped == {}
    await closed(ann, bob)


async def test_when_the_connection_for_bulk_dies_nothing_is_lost_or_doubled_and_the_inputs_go_on():
    _, ann, bob = await two()
    for part in PARTS:
        ann.send_blob("bob", part)
    await until(lambda: len(bob.blobs) > 5)
    assert len(bob.blobs) < len(PARTS), "the premise"
    await apart(bob, "ann")._peer.connection.close()
    assert ann.send("bob", b"input")
    await until(lambda: len(bob.blobs) >= len(PARTS))
    assert bob.blobs == PARTS
    assert ann.is_open("bob") and [thing for thing in ann.log + bob.log if isinstance(thing, PathChanged)][2:] == []
    await closed(ann, bob)


async def test_where_the_connection_for_bulk_cannot_open_it_goes_beside_the_inputs(monkeypatch):
    async def fails(self, kind):
        raise connection.NetworkError("no second port")

    monkeypatch.setattr(BulkLine, "_describe", fails)
    _, ann, bob = await two()
    for part in PARTS[:10]:
        ann.send_blob("bob", part)
        bob.send_blob("ann", part)
    await until(lambda: len(ann.blobs) >= 10 and len(bob.blobs) >= 10)
    assert ann.blobs == bob.blobs == PARTS[:10]
    await closed(ann, bob)


@pytest.mark.parametrize("killed", ["ann", "bob"])
async def test_a_new_process_in_the_place_of_a_killed_one_is_connected_long_before_aiortc_notices(killed):
    room, ann, bob = await two()
    dead, living = (ann, bob) if killed == "ann" else (bob, ann)
    other = "bob" if killed == "ann" else "ann"
    for part in PARTS:
        living.send_blob(killed, part)
    await until(lambda: len(dead.blobs) > 5)

    async def lose(data):
        pass

    for line in (dead._ways[other].line, apart(dead, other)):
        line._peer.connection.sctp.transport.transport._send = lose  # as good as killed: not even an ICMP answer
    for task in (dead._ways[other]._task, dead._ways[other]._apart._task):
        task.cancel()
    room[killed].on_signal = None
    dead.on_blob = lambda *_: None
    again = end_of(room, killed, other)
    async with asyncio.timeout(15):  # the dead one would be noticed after 30 s
        await again.start()
    await until(lambda: living.log and isinstance(living.log[-1], PathChanged) and living.log[-1].path == "webrtc")
    assert [change.path for change in living.log] == ["webrtc", "none", "webrtc"]
    assert "the other side started over" in living.log[1].reason
    living.send_blob(killed, b"\0\x18for the new one")
    again.send_blob(other, b"\0\x1bfrom the new one")
    await until(lambda: b"\0\x18for the new one" in again.blobs and b"\0\x1bfrom the new one" in living.blobs)
    assert again.blobs[:-1] == PARTS[len(PARTS) - len(again.blobs) + 1 :], "whole blobs, in order"
    await closed(living, again, dead)


async def test_a_peer_that_is_removed_has_its_connections_closed_and_may_be_added_again():
    _, ann, bob = await two()
    ann.send_blob("bob", PARTS[0])
    await until(lambda: apart(bob, "ann") is not None and apart(bob, "ann").is_open)
    ways = [ann._ways["bob"].line, apart(ann, "bob")]
    ann.remove("bob", "make room")
    await until(lambda: PathChanged("ann", "none", "Ann left: make room") in bob.log)
    await until(lambda: all(line._peer.connection.connectionState == "closed" for line in ways) and apart(bob, "ann") is None)
    ann.log.clear()
    ann.add("bob")
    await until(lambda: ann.is_open("bob") and bob.is_open("ann"))
    ann.send_blob("bob", PARTS[1])
    await until(lambda: PARTS[1] in bob.blobs)
    await closed(ann, bob)


async def test_lines_for_bulk_have_quicker_timers_and_no_other_connection_is_touched():
    bulk, inputs = BulkLine(HERE), Line(HERE)
    quick, slow = bulk._peer.connection.sctp, inputs._peer.connection.sctp
    assert (quick._rto, quick._cwnd) == (FIRST, BEGIN)
    assert slow._rto == rtcsctptransport.SCTP_RTO_INITIAL > FIRST and slow._cwnd < BEGIN
    for association in (quick, slow):
        for _ in range(50):
            association._update_rto(0.05)
    assert quick._rto == pytest.approx(0.05 + SHORTEST) and slow._rto == rtcsctptransport.SCTP_RTO_MIN == 1
    for _ in range(50):
        quick._update_rto(random.choice((0.1, 1.5)))
    assert quick._rto > 1, "a path that varies is given its time"
    await asyncio.gather(bulk.close(), inputs.close())


async def test_lines_for_bulk_take_messages_of_bulk_only():
    one, other = BulkLine(HERE), BulkLine(HERE)
    await one.accept(await other.answer(await one.offer()))
    await until(lambda: one.is_open and other.is_open)
    log = []
    other.on_bulk = log.append
    for message in ("text", b"", b"\0blob", bytes([BULK]) + bytes(16 * 1024), bytes([BULK]) + b"fine"):
        one._bulk.send(message)
    await until(lambda: log)
    assert log == [bytes([BULK]) + b"fine"]
    assert other.dropped == {"text": 1, "malformed": 2, "oversized": 1}
    await asyncio.gather(one.close(), other.close())
