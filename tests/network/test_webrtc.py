"""Real WebRTC between two ends of this process, on 127.0.0.1 only."""

from __future__ import annotations

import asyncio
import random
import time

import aioice.ice
import pytest

from rollback.errors import NetworkError
from rollback.net import line, sctp_guard
from rollback.net.direct_or_relay import make_transport
from rollback.net.ice import IceOptions
from rollback.net.line import Line
from rollback.net.transport import MAX_DATAGRAM, MAX_MESSAGE, PathChanged
from rollback.net.webrtc import WebRTCTransport
from tests.net.room import Room

HERE = ["127.0.0.1"]


def listen(end):
    log = []
    end.on_datagram = lambda peer, datagram: log.append(datagram)
    end.on_blob = lambda peer, blob: log.append(blob)
    end.on_change = log.append
    return log


async def until(fact, seconds=10.0):
    """Wait for something that the network brings about; bounded."""
    async with asyncio.timeout(seconds):
        while not fact():
            await asyncio.sleep(0.005)


async def two(room=None, kind=WebRTCTransport, **options):
    room = room or Room("ann", "bob")
    ann = kind(room["ann"], ["bob"], ice_addresses=HERE, **options)
    bob = kind(room["bob"], ["ann"], ice_addresses=HERE, **options)
    logs = listen(ann), listen(bob)
    await asyncio.gather(ann.start(), bob.start())
    return ann, bob, *logs


async def closed(*ends):
    await asyncio.gather(*(end.close() for end in ends))
    await until(lambda: asyncio.all_tasks() == {asyncio.current_task()}, 3.0)


def line_of(end, peer):
    return end._ways[peer].line


def lines():
    return Line(IceOptions(addresses=("127.0.0.1",))), Line(IceOptions(addresses=("127.0.0.1",)))


async def joined(one, other):
    await one.accept(await other.answer(await one.offer()))
    await until(lambda: one.is_open and other.is_open)
    return one, other


async def test_two_peers_open_a_connection_and_exchange_datagrams_and_blobs():
    ann, bob, log_ann, log_bob = await two()
    assert log_ann[0].path == log_bob[0].path == "webrtc"
    assert ann.send("bob", b"ping") and bob.send("ann", b"")
    await until(lambda: b"ping" in log_bob and b"" in log_ann)
    assert ann.send("bob", bytes(MAX_DATAGRAM))
    await until(lambda: bytes(MAX_DATAGRAM) in log_bob)
    ann.send_blob("bob", b"blob")
    await until(lambda: b"blob" in log_bob)
    await closed(ann, bob)
    assert ann.dropped == bob.dropped == {}


async def test_three_peers_reach_each_other():
    room, names = Room("ann", "bob", "cid"), ["ann", "bob", "cid"]
    ends = [WebRTCTransport(room[name], [n for n in names if n != name], ice_addresses=HERE) for name in names]
    logs = [listen(end) for end in ends]
    await asyncio.gather(*(end.start() for end in ends))
    for name, end in zip(names, ends, strict=True):
        assert all(end.send(peer, name.encode()) for peer in end.peers)
    for name, log in zip(names, logs, strict=True):
        await until(
            lambda name=name, log=log: {n.encode() for n in names if n != name} <= {x for x in log if isinstance(x, bytes)}
        )
    await closed(*ends)


async def test_nothing_is_skipped_at_sixty_datagrams_a_second_on_a_healthy_line():
    ann, bob, _, log_bob = await two()
    skipped, due = 0, time.perf_counter()
    for number in range(180):
        skipped += not ann.send("bob", number.to_bytes(4, "big") + bytes(26))
        due += 1 / 60
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
    assert skipped == 0
    await until(lambda: sum(isinstance(x, bytes) for x in log_bob) == 180)
    await closed(ann, bob)


async def test_after_an_outage_only_a_handful_of_stale_datagrams_arrive():
    ann, bob, _, log = await two()
    dark = asyncio.Event()
    for end, peer in ((ann, "bob"), (bob, "ann")):
        ice = line_of(end, peer)._peer.connection.sctp.transport.transport

        async def send(data, real=ice._send):
            if not dark.is_set():
                await real(data)

        ice._send = send
    log.clear()
    sent_at, skipped, back, fresh = [], 0, None, False
    begin = time.perf_counter()
    while not fresh:
        since = time.perf_counter() - begin
        assert since < 20, "the line works again: SCTP notices the end of an outage within a second"
        if 0.5 < since < 2.5:
            dark.set()
        elif dark.is_set():
            dark.clear()
            back = len(sent_at)
            log.clear()
        sent_at.append(since)
        skipped += not ann.send("bob", (len(sent_at) - 1).to_bytes(4, "big") + bytes(96))
        await asyncio.sleep(1 / 60)
        numbers = [int.from_bytes(datagram[:4], "big") for datagram in log]
        fresh = back is not None and any(number >= back for number in numbers)
    assert skipped > 0, "the premise: the line was full"
    assert sum(number < back for number in numbers) <= 5, "without the gate, more than a dozen"
    await closed(ann, bob)


async def test_blobs_of_any_size_arrive_in_order_beside_the_datagrams():
    ann, bob, _, log = await two()
    dice = random.Random(4)
    blobs = [dice.randbytes(size) for size in (0, 1, MAX_MESSAGE, MAX_MESSAGE - 1, 300_000, 5)]
    log.clear()
    for blob in blobs:
        ann.send_blob("bob", blob)
    ann.send("bob", b"datagram")
    await until(lambda: len(log) == 7, 20)
    log.remove(b"datagram")
    assert log == blobs
    await closed(ann, bob)


async def test_the_bye_and_the_blob_before_a_close_arrive_and_the_peer_is_told_why(monkeypatch):
    monkeypatch.setattr(line, "FLUSH", 10.0)  # 100 KB take 30 ms, unless the machine is busy
    for _ in range(5):
        ann, bob, _, log = await two()
        log.clear()
        ann.send_blob("bob", bytes(100_000))
        ann.send("bob", b"bye")
        begin = time.perf_counter()
        await ann.close("enough")
        assert time.perf_counter() - begin < 8
        assert b"bye" in log and bytes(100_000) in log
        await until(lambda log=log: PathChanged("ann", "none", "Ann left: enough") in log)
        await closed(ann, bob)


async def test_a_close_that_does_not_wait_loses_the_bye():
    """The premise of the one above: aiortc throws away what has not left."""
    one, other = await joined(*lines())
    log = []
    other.on_datagram = log.append
    one.send_blob(bytes(100_000))
    assert one.send(b"bye")
    await one.close(goodbye=None)
    await until(lambda: not other.is_open)
    assert log == []
    await other.close()


async def test_a_close_is_bounded_when_the_other_side_hears_nothing():
    one, other = await joined(*lines())

    async def lose(data):
        pass

    one._peer.connection.sctp.transport.transport._send = lose
    begin = time.perf_counter()
    await asyncio.gather(one.close("enough"), one.close("twice"))
    assert 0.4 < time.perf_counter() - begin < 2.5
    await other.close()


async def test_a_failing_callback_leaves_the_connection_open():
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context["exception"]))
    ann, bob, _, log = await two()
    good, bob.on_datagram = bob.on_datagram, lambda peer, datagram: 1 / 0
    ann.send("bob", b"one")
    await until(lambda: told)
    bob.on_datagram = good
    ann.send("bob", b"two")
    await until(lambda: b"two" in log)
    assert [type(error) for error in told] == [ZeroDivisionError]
    await closed(ann, bob)


async def test_text_and_messages_above_the_limit_are_dropped_and_counted():
    one, other = await joined(*lines())
    log = []
    other.on_datagram = other.on_blob = log.append
    for message in ("text", bytes(MAX_MESSAGE + 1)):
        one._inputs.send(message)
        one._control.send(message)
        await until(lambda: one._inputs.bufferedAmount == one._control.bufferedAmount == 0)
    one._control.send(b"\x63no fragment")
    one._control.send(b"")
    one.send(b"fine")
    await until(lambda: log == [b"fine"] and sum(other.dropped.values()) == 6)
    assert other.dropped == {"text": 2, "oversized": 2, "malformed": 2}
    await asyncio.gather(one.close(), other.close())


async def test_only_the_given_addresses_are_offered_and_no_other_connection_is_touched(monkeypatch):
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.2"])
    bound, free = Line(IceOptions(addresses=("127.0.0.1",))), Line(IceOptions())
    offers = await asyncio.gather(bound.offer(), free.offer())
    hosts = [{row.split()[4] for row in offer.splitlines() if row.startswith("a=candidate:")} for offer in offers]
    assert hosts == [{"127.0.0.1"}, {"127.0.0.2"}]
    await asyncio.gather(bound.close(), free.close())


async def test_a_machine_with_loopback_only_says_so_at_once_instead_of_hanging(monkeypatch):
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: [])
    room = Room("ann", "bob")
    ann, bob = WebRTCTransport(room["ann"], ["bob"]), WebRTCTransport(room["bob"], ["ann"])
    begin = time.perf_counter()
    results = await asyncio.gather(ann.start(), bob.start(), return_exceptions=True)
    assert time.perf_counter() - begin < 5
    assert all(isinstance(result, NetworkError) for result in results)
    assert "no network address to offer" in str(results[0]) and "ice_addresses=['127.0.0.1']" in str(results[1])


@pytest.mark.parametrize("description", ["", "v=0", "hello", "v=0\r\nm=application 9 UDP/DTLS/SCTP x", "\0" * 99])
async def test_a_description_that_is_none_is_a_network_error(description):
    line, _ = lines()
    with pytest.raises(NetworkError, match=r"cannot be understood|could not describe"):
        await line.answer(description)
    await asyncio.gather(line.close(), _.close())


async def test_a_message_without_an_end_costs_the_connection_and_not_the_memory(monkeypatch):
    monkeypatch.setattr(sctp_guard, "MOST_BEYOND", 128 * 1024)
    evil, line = lines()
    await joined(evil, line)
    lost = []
    line.on_lost = lost.append
    evil._peer.connection.sctp._remote_max_message_size = 1 << 30  # what an honest side keeps to
    evil._control.send(bytes(16 * 1024 * 1024))
    await until(lambda: lost, 30.0)
    assert lost == ["the other side sends messages without an end"]
    held = sum(
        len(chunk.user_data) for stream in line._peer.connection.sctp._inbound_streams.values() for chunk in stream.reassembly
    )
    assert 1024 * 1024 < held < 1024 * 1024 + 192 * 1024
    await asyncio.gather(evil.close(), line.close())


@pytest.mark.parametrize("kind", ["video", "audio"])
async def test_an_offer_of_pictures_or_sound_beside_the_data_is_refused(kind):
    import aiortc
    from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

    evil, (line, other) = aiortc.RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[])), lines()
    evil.createDataChannel("inputs", negotiated=True, id=0)
    evil.addTrack(VideoStreamTrack() if kind == "video" else AudioStreamTrack())
    offer = (await evil.createOffer()).sdp
    assert f"m={kind}" in offer and "m=application" in offer, "the premise"
    with pytest.raises(NetworkError, match="it holds more than a data channel"):
        await line.answer(offer)
    assert line._peer.connection.getTransceivers() == []
    await asyncio.gather(evil.close(), line.close(), other.close())


async def test_a_peer_that_is_not_there_is_named_after_the_timeout():
    room = Room("ann", "bob")
    ann = WebRTCTransport(room["ann"], ["bob"], ice_addresses=HERE, connect_timeout=0.3)
    with pytest.raises(NetworkError, match=r"no direct connection to Bob: no direct connection within 0\.3 s"):
        await ann.start()
    await closed(ann)


async def test_a_transport_that_is_closed_in_the_middle_of_its_handshake_leaves_nothing_behind():
    for turns in (0, 1, 3, 10, 30, 60, 100):
        room = Room("ann", "bob")
        ann = WebRTCTransport(room["ann"], ["bob"], ice_addresses=HERE)
        bob = WebRTCTransport(room["bob"], ["ann"], ice_addresses=HERE)
        starts = [asyncio.ensure_future(end.start()) for end in (ann, bob)]
        for _ in range(turns):
            await asyncio.sleep(0)
        for start in starts:
            start.cancel()
        await asyncio.gather(*starts, return_exceptions=True)
        await closed(ann, bob)


async def test_a_connection_that_breaks_in_a_match_is_replaced_by_the_relay_and_comes_back():
    ann, bob, log_ann, log_bob = await two(kind=make_transport)
    await line_of(bob.direct, "ann")._peer.connection.close()  # dies without a goodbye
    await until(lambda: ann.path("bob") == bob.path("ann") == "relay")
    assert ann.send("bob", b"by the relay")
    await until(lambda: b"by the relay" in log_bob)
    await until(lambda: ann.path("bob") == bob.path("ann") == "webrtc")
    assert ann.send("bob", b"direct again")
    await until(lambda: b"direct again" in log_bob)
    paths = [thing.path for thing in log_ann if isinstance(thing, PathChanged)]
    assert paths == ["webrtc", "relay", "webrtc"]
    await closed(ann, bob)


async def test_a_distrusted_connection_is_replaced_on_both_sides():
    ann, bob, log_ann, log_bob = await two(kind=make_transport)
    ann.distrust("bob", "nothing heard for 0.5 s")
    await until(lambda: ann.path("bob") == bob.path("ann") == "relay")
    assert log_ann[-1] == PathChanged("bob", "relay", "nothing heard for 0.5 s")
    assert log_bob[-1] == PathChanged("ann", "relay", "the other side closed the connection")
    await until(lambda: ann.path("bob") == bob.path("ann") == "webrtc")
    await closed(ann, bob)
