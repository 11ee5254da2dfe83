from __future__ import annotations

import asyncio

import pytest

from rollback.errors import UsageError
from rollback.net.impair import Impaired
from rollback.net.memory import MemoryNetwork
from rollback.net.transport import PathChanged
from rollback.netplay.named import NamedTransport
from tests.netplay.quick_time import run

NAMES = {"m1": "Ann", "m2": "Bob", "m3": "Cid"}


def end(network, member):
    transport = NamedTransport(network.transport(member), NAMES)
    log = []
    transport.on_datagram = lambda peer, datagram: log.append((peer, datagram))
    transport.on_blob = lambda peer, blob: log.append((peer, "blob", blob))
    transport.on_change = log.append
    return transport, log


def test_peers_are_called_by_name_in_both_directions():
    async def main():
        network = MemoryNetwork(NAMES)
        ann, heard_by_ann = end(network, "m1")
        bob, heard_by_bob = end(network, "m2")
        assert ann.peers == ("Bob", "Cid") and bob.peers == ("Ann", "Cid")
        assert not ann.send("Bob", b"too early")
        await ann.start()
        await bob.start()
        assert ann.send("Bob", b"hello") and bob.send("Ann", b"hello yourself")
        bob.send_blob("Ann", b"large")
        await asyncio.sleep(0.01)
        await bob.close("tired")
        await ann.close()
        return heard_by_ann, heard_by_bob

    heard_by_ann, heard_by_bob = run(main())
    assert heard_by_ann == [
        PathChanged("Bob", "memory", "both ends are open"),
        ("Bob", b"hello yourself"),
        ("Bob", "blob", b"large"),
        PathChanged("Bob", "none", "tired"),
    ]
    assert ("Ann", b"hello") in heard_by_bob and ("Ann", b"too early") not in heard_by_bob


class Doubting:
    peers = ("m2",)

    def __init__(self):
        self.distrusted = []

    def distrust(self, peer, reason):
        self.distrusted.append((peer, reason))


def test_a_doubt_is_passed_on_where_somebody_wants_it():
    inner = Doubting()
    NamedTransport(Impaired(inner), NAMES).distrust("Bob", "silent")
    assert inner.distrusted == [("m2", "silent")]
    NamedTransport(MemoryNetwork(NAMES).transport("m1"), NAMES).distrust("Bob", "silent")  # has one path only


def test_the_same_person_under_another_id_takes_the_name_over():
    async def main():
        network = MemoryNetwork(["m1", "m2"])
        ann, log = end(network, "m1")
        bob = network.transport("m2")
        await ann.start()
        await bob.start()
        again = network.add("m7")
        await again.start()
        with pytest.raises(UsageError, match="'Bob' is a peer of this transport already"):
            ann.add("Bob", "m7")
        ann.remove("Bob", "another of you came")
        assert ann.peers == ()
        assert bob.send("m1", b"from a ghost")
        with pytest.raises(UsageError, match="nobody in this network"):
            ann.add("Bob", "m8")
        ann.add("Bob", "m7")
        assert ann.peers == ("Bob",)
        assert again.send("m1", b"it is me") and ann.send("Bob", b"welcome")
        await asyncio.sleep(0.01)
        assert log[1:] == [PathChanged("Bob", "memory", "both ends are open"), ("Bob", b"it is me")]
        with pytest.raises(UsageError, match="no peer"):
            ann.remove("m7")
        await asyncio.gather(ann.close(), bob.close(), again.close())

    run(main())
