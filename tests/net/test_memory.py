from __future__ import annotations

import asyncio

import pytest

from rollback.errors import UsageError
from rollback.net.memory import MemoryNetwork
from rollback.net.transport import MAX_DATAGRAM, PathChanged


def open_network(*names):
    network = MemoryNetwork(names)
    heard = {name: [] for name in names}
    for name in names:
        end = network.transport(name)
        end.on_datagram = lambda peer, datagram, name=name: heard[name].append(("datagram", peer, datagram))
        end.on_blob = lambda peer, blob, name=name: heard[name].append(("blob", peer, blob))
        end.on_change = lambda change, name=name: heard[name].append(change)
    return [network.transport(name) for name in names], heard


async def settle():
    for _ in range(3):
        await asyncio.sleep(0)


async def test_datagrams_and_blobs_arrive_in_the_order_they_were_sent():
    (ann, bob), heard = open_network("ann", "bob")
    await ann.start()
    await bob.start()
    heard["bob"].clear()
    assert ann.send("bob", b"one")
    ann.send_blob("bob", b"two")
    assert ann.send("bob", b"three")
    assert heard["bob"] == [], "nothing arrives while the sender still runs"
    await settle()
    assert heard["bob"] == [("datagram", "ann", b"one"), ("blob", "ann", b"two"), ("datagram", "ann", b"three")]


async def test_each_of_many_peers_reaches_every_other_one():
    names = ["ann", "bob", "cid", "dee"]
    ends, heard = open_network(*names)
    for end in ends:
        await end.start()
    for name in names:
        heard[name].clear()
    for end in ends:
        assert end.peers == tuple(name for name in names if name != end.name)
        for peer in end.peers:
            assert end.send(peer, end.name.encode())
    await settle()
    for end in ends:
        assert heard[end.name] == [("datagram", peer, peer.encode()) for peer in names if peer != end.name]


async def test_before_a_peer_starts_its_datagrams_are_refused_and_its_blobs_wait():
    (ann, bob), heard = open_network("ann", "bob")
    assert not ann.send("bob", b"too early for both")
    await ann.start()
    assert not ann.send("bob", b"too early for bob")
    ann.send_blob("bob", b"first")
    ann.send_blob("bob", b"second")
    await settle()
    assert heard["bob"] == []
    await bob.start()
    await settle()
    assert heard["bob"][1:] == [("blob", "ann", b"first"), ("blob", "ann", b"second")]


async def test_both_ends_are_told_when_they_are_open():
    (ann, bob), heard = open_network("ann", "bob")
    await ann.start()
    assert heard["ann"] == []
    await bob.start()
    await bob.start()
    assert heard["ann"] == [PathChanged("bob", "memory", "both ends are open")]
    assert heard["bob"] == [PathChanged("ann", "memory", "both ends are open")]


async def test_what_was_sent_before_the_close_is_delivered_and_the_others_are_told_why():
    (ann, bob), heard = open_network("ann", "bob")
    await ann.start()
    await bob.start()
    heard["bob"].clear()
    ann.send("bob", b"bye")
    await ann.close("enough")
    await ann.close("again")
    assert heard["bob"] == [("datagram", "ann", b"bye"), PathChanged("ann", "none", "enough")]
    assert not bob.send("ann", b"anybody there?")
    bob.send_blob("ann", b"anybody there?")
    await settle()
    assert not [thing for thing in heard["ann"] if not isinstance(thing, PathChanged)]


async def test_a_closed_end_does_not_start_again():
    (ann, _), _ = open_network("ann", "bob")
    await ann.close()
    with pytest.raises(UsageError, match="closed"):
        await ann.start()


async def test_wrong_use_is_one_sentence():
    (ann, _), _ = open_network("ann", "bob")
    with pytest.raises(UsageError, match="'cid' is no peer"):
        ann.send("cid", b"")
    with pytest.raises(UsageError, match="send_blob"):
        ann.send("bob", bytes(MAX_DATAGRAM + 1))
    with pytest.raises(UsageError, match="not str"):
        ann.send_blob("bob", "text")
    with pytest.raises(UsageError, match="'cid' is nobody in this network: it knows 'ann'"):
        MemoryNetwork(["ann"]).transport("cid")
