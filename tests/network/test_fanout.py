"""The lobby shows a match to many, over real sockets; see `benchmarks/fanout.py` for how quickly."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from rollback.errors import UsageError
from rollback.net.lobby import Lobby
from rollback.wire.feed import Keyframe, Part, Rows, decode_feed, encode_feed
from signaling.limits import Limits
from signaling.serve import running

SOON = 30.0
BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "fanout.py"


async def until(fact):
    async with asyncio.timeout(SOON):
        while not fact():
            await asyncio.sleep(0.005)


def keyframe(frame, size=1000):
    out = [encode_feed(Keyframe(frame, size, 0, 0, {}, (1, 1), {}, {}, {}))]
    return out + [encode_feed(Part(frame, at, bytes(min(12_000, size - at)))) for at in range(0, size, 12_000)]


def rows(first, size=20):
    return encode_feed(Rows(first, 1, bytes(size)))


async def upload(lobby, *messages):
    async with asyncio.timeout(SOON):
        for message in messages:
            while not lobby.feed(message):
                await asyncio.sleep(0.002)


def heard_by(lobby):
    heard = []
    lobby.on_feed = heard.append
    return heard


@pytest.fixture
async def server():
    async with running() as server:
        yield server


@pytest.fixture
async def pair(server):
    async with (
        await Lobby.enter(server.url, name="ann", players=2) as ann,
        await Lobby.enter(server.url, ann.room, "bob") as bob,
    ):
        await ann.wait_for_players(SOON)
        await ann.lock()
        yield ann, bob


async def test_who_watches_sees_the_match_from_the_newest_keyframe_on_and_only_that_of_the_own_room(server, pair):
    ann, _ = pair
    async with (
        await Lobby.enter(server.url, name="xia", players=2) as xia,
        await Lobby.enter(server.url, xia.room, spectate=True) as other,
        await Lobby.enter(server.url, ann.room, spectate=True) as eve,
    ):
        elsewhere, heard = heard_by(other), heard_by(eve)
        await other.watch()
        await eve.watch()
        await until(lambda: ann.watching == 1 and xia.watching == 1)
        await upload(ann, *keyframe(0), rows(0), rows(1))
        await until(lambda: len(heard) == 4)
        await upload(ann, *keyframe(1), rows(2))
        async with await Lobby.enter(server.url, ann.room, spectate=True) as late:
            seen = heard_by(late)
            await late.watch()
            await until(lambda: len(seen) == 4)
            assert seen == [*keyframe(1), rows(1), rows(2)]
        await until(lambda: len(heard) == 5)
        assert heard == [*keyframe(0), rows(0), rows(1), rows(2)]
        assert elsewhere == []


async def test_when_the_player_that_shows_the_match_is_gone_the_next_one_does(server, pair):
    ann, bob = pair
    async with await Lobby.enter(server.url, ann.room, spectate=True) as eve:
        heard = heard_by(eve)
        await eve.watch()
        assert ann.is_feeder and not bob.is_feeder and not eve.is_feeder
        await upload(ann, *keyframe(0), rows(0))
        await upload(bob, rows(100))
        await until(lambda: len(heard) == 3)
        await ann.close()
        await until(lambda: bob.is_feeder)
        await upload(bob, *keyframe(1), rows(1))
        await until(lambda: len(heard) == 6)
        assert heard == [*keyframe(0), rows(0), *keyframe(1), rows(1)]
        assert server.app.desk.dropped["not_feeder"] == 1


async def test_who_watches_goes_on_after_a_lost_connection(server, pair):
    ann, _ = pair
    async with await Lobby.enter(server.url, ann.room, spectate=True) as eve:
        heard = heard_by(eve)
        await eve.watch()
        await upload(ann, *keyframe(0), rows(0))
        await until(lambda: len(heard) == 3)
        eve._link._client.eio.ws._response.connection.transport.abort()
        await until(lambda: len(heard) == 6)
        assert heard[3:] == heard[:3]
        await eve.watch(False)
        await upload(ann, rows(1))
        await ann.signal(eve.me.id, {"behind": "it"})
        told = []
        eve.on_signal = lambda sender, data: told.append(data)
        await until(lambda: told)
        await asyncio.sleep(0.2)
        assert len(heard) == 6


async def test_what_is_written_beside_the_events_never_comes_between_their_halves(server, pair):
    """Datagrams and feed go to the same socket by two ways; one piece in the wrong place would end the connection."""
    ann, _ = pair
    async with await Lobby.enter(server.url, ann.room, spectate=True) as eve:
        heard, relayed = heard_by(eve), []
        eve.on_relay = lambda sender, data: relayed.append(data)
        await eve.watch()
        await upload(ann, *keyframe(0))
        for first in range(300):
            await upload(ann, rows(first, 1 + first * 17 % 9000))
            while not ann.relay(eve.me.id, first.to_bytes(2, "big") * 3000):
                await asyncio.sleep(0.002)
        await until(lambda: len(heard) == 302 and len(relayed) == 300)
        assert [decode_feed(each).first for each in heard[2:]] == list(range(300))
        assert relayed == [first.to_bytes(2, "big") * 3000 for first in range(300)]


async def test_a_reader_that_takes_nothing_costs_the_server_nothing_and_goes_on_with_the_newest_keyframe(server, pair):
    ann, _ = pair
    async with aiohttp.ClientSession() as session:
        ws = await session.ws_connect(f"{server.url}/socket.io/?EIO=4&transport=websocket", max_msg_size=0)
        await ws.send_str("40")
        await ws.send_str("421" + json.dumps(["join", {"room": ann.room, "spectate": True, "watch": True}]))
        await until(lambda: ann.watching == 1)
        link = next(link for link in server.app._links.values() if server.rooms.place_of(link.key).member.watching)
        deaf = ws._response.connection.transport
        deaf.pause_reading()
        room, first, largest = server.rooms.place_of(link.key).room, 0, 0
        await upload(ann, *keyframe(0))
        async with asyncio.timeout(2 * SOON):
            while link._raw.transport.get_write_buffer_size() == 0:  # the system's buffers fill first
                # A keyframe each time: a mebibyte of rows may be here before the first round of the fan-out.
                await upload(ann, *keyframe(first), *(rows(first + number, 8000) for number in range(50)))
                first += 50
        for _ in range(100):
            await upload(ann, rows(first, 8000))
            first += 1
            largest = max(largest, link._raw.transport.get_write_buffer_size())
        await upload(ann, *keyframe(first), rows(first))
        await until(lambda: room.feed._expected == first + 1)
        assert not link.can_push() and largest <= 128 * 1024
        deaf.resume_reading()
        seen = []
        async with asyncio.timeout(SOON):
            while not seen or seen[-1] != rows(first):
                message = await ws.receive()
                assert message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT)
                if message.type is aiohttp.WSMsgType.BINARY:
                    seen.append(message.data)
        assert seen[-3:] == [*keyframe(first), rows(first)]
        assert len(seen) < first  # the rows between were never sent
        await ws.close()


async def test_a_state_that_is_too_large_is_refused_to_the_player_in_a_sentence():
    async with running(limits=Limits(feed_bytes=1000)) as server, await Lobby.enter(server.url, players=2) as ann:
        assert ann.feed_refused == ""
        await upload(ann, keyframe(0, 1001)[0])
        await until(lambda: ann.feed_refused)
        assert ann.feed_refused == "the state has 1001 bytes, and this lobby has room for 1000: nobody can watch"


@pytest.mark.parametrize("message", ["text", bytes(16 * 1024 + 1), None])
async def test_what_is_no_message_is_a_mistake_of_the_caller(pair, message):
    with pytest.raises(UsageError, match="must be bytes, at most 16384 of them"):
        pair[0].feed(message)


def watched_by(spectators, slow, seconds):
    words = ["--spectators", str(spectators), "--slow", str(slow), "--seconds", str(seconds), "--json"]
    done = subprocess.run([sys.executable, BENCHMARK, *words], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("spectators", "slow", "seconds"),
    [(30, 3, 2.0), pytest.param(300, 10, 20.0, marks=pytest.mark.nightly)],
)
@pytest.mark.nightly
def test_spectators_in_processes_of_their_own_see_every_row(spectators, slow, seconds):
    figures = watched_by(spectators, slow, seconds)
    # Who answers pings too late, because so much waits to be read, is given up, and would come back.
    assert spectators - slow <= figures["watching"] <= spectators and figures["open"] >= spectators - slow
    assert figures["gaps"] == 0 and figures["uploaded"] > 5
    assert figures["received"] >= (spectators - slow) * 5
    memory = figures["server_mib"]
    assert max(memory) < memory[0] + 32
