"""Whole matches of workers whose pages hold the lobby and the connections: what plays natively plays there, unchanged."""

from __future__ import annotations

import asyncio
import random

import pytest

from rollback.games import Pong
from rollback.net import aiortc_connection
from rollback.net.transport import PathChanged
from rollback.netplay import next_match, play, watch
from rollback.types import Ended
from tests.net.pages import Room, Web
from tests.netplay.peers import Mix, press
from tests.netplay.quick_time import now, run


@pytest.fixture(autouse=True)
def without_aiortc(monkeypatch):
    def missing():
        raise AssertionError("a page has no aiortc")

    monkeypatch.setattr(aiortc_connection, "load_aiortc", missing)
    monkeypatch.setattr("rollback.net.webrtc.load_aiortc", missing)


def pressing(seed):
    drawn = random.Random(seed)
    held = [(False, False)]

    def act(game, player):
        if drawn.random() < 0.15:
            held[0] = drawn.choice([(False, False), (True, False), (False, True)])
        return held[0]

    return act


class Worker:
    """What a page's worker does with a room; `load` is how many seconds its engine takes."""

    def __init__(self, room, name, *, load=0.0, game=None, act=None):
        self.room, self.name, self.load = room, name, load
        self.lobby = room.enter(name)
        self.events, self.began_at, self.result = [], 0.0, None
        self.game, self.act = game or Pong(), act or pressing(name)

    async def enter(self):
        await self.lobby.entered(1.0)
        await asyncio.sleep(self.load)
        await self.lobby.loaded()

    async def play(self, **options):
        await self.enter()
        self.result = await self.again(**options)
        return self.result

    async def again(self, **options):
        options = {"frames": 300, "on_event": self.events.append, "on_frame": self.began, "clock": now} | options
        self.began_at = 0.0
        return await play(self.game, self.lobby, self.act, **options)

    def began(self, session, tick):
        self.began_at = self.began_at or now()

    @property
    def paths(self):
        return [event.path for event in self.events if isinstance(event, PathChanged)]


BAD = {"latency_ms": 60.0, "jitter_ms": 20.0, "loss": 0.05}


@pytest.mark.parametrize("names", [("ann", "bob"), ("ann", "bob", "cid")])
def test_pages_play_a_match_to_the_same_end_over_a_bad_network(names):
    async def main():
        room = Room(Web(), *names)
        workers = [Worker(room, name, game=Mix(len(names)), act=press) for name in names]
        results = await asyncio.gather(*(worker.play(**BAD) for worker in workers))
        await asyncio.gather(*(worker.lobby.close() for worker in workers))
        return workers, results

    workers, results = run(main())
    assert {result.ended for result in results} == {Ended("end_at", 300)}
    assert len({result.checksum for result in results}) == 1 and results[0].checksum is not None
    assert all(result.stats.rollbacks > 0 for result in results), "the premise"
    for worker in workers:
        assert worker.paths[: len(names) - 1] == ["webrtc"] * (len(names) - 1) and "relay" not in worker.paths


def test_a_page_that_loads_for_long_is_waited_for_and_never_called_before():
    async def main():
        room = Room(Web(), "ann", "bob")
        ann, bob = Worker(room, "ann"), Worker(room, "bob", load=40.0)
        begin = now()
        results = await asyncio.gather(ann.play(), bob.play())
        first = next(message for message in room.pages["ann"].told if message["tell"] == "peer")
        assert first["what"] == "open" and ann.began_at - begin == pytest.approx(40.0, abs=1.0)
        assert room.pages["bob"].told[0]["event"] == "loaded"
        await asyncio.gather(ann.lobby.close(), bob.lobby.close())
        return results

    one, other = run(main())
    assert one.ended == other.ended == Ended("end_at", 300) and one.checksum == other.checksum


def test_without_webrtc_a_match_is_played_by_the_relay():
    async def main():
        room = Room(Web(), "ann", "bob")
        room.pages["ann"].web.broken = "this browser has no WebRTC"
        workers = [Worker(room, name) for name in ("ann", "bob")]
        results = await asyncio.gather(*(worker.play() for worker in workers))
        await asyncio.gather(*(worker.lobby.close() for worker in workers))
        return room, workers, results

    room, workers, (one, other) = run(main())
    assert one.ended == other.ended == Ended("end_at", 300) and one.checksum == other.checksum
    assert [worker.paths[0] for worker in workers] == ["relay", "relay"] and room.relayed > 300


def test_a_rematch_is_another_match_between_the_same_pages():
    async def main():
        room = Room(Web(), "ann", "bob")
        ann, bob = Worker(room, "ann"), Worker(room, "bob")
        first = await asyncio.gather(ann.play(**BAD), bob.play(**BAD))
        assert await asyncio.gather(ann.lobby.rematch(5.0), bob.lobby.rematch(5.0)) == [1, 1]
        ann.game, bob.game = Pong(), Pong()
        second = await asyncio.gather(ann.again(**BAD), bob.again(**BAD))
        assert not any(page.connections for page in room.pages.values())
        await asyncio.gather(ann.lobby.close(), bob.lobby.close())
        return first, second

    for one, other in run(main()):
        assert one.ended == other.ended == Ended("end_at", 300) and one.checksum == other.checksum


@pytest.mark.parametrize("direct", [False, True])
def test_a_page_watches_to_the_end_what_two_pages_play(direct):
    async def main():
        room = Room(Web(), "ann", "bob", watching=("eve",))
        ann, bob = Worker(room, "ann", load=2.0), Worker(room, "bob")
        lobby = room.enter("eve")
        await lobby.entered(1.0)
        watching = asyncio.create_task(watch(Pong(), lobby, direct=direct, clock=now))
        results = await asyncio.gather(ann.play(frames=600, **BAD), bob.play(frames=600, **BAD))
        seen = await watching
        await asyncio.gather(ann.lobby.close(), bob.lobby.close())
        assert not await next_match(lobby, 0), "both have left"
        await lobby.close()
        return results, seen

    (one, other), seen = run(main())
    assert one.checksum == other.checksum == seen.checksum and seen.frames == 600
    assert seen.first < 400, "it was shown while it was played"
