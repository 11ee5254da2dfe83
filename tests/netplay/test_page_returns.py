"""A page that is loaded anew in the middle of a match comes back into it, and nobody takes its loading for silence."""

from __future__ import annotations

import asyncio

import pytest

from rollback.config import SessionConfig
from rollback.net.transport import PathChanged
from rollback.netplay import play
from rollback.types import Ended, PeerInterrupted, PeerJoined
from tests.net.pages import Room, Web
from tests.netplay.peers import Mix, press
from tests.netplay.quick_time import now, run

CONFIG = SessionConfig(seed=5, on_disconnect="pause", desync_interval=30)


class Worker:
    """A worker in a room, from one load of its page to the next."""

    def __init__(self, room, name, lobby=None):
        self.room, self.name, self.lobby = room, name, lobby or room.enter(name)
        self.events, self.frames, self.task = [], [], None

    def begin(self, frames):
        self.task = asyncio.create_task(self._play(frames))
        return self

    async def _play(self, frames):
        await self.lobby.entered(1.0)
        await self.lobby.loaded()
        return await play(
            Mix(),
            self.lobby,
            press,
            config=CONFIG,
            frames=frames,
            on_event=self.events.append,
            on_frame=lambda session, tick: self.frames.append((now(), tick.frame, tick.reason)),
            clock=now,
        )

    async def until_frame(self, frame):
        async with asyncio.timeout(60):
            while not self.frames or self.frames[-1][1] < frame:
                await asyncio.sleep(0.01)

    async def die(self, *, hides=False):
        """End as a worker does whose page is gone: without a word of its own."""
        self.room.pages[self.name].die(hides=hides)
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    def happened(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


async def closed(*workers):
    await asyncio.gather(*(worker.lobby.close() for worker in workers))


@pytest.mark.parametrize("hides", [True, False])
def test_a_page_that_is_loaded_anew_plays_on_in_the_same_match(hides):
    async def main():
        room = Room(Web(), "ann", "bob")
        ann, bob = Worker(room, "ann").begin(1200), Worker(room, "bob").begin(1200)
        await bob.until_frame(100)
        await bob.die(hides=hides)
        again = Worker(room, "bob", room.reload("bob"))
        await asyncio.sleep(4.0)  # its engine is loaded
        assert again.lobby.is_late and room.member("bob")["loading"]
        assert ann.happened(PeerJoined) == [], "who loads is not offered to the match"
        loaded_at = now()
        again.begin(1200)
        results = await asyncio.gather(ann.task, again.task)
        back = next(at for at, _, reason in again.frames if reason == "running")
        await closed(ann, again)
        return ann, again, results, back - loaded_at

    ann, again, (one, other), took = run(main())
    assert one.ended == other.ended == Ended("end_at", 1200) and one.checksum == other.checksum
    assert ann.happened(PeerInterrupted) and [event.peer for event in ann.happened(PeerJoined)] == ["bob"]
    assert took < 5.0, "back in the match"
    assert again.frames[-1][1] == 1200


def test_a_page_without_its_lobby_plays_on():
    async def main():
        room = Room(Web(), "ann", "bob")
        ann, bob = Worker(room, "ann").begin(400), Worker(room, "bob").begin(400)
        await ann.until_frame(50)
        for page in room.pages.values():
            page.lobby("lost")
        await ann.until_frame(200)
        assert not ann.lobby.connected and not bob.lobby.connected
        room.pages["ann"].lobby("welcome", room.welcome("ann"), again=True)
        results = await asyncio.gather(ann.task, bob.task)
        assert ann.lobby.connected
        await closed(ann, bob)
        return ann, results

    ann, (one, other) = run(main())
    assert one.ended == other.ended == Ended("end_at", 400) and one.checksum == other.checksum
    assert not ann.happened(PeerInterrupted)
    assert ann.happened(PathChanged)[0].path == "webrtc"


def test_a_page_that_is_gone_is_said_to_be_in_time():
    async def main():
        room = Room(Web(), "ann", "bob")
        ann, bob = Worker(room, "ann").begin(400), Worker(room, "bob").begin(400)
        await ann.until_frame(50)
        gone = now()
        await bob.die()
        async with asyncio.timeout(60):
            while not ann.happened(PeerInterrupted):
                await asyncio.sleep(0.01)
        assert now() - gone < CONFIG.disconnect_after
        await ann.die()
        await closed(ann, bob)

    run(main())
