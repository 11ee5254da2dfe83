from __future__ import annotations

import asyncio
import statistics

import pytest

from rollback.errors import UsageError
from rollback.net.impair import Impaired
from rollback.net.memory import MemoryNetwork
from tests.net.virtual_time import now, run


def impaired(**options):
    network = MemoryNetwork(["ann", "bob"])
    ann, bob = Impaired(network.transport("ann"), **options), network.transport("bob")
    arrived, blobs = [], []
    bob.on_datagram = lambda peer, datagram: arrived.append((int.from_bytes(datagram, "big"), now()))
    bob.on_blob = lambda peer, blob: blobs.append((blob, now()))
    return ann, bob, arrived, blobs


async def stream(ann, bob, count, period=1 / 60):
    await asyncio.gather(ann.start(), bob.start())
    left = {}
    for number in range(count):
        left[number] = now()
        assert ann.send("bob", number.to_bytes(4, "big"))
        await asyncio.sleep(period)
    return left


def test_an_empty_impairment_changes_nothing():
    async def main():
        ann, bob, arrived, _ = impaired()
        left = await stream(ann, bob, 50)
        assert [number for number, _ in arrived] == list(range(50))
        assert all(when == left[number] for number, when in arrived)
        assert (ann.sent, ann.lost, ann.refused) == (50, 0, 0)
        await asyncio.gather(ann.close(), bob.close())

    run(main())


def test_every_datagram_is_late_by_the_latency_and_up_to_the_jitter_and_some_overtake_others():
    async def main():
        ann, bob, arrived, _ = impaired(latency_ms=60, jitter_ms=40, seed=3)
        left = await stream(ann, bob, 1000)
        await ann.close()
        delays = [when - left[number] for number, when in arrived]
        assert len(arrived) == 1000 and ann.lost == 0
        assert min(delays) >= 0.06 - 1e-9 and max(delays) <= 0.1 + 1e-6
        assert statistics.mean(delays) == pytest.approx(0.08, abs=0.002)
        numbers = [number for number, _ in arrived]
        assert numbers != sorted(numbers)
        await bob.close()

    run(main())


def test_without_jitter_nothing_overtakes():
    async def main():
        ann, bob, arrived, _ = impaired(latency_ms=200)
        await stream(ann, bob, 300)
        await ann.close()
        assert [number for number, _ in arrived] == list(range(300))
        await bob.close()

    run(main())


@pytest.mark.parametrize("loss", [0.0, 0.05, 0.5, 1.0])
def test_the_share_that_is_lost_is_the_one_that_was_asked_for(loss):
    async def main():
        ann, bob, arrived, _ = impaired(loss=loss, seed=5)
        await stream(ann, bob, 2000)
        assert ann.sent == 2000 and len(arrived) == 2000 - ann.lost
        assert ann.lost / 2000 == pytest.approx(loss, abs=0.03)
        await asyncio.gather(ann.close(), bob.close())

    run(main())


def test_a_seed_names_one_fate_and_two_seeds_name_two():
    async def fate(seed):
        ann, bob, arrived, _ = impaired(latency_ms=10, jitter_ms=30, loss=0.2, seed=seed)
        await stream(ann, bob, 200)
        await asyncio.gather(ann.close(), bob.close())
        return arrived

    assert run(fate(1)) == run(fate(1))
    assert run(fate(1)) != run(fate(2))


def test_blobs_are_late_but_neither_lost_nor_reordered():
    async def main():
        ann, bob, _, blobs = impaired(latency_ms=50, jitter_ms=50, loss=1.0)
        await asyncio.gather(ann.start(), bob.start())
        for number in range(100):
            ann.send_blob("bob", bytes([number]))
        await asyncio.sleep(0.2)
        assert [blob for blob, _ in blobs] == [bytes([number]) for number in range(100)]
        assert {round(when, 3) for _, when in blobs} == {0.05}
        await asyncio.gather(ann.close(), bob.close())

    run(main())


def test_the_close_waits_for_what_is_late():
    async def main():
        ann, bob, arrived, blobs = impaired(latency_ms=300)
        await asyncio.gather(ann.start(), bob.start())
        ann.send_blob("bob", b"blob")
        ann.send("bob", b"\x07")
        await ann.close("enough")
        assert [number for number, _ in arrived] == [7] and [blob for blob, _ in blobs] == [b"blob"]
        assert now() == pytest.approx(0.3, abs=0.001)
        await bob.close()

    run(main())


def test_the_close_sends_early_what_would_be_later_than_half_a_second_and_loses_nothing():
    async def main():
        ann, bob, arrived, blobs = impaired(latency_ms=5000, jitter_ms=2000)
        await asyncio.gather(ann.start(), bob.start())
        for number in range(20):
            ann.send("bob", bytes([number]))
        ann.send_blob("bob", b"blob")
        await asyncio.gather(ann.close("enough"), ann.close("twice"))
        assert [number for number, _ in arrived] == list(range(20)) and [blob for blob, _ in blobs] == [b"blob"]
        assert now() == pytest.approx(0.5, abs=0.001)
        assert not ann.send("bob", b"x") and ann.sent == 20
        await asyncio.sleep(10)
        assert len(arrived) == 20, "no timer is left"
        await bob.close()

    run(main())


def test_what_the_transport_refuses_in_its_time_is_counted():
    async def main():
        ann, _, arrived, _ = impaired(latency_ms=10)
        await ann.start()
        assert ann.send("bob", b"x"), "nobody knows yet that bob will not be there"
        await asyncio.sleep(0.1)
        assert ann.refused == 1 and arrived == []
        await ann.close()

    run(main())


def test_callbacks_and_peers_are_those_of_the_transport():
    async def main():
        network = MemoryNetwork(["ann", "bob"])
        ann, bob = Impaired(network.transport("ann"), latency_ms=5), network.transport("bob")
        log = []
        ann.on_datagram = lambda peer, datagram: log.append(datagram)
        ann.on_blob = lambda peer, blob: log.append(blob)
        ann.on_change = lambda change: log.append(change.path)
        assert ann.peers == ("bob",)
        assert network.transport("ann").on_datagram is ann.on_datagram
        assert network.transport("ann").on_blob is ann.on_blob
        assert network.transport("ann").on_change is ann.on_change
        await asyncio.gather(ann.start(), bob.start())
        bob.send("ann", b"one")
        bob.send_blob("ann", b"two")
        await asyncio.sleep(0.1)
        assert log == ["memory", b"one", b"two"]
        await asyncio.gather(ann.close(), bob.close())

    run(main())


def test_distrust_is_passed_on_where_there_is_another_path():
    class Rerouting:
        peers = ("bob",)
        distrusted = ()

        def distrust(self, peer, reason):
            self.distrusted += ((peer, reason),)

    inner = Rerouting()
    Impaired(inner).distrust("bob", "nothing heard")
    assert inner.distrusted == (("bob", "nothing heard"),)
    Impaired(MemoryNetwork(["ann", "bob"]).transport("ann")).distrust("bob", "nothing heard")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"latency_ms": -1}, "latency_ms must be a number of milliseconds from 0 to 10000, not -1"),
        ({"latency_ms": 10_001}, "not 10001"),
        ({"latency_ms": "60"}, "not '60'"),
        ({"jitter_ms": float("nan")}, "jitter_ms .* not nan"),
        ({"jitter_ms": True}, "not True"),
        ({"loss": 5}, "loss must be a share from 0 to 1, not 5: 5 % are 0.05"),
        ({"loss": -0.1}, "not -0.1"),
        ({"loss": None}, "not None"),
        ({"seed": 1.5}, "seed must be a whole number, not 1.5"),
    ],
)
def test_an_impossible_impairment_is_refused_in_one_sentence(options, words):
    with pytest.raises(UsageError, match=words):
        Impaired(MemoryNetwork(["ann", "bob"]).transport("ann"), **options)


def test_wrong_use_is_refused_at_once_and_not_when_the_time_comes():
    async def main():
        ann, *_ = impaired(latency_ms=50, loss=1.0)
        for use, words in [
            (lambda: ann.send("cid", b""), "no peer"),
            (lambda: ann.send("bob", "text"), "not str"),
            (lambda: ann.send_blob("cid", b""), "no peer"),
            (lambda: ann.send_blob("bob", None), "not NoneType"),
        ]:
            with pytest.raises(UsageError, match=words):
                use()
        assert ann.sent == 0
        await ann.close()

    run(main())


def test_peers_come_and_go_and_what_is_late_for_one_who_went_is_lost():
    async def main():
        network = MemoryNetwork(["ann", "bob", "cid"])
        ann = Impaired(network.transport("ann"), latency_ms=100)
        bob, cid = network.transport("bob"), network.transport("cid")
        log = []
        for end in (bob, cid):
            end.on_datagram = lambda peer, datagram, end=end: log.append((end.name, datagram))
            end.on_blob = lambda peer, blob, end=end: log.append((end.name, blob))
        await asyncio.gather(ann.start(), bob.start(), cid.start())
        for peer in ("bob", "cid"):
            assert ann.send(peer, b"datagram")
            ann.send_blob(peer, b"blob")
        ann.remove("cid", "go")
        assert ann.peers == ("bob",)
        await asyncio.sleep(1)
        assert sorted(log) == [("bob", b"blob"), ("bob", b"datagram")]
        ann.add("cid")
        assert ann.send("cid", b"again")
        await asyncio.sleep(1)
        assert log[-1] == ("cid", b"again")
        await asyncio.gather(ann.close(), bob.close(), cid.close())

    run(main())
