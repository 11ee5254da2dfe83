"""The relay, and WebRTC beside it, through the real lobby on 127.0.0.1."""

from __future__ import annotations

import asyncio
import time

import pytest

from rollback.errors import NetworkError
from rollback.net.direct_or_relay import make_transport
from rollback.net.lobby import Lobby
from rollback.net.transport import PathChanged
from signaling.serve import running

HERE = ["127.0.0.1"]
SOON = 15.0  # seconds; what is waited for takes milliseconds on an idle machine


async def until(fact, seconds=SOON):
    async with asyncio.timeout(seconds):
        while not fact():
            await asyncio.sleep(0.005)


@pytest.fixture
async def server():
    async with running() as server:
        yield server


@pytest.fixture
async def lobbies(server):
    """Ann, who made a room for two, and Bob."""
    async with (
        await Lobby.enter(server.url, name="ann", players=2) as ann,
        await Lobby.enter(server.url, ann.room, "bob") as bob,
    ):
        await ann.wait_for_players(SOON)
        yield ann, bob


def listen(end):
    log = []
    end.on_datagram = lambda peer, datagram: log.append(datagram)
    end.on_blob = lambda peer, blob: log.append(blob)
    end.on_change = log.append
    return log


async def two(lobbies, *kinds, **options):
    ann, bob = lobbies
    ends = (
        make_transport(ann, [bob.me.id], transport=kinds[0], ice_addresses=HERE, **options),
        make_transport(bob, [ann.me.id], transport=kinds[-1], ice_addresses=HERE, **options),
    )
    logs = [listen(end) for end in ends]
    await asyncio.gather(*(end.start() for end in ends))
    return *ends, *logs


@pytest.mark.parametrize("kind", ["relay", "auto", "webrtc"])
async def test_datagrams_and_blobs_travel_and_the_bye_arrives(lobbies, kind):
    ann, bob, log_ann, log_bob = await two(lobbies, kind)
    assert log_ann[0].path == log_bob[0].path == ("relay" if kind == "relay" else "webrtc")
    to_bob, to_ann = ann.peers[0], bob.peers[0]
    assert ann.send(to_bob, b"ping") and bob.send(to_ann, b"pong")
    ann.send_blob(to_bob, bytes(40_000))
    await until(lambda: b"ping" in log_bob and bytes(40_000) in log_bob and b"pong" in log_ann)
    ann.send(to_bob, b"bye")
    await ann.close("enough")
    await until(lambda: b"bye" in log_bob and PathChanged(to_ann, "none", "ann left: enough") in log_bob)
    await bob.close()


async def test_one_that_goes_by_the_relay_only_plays_with_one_that_would_rather_not(lobbies):
    begin = time.perf_counter()
    ann, bob, log_ann, log_bob = await two(lobbies, "auto", "relay")
    assert time.perf_counter() - begin < 8, "refused, not timed out"
    assert log_ann[0].path == log_bob[0].path == "relay"
    assert ann.send(ann.peers[0], b"ping")
    await until(lambda: b"ping" in log_bob)
    await asyncio.gather(ann.close(), bob.close())


async def test_a_blob_beside_sixty_inputs_a_second_costs_none_of_them(lobbies):
    ann, bob, _, log_bob = await two(lobbies, "relay")
    log_bob.clear()
    blob, peer = bytes(range(256)) * 600, ann.peers[0]
    ann.send_blob(peer, blob)
    refused, due = 0, time.perf_counter()
    for number in range(120):
        refused += not ann.send(peer, number.to_bytes(4, "big"))
        due += 1 / 60
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
    await until(lambda: len(log_bob) == 121)
    assert refused == 0 and blob in log_bob
    assert [x for x in log_bob if x != blob] == [number.to_bytes(4, "big") for number in range(120)]
    await asyncio.gather(ann.close(), bob.close())


async def test_when_the_lobby_dies_in_a_match_the_direct_connection_goes_on():
    async with running() as server:
        ann = await Lobby.enter(server.url, name="ann", players=2)
        bob = await Lobby.enter(server.url, ann.room, "bob")
        await ann.wait_for_players(SOON)
        end_of_ann, end_of_bob, _, log_bob = await two((ann, bob), "auto")
    await until(lambda: not ann.connected and not bob.connected)
    assert end_of_ann.send(end_of_ann.peers[0], b"still here")
    await until(lambda: b"still here" in log_bob)
    await asyncio.gather(end_of_ann.close(), end_of_bob.close())
    await asyncio.gather(ann.close(), bob.close())


async def test_somebody_who_does_not_play_is_named(lobbies):
    ann, bob = lobbies
    for kind in ("relay", "webrtc", "auto"):
        end = make_transport(ann, [bob.me.id], transport=kind, ice_addresses=HERE, connect_timeout=0.3)
        with pytest.raises(NetworkError, match=r"bob"):
            await end.start()
