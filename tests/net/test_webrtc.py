from __future__ import annotations

import asyncio

import pytest

from rollback.errors import NetworkError, UsageError
from rollback.net import way
from rollback.net.transport import MAX_DATAGRAM, PathChanged
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


def transports(room, **options):
    names = [member.id for member in room.members]
    ends, logs = {}, {}
    for name in names:
        end = ends[name] = WebRTCTransport(room[name], [other for other in names if other != name], **options)
        log = logs[name] = []
        end.on_datagram = lambda peer, datagram, log=log: log.append(("datagram", peer, datagram))
        end.on_blob = lambda peer, blob, log=log: log.append(("blob", peer, blob))
        end.on_change = lambda change, log=log: log.append(change)
    return ends, logs


async def started(room, **options):
    ends, logs = transports(room, **options)
    await asyncio.gather(*(end.start() for end in ends.values()))
    return ends, logs


async def closed(ends):
    await asyncio.gather(*(end.close() for end in ends.values()))
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("count", [2, 3, 5])
def test_everybody_reaches_everybody_and_the_lower_seat_offers(wires, count):
    async def main():
        room = Room(*"abcdefg"[:count])
        ends, logs = await started(room)
        for name, end in ends.items():
            for peer in end.peers:
                assert end.is_open(peer)
                assert end.send(peer, name.encode())
                end.send_blob(peer, b"blob of " + name.encode())
        await asyncio.sleep(0.1)
        for name, end in ends.items():
            for peer in end.peers:
                assert ("datagram", peer, peer.encode()) in logs[name]
                assert ("blob", peer, b"blob of " + peer.encode()) in logs[name]
        assert all(sender < to for sender, to, data in room.signals if data["webrtc"] == "offer")
        assert all(sender > to for sender, to, data in room.signals if data["webrtc"] == "answer")
        await closed(ends)

    run(main())


def test_an_open_connection_is_told_once_with_its_path(wires):
    async def main():
        ends, logs = await started(Room("ann", "bob"))
        assert [(change.peer, change.path) for change in logs["ann"]] == [("bob", "webrtc")]
        assert "the direct connection is open after" in logs["ann"][0].reason
        await closed(ends)

    run(main())


def test_a_peer_that_does_not_answer_is_named_with_the_timeout_and_everything_is_closed(wires):
    async def main():
        ends, _ = transports(Room("ann", "bob"), connect_timeout=4.0)
        with pytest.raises(NetworkError, match=r"no direct connection to Bob: no direct connection within 4 s"):
            await ends["ann"].start()
        assert now() == pytest.approx(4.0, abs=0.1)
        assert all(line.is_closed for line in wires.lines.values())
        assert asyncio.all_tasks() == {asyncio.current_task()}
        with pytest.raises(UsageError, match="closed"):
            await ends["ann"].start()

    run(main())


def test_the_caller_of_start_who_gives_up_leaves_nothing_behind(wires):
    async def main():
        ends, _ = transports(Room("ann", "bob"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await ends["ann"].start()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())


def test_a_full_channel_is_the_callers_business(wires):
    async def main():
        ends, _ = await started(Room("ann", "bob"))
        ends["ann"]._ways["bob"].line.full = True
        assert not ends["ann"].send("bob", b"x")
        await closed(ends)

    run(main())


def test_without_a_connection_datagrams_are_refused_and_blobs_dropped_and_counted(wires):
    async def main():
        ends, logs = await started(Room("ann", "bob"))
        wires.cut("pulled the plug")
        assert not ends["ann"].send("bob", b"x")
        ends["ann"].send_blob("bob", b"x")
        assert ends["ann"].dropped["unreachable"] == 1
        await asyncio.sleep(0.1)
        assert logs["ann"][-1] == PathChanged("bob", "none", "pulled the plug")
        await asyncio.sleep(2)
        assert logs["ann"][-1] == PathChanged("bob", "webrtc", "the direct connection is open again")
        assert ends["ann"].send("bob", b"x")
        await closed(ends)

    run(main())


def test_a_goodbye_is_told_with_its_reason_and_nobody_tries_again(wires):
    async def main():
        room = Room("ann", "bob")
        ends, logs = await started(room)
        await ends["ann"].close("enough")
        await asyncio.sleep(0.1)
        assert logs["bob"][-1] == PathChanged("ann", "none", "Ann left: enough")
        assert ends["bob"].has_left("ann") and not ends["bob"].is_open("ann")
        signals = len(room.signals)
        await asyncio.sleep(200)
        assert len(room.signals) == signals
        await ends["ann"].close("again")
        await closed(ends)

    run(main())


def test_a_distrusted_connection_is_replaced(wires):
    async def main():
        ends, logs = await started(Room("ann", "bob"))
        ends["ann"].distrust("bob", "nothing heard")
        await asyncio.sleep(3)
        assert [change.path for change in logs["ann"]] == ["webrtc", "none", "webrtc"]
        assert logs["ann"][1].reason == "nothing heard"
        await closed(ends)

    run(main())


def test_a_failing_callback_does_not_stop_the_next_try(wires):
    async def main():
        told = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context["exception"]))
        ends, _ = transports(Room("ann", "bob"))
        ends["ann"].on_change = lambda change: 1 / 0
        await asyncio.gather(*(end.start() for end in ends.values()))
        wires.cut()
        await asyncio.sleep(2)
        assert ends["ann"].is_open("bob")
        assert {type(error) for error in told} == {ZeroDivisionError}
        await closed(ends)

    run(main())


def test_signals_of_strangers_are_left_alone(wires):
    async def main():
        room = Room("ann", "bob", "cid")
        end = WebRTCTransport(room["ann"], ["bob"])
        end.begin()
        room["ann"].on_signal("cid", {"webrtc": "want", "have": ""})
        room["ann"].on_signal("bob", {"chat": "hello"})
        assert end.dropped == {"malformed signal": 1}
        await end.close()

    run(main())


@pytest.mark.parametrize(
    ("peers", "options", "words"),
    [
        (["cid"], {}, "nobody in this room"),
        (["ann"], {}, "this process itself"),
        (["bob"], {"connect_timeout": 0}, "connect_timeout"),
        (["bob"], {"ice_addresses": ["here"]}, "not 'here'"),
        (["bob"], {"ice_servers": ["ftp://x"]}, "stun:"),
    ],
)
def test_impossible_options_are_refused_when_the_transport_is_made(peers, options, words):
    with pytest.raises(UsageError, match=words):
        WebRTCTransport(Room("ann", "bob")["ann"], peers, **options)


def test_wrong_use_is_one_sentence(wires):
    async def main():
        ends, _ = await started(Room("ann", "bob"))
        for use, words in [
            (lambda: ends["ann"].send("cid", b""), "no peer"),
            (lambda: ends["ann"].send("bob", bytes(MAX_DATAGRAM + 1)), "send_blob"),
            (lambda: ends["ann"].send_blob("cid", b""), "no peer"),
            (lambda: ends["ann"].distrust("cid", ""), "no peer"),
        ]:
            with pytest.raises(UsageError, match=words):
                use()
        await closed(ends)

    run(main())
