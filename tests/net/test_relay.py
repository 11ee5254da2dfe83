from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.errors import NetworkError, UsageError
from rollback.net.relay import DATAGRAM, FRAGMENT, GOODBYE, HELLO, RelayTransport
from rollback.net.relay_blobs import HEADER
from rollback.net.transport import MAX_DATAGRAM, MAX_MESSAGE, PathChanged
from tests.net.room import Room
from tests.net.virtual_time import now, run


def pair(room, **options):
    ends = RelayTransport(room["ann"], ["bob"], **options), RelayTransport(room["bob"], ["ann"], **options)
    heard = [], []
    for end, log in zip(ends, heard, strict=True):
        end.on_datagram = lambda peer, datagram, log=log: log.append(("datagram", peer, datagram))
        end.on_blob = lambda peer, blob, log=log: log.append(("blob", peer, blob))
        end.on_change = lambda change, log=log: log.append(change)
    return ends, heard


async def started(room):
    (ann, bob), heard = pair(room)
    await asyncio.gather(ann.start(), bob.start())
    return ann, bob, *heard


def test_both_start_when_they_heard_each_other():
    async def main():
        ann, bob, heard_by_ann, heard_by_bob = await started(Room("ann", "bob"))
        assert heard_by_ann == [PathChanged("bob", "relay", "the lobby passes everything on")]
        assert heard_by_bob == [PathChanged("ann", "relay", "the lobby passes everything on")]
        assert now() < 0.5
        await asyncio.gather(ann.close(), bob.close())

    run(main())


def test_who_starts_first_waits_for_the_other():
    async def main():
        (ann, bob), _ = pair(Room("ann", "bob"))
        first = asyncio.create_task(ann.start())
        await asyncio.sleep(3)
        assert not first.done()
        await bob.start()
        await first
        assert 3 <= now() < 4

    run(main())


def test_a_peer_that_never_answers_is_named_and_the_transport_is_closed():
    async def main():
        room = Room("ann", "bob")
        (ann, _), _ = pair(room, connect_timeout=2.0)
        with pytest.raises(NetworkError, match=r"Bob did not answer by the relay within 2 s"):
            await ann.start()
        assert now() == pytest.approx(2.0, abs=0.01)
        assert not ann.send("bob", b"x")
        with pytest.raises(UsageError, match="closed"):
            await ann.start()

    run(main())


def test_datagrams_and_blobs_share_the_relay_and_stay_apart():
    async def main():
        ann, bob, _, heard = await started(Room("ann", "bob"))
        heard.clear()
        assert ann.send("bob", b"one") and ann.send("bob", b"")
        ann.send_blob("bob", b"blob")
        assert ann.send("bob", bytes(MAX_DATAGRAM))
        await asyncio.sleep(0.1)
        assert sorted(heard) == sorted(
            [
                ("datagram", "ann", b"one"),
                ("datagram", "ann", b""),
                ("blob", "ann", b"blob"),
                ("datagram", "ann", bytes(MAX_DATAGRAM)),
            ]
        )
        assert not ann.is_sending("bob")
        await asyncio.gather(ann.close(), bob.close())

    run(main())


@pytest.mark.parametrize("seed", range(10))
def test_blobs_arrive_whole_and_in_order_though_the_lobby_drops_what_is_too_much(seed):
    async def main():
        room, dice, lost = Room("ann", "bob"), random.Random(seed), []
        ann, bob, _, heard = await started(room)
        heard.clear()

        def fault(*_):
            lost.append(dice.random() < 0.2)
            return lost[-1]

        room.relay_fault = fault
        blobs = [dice.randbytes(dice.randrange(100_000)) for _ in range(5)]
        for blob in blobs:
            ann.send_blob("bob", blob)
        while ann.is_sending("bob"):
            await asyncio.sleep(1)
        assert sum(lost) > 0, "the premise"
        assert heard == [("blob", "ann", blob) for blob in blobs]
        await asyncio.gather(ann.close(), bob.close())

    run(main())


def test_blobs_leave_the_inputs_their_share_of_the_allowance():
    async def main():
        room = Room("ann", "bob")
        ann, bob, *_ = await started(room)
        begin, room.relayed[:] = now(), []
        ann.send_blob("bob", bytes(2_000_000))
        while ann.is_sending("bob"):
            await asyncio.sleep(0.5)
        fragments = [data for sender, _, data in room.relayed if sender == "ann" and data[:1] == FRAGMENT]
        assert len(fragments) > 100
        assert len(fragments) / (now() - begin) <= 21, "60 inputs a second and their repeats have 100 of 120"
        assert max(map(len, fragments)) <= MAX_MESSAGE
        await asyncio.gather(ann.close(), bob.close())

    run(main())


def test_a_lobby_that_takes_nothing_is_told_to_the_caller_and_blobs_wait_for_it():
    async def main():
        room = Room("ann", "bob")
        ann, bob, _, heard = await started(room)
        heard.clear()
        room.relay_open = False
        assert not ann.send("bob", b"x")
        ann.send_blob("bob", b"later")
        await asyncio.sleep(5)
        assert heard == [] and ann.is_sending("bob")
        room.relay_open = True
        await asyncio.sleep(2)
        assert heard == [("blob", "ann", b"later")]
        await asyncio.gather(ann.close(), bob.close())

    run(main())


def test_the_close_delivers_blobs_and_says_why():
    async def main():
        ann, bob, _, heard = await started(Room("ann", "bob"))
        heard.clear()
        blob = bytes(100_000)
        ann.send_blob("bob", blob)
        ann.send("bob", b"bye")
        await ann.close("enough")
        await ann.close("again")
        await asyncio.sleep(0)
        assert heard == [
            ("datagram", "ann", b"bye"),
            ("blob", "ann", blob),
            PathChanged("ann", "none", "Ann left: enough"),
        ]
        assert not ann.send("bob", b"x")
        ann.send_blob("bob", b"x")
        assert ann.dropped["overflow"] == 1
        await bob.close()

    run(main())


def test_the_close_is_bounded_where_nobody_acknowledges():
    async def main():
        room = Room("ann", "bob")
        ann, *_ = await started(room)
        room.relay_fault = lambda *_: True
        ann.send_blob("bob", b"never acknowledged")
        begin = now()
        await ann.close()
        assert now() - begin == pytest.approx(0.5, abs=0.01)

    run(main())


def test_a_peer_that_left_and_came_back_is_reported_twice():
    async def main():
        room = Room("ann", "bob")
        ann, bob, heard, _ = await started(room)
        await bob.close("a moment")
        await asyncio.sleep(0)
        again = RelayTransport(room["bob"], ["ann"])
        await again.start()
        assert [change.path for change in heard] == ["relay", "none", "relay"]
        assert heard[-1].reason == "Bob is back"
        await asyncio.gather(ann.close(), again.close())

    run(main())


def test_a_failing_callback_does_not_stop_the_ones_after_it():
    async def main():
        told = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context["exception"]))
        ann, bob, _, heard = await started(Room("ann", "bob"))
        good, bob.on_datagram = bob.on_datagram, lambda peer, datagram: 1 / 0
        ann.send("bob", b"one")
        await asyncio.sleep(0)
        bob.on_datagram = good
        ann.send("bob", b"two")
        await asyncio.sleep(0)
        assert heard[-1] == ("datagram", "ann", b"two")
        assert [type(error) for error in told] == [ZeroDivisionError]
        await asyncio.gather(ann.close(), bob.close())

    run(main())


def test_what_breaks_the_rules_is_dropped_and_counted():
    async def main():
        room = Room("ann", "bob", "cid")
        ann, bob, heard, _ = await started(room)
        heard.clear()
        for message in (b"", b"\x63", FRAGMENT + b"short", b"\x02", "text", None, DATAGRAM + bytes(MAX_MESSAGE)):
            room["ann"].on_relay("bob", message)
        room["ann"].on_relay("cid", DATAGRAM + b"from nobody we play with")
        assert heard == []
        assert ann.dropped == {"malformed": 6, "oversized": 1, "stranger": 1}
        await asyncio.gather(ann.close(), bob.close())

    run(main())


@given(st.lists(st.binary(max_size=64), max_size=30))
@settings(max_examples=50, deadline=None)
def test_whatever_arrives_is_no_exception(messages):
    async def main():
        room = Room("ann", "bob")
        ann, bob, *_ = await started(room)
        for message in messages:
            room["ann"].on_relay("bob", message)
        await asyncio.gather(ann.close(), bob.close())

    run(main())


@pytest.mark.parametrize(
    ("peers", "words"), [(["cid"], "nobody in this room"), (["ann"], "this process itself"), ("bob", "sequence")]
)
def test_peers_that_are_not_in_the_room_are_refused(peers, words):
    with pytest.raises(UsageError, match=words):
        RelayTransport(Room("ann", "bob")["ann"], peers)


@pytest.mark.parametrize("message", [HELLO, FRAGMENT + HEADER.pack(7, 0, False) + b"part"])
def test_a_flood_that_wants_answers_does_not_make_us_send_one(message):
    async def main():
        room = Room("ann", "bob")
        ann, bob, _, heard = await started(room)
        await asyncio.sleep(1)
        room.relayed.clear()
        for _ in range(10 * 60):
            for _ in range(4):
                room["ann"].relay("bob", message)
            await asyncio.sleep(1 / 60)
        answers = [data for sender, _, data in room.relayed if sender == "bob"]
        assert 10 < len(answers) < 10 * 50, "far fewer than the 240 a second that came"
        heard.clear()
        ann.send_blob("bob", b"blob")
        await asyncio.sleep(2)
        assert heard == [("blob", "ann", b"blob")]
        await asyncio.gather(ann.close(), bob.close())

    run(main())


def test_a_goodbye_steers_no_terminal():
    async def main():
        room = Room("ann", "bob")
        ann, bob, heard, _ = await started(room)
        heard.clear()
        room["bob"].relay("ann", GOODBYE + b"bye\x1b]0;owned\x07\nand \xffgone")
        await asyncio.sleep(0.1)
        assert heard == [PathChanged("bob", "none", "Bob left: bye ]0;owned and \ufffdgone")]
        await asyncio.gather(ann.close(), bob.close())

    run(main())
