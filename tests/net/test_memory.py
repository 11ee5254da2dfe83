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


async def test_a_newcomer_is_added_in_the_middle_and_let_go_again():
    (ann, bob), heard = open_network("ann", "bob")
    await ann.start()
    await bob.start()
    cid = ann._network.add("cid")
    log = heard["cid"] = []
    cid.on_datagram = lambda peer, datagram: log.append(("datagram", peer, datagram))
    cid.on_change = log.append
    assert cid.peers == ("ann", "bob") and not ann._network.transport("cid").is_open
    await cid.start()
    for end in (ann, bob):
        heard[end.name].clear()
        end.add("cid")
        assert heard[end.name] == [PathChanged("cid", "memory", "both ends are open")]
    assert log == [PathChanged("ann", "memory", "both ends are open"), PathChanged("bob", "memory", "both ends are open")]
    assert cid.send("ann", b"hello") and ann.send("cid", b"hello yourself")
    await settle()
    assert ("datagram", "cid", b"hello") in heard["ann"] and ("datagram", "ann", b"hello yourself") in log
    ann.remove("cid", "go")
    heard["ann"].clear()
    assert log[-1] == PathChanged("ann", "none", "go") and ann.peers == ("bob",)
    cid.send("ann", b"anybody?")
    cid.send_blob("ann", b"anybody?")
    await cid.close("well then")
    await settle()
    assert heard["ann"] == [] and heard["bob"][-1] == PathChanged("cid", "none", "well then")


async def test_a_new_process_takes_the_place_of_a_closed_one():
    (ann, bob), heard = open_network("ann", "bob")
    network = ann._network
    await ann.start()
    await bob.start()
    with pytest.raises(UsageError, match="close its transport first"):
        network.add("bob")
    await bob.close()
    again = network.add("bob")
    await again.start()
    assert heard["ann"][-1] == PathChanged("bob", "memory", "both ends are open")
    assert ann.send("bob", b"x") and again.send("ann", b"y")


async def test_who_cannot_be_added_or_removed_is_one_sentence():
    (ann, _), _ = open_network("ann", "bob")
    for use, words in [
        (lambda: ann.add("bob"), "already"),
        (lambda: ann.add("ann"), "already"),
        (lambda: ann.add("cid"), "nobody in this network"),
        (lambda: ann.remove("cid"), "no peer"),
    ]:
        with pytest.raises(UsageError, match=words):
            use()
    assert ann.peers == ("bob",)
