"""Real processes that are stopped, stand in a debugger or ask everybody to wait, over WebRTC and through a real lobby."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

import rollback
from rollback.games import Pong
from rollback.games.bots import act_with, bot_for
from rollback.netplay import config_for
from rollback.replays import Replay
from rollback.types import Ended, Paused, PeerInterrupted, PeerLost, PeerResumed, Resumed
from signaling.serve import running

ROOT = Path(__file__).parent.parent.parent
FRAMES = 300
PATIENCE = 90.0  # seconds any test may take on a busy machine

FAR = """
import asyncio, json, sys, time
import rollback
from rollback.games import Pong
from rollback.games.bots import act_with, bot_for
from rollback.netplay import config_for

async def main(url, room, replay, frames, transport, blocks):
    said, told = [], []

    def on_frame(session, tick):
        if tick.frame > 60 and not said:
            said.append(print("playing", flush=True))
        if tick.frame > 120 and len(said) == 1 and float(blocks):
            said.append(time.sleep(float(blocks)))  # no turn of the event loop meanwhile, as in a debugger

    async with rollback.join(url, room=room, name="far") as lobby:
        result = await rollback.play(
            Pong(), lobby, act_with(bot_for(Pong(), 1)), config=config_for(Pong(), room), frames=int(frames), replay=replay,
            transport=transport, ice_addresses=["127.0.0.1"], on_frame=on_frame,
            on_event=lambda event: told.append(type(event).__name__))
        print(json.dumps({"checksum": result.checksum, "frames": result.frames, "ended": result.ended.reason, "told": told,
                          "connected": lobby.connected}), flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


class Near:
    """The player in this process, and the other one in a process of its own."""

    def __init__(self, server, room, folder, transport, blocks):
        self.server, self.room, self.folder, self.transport, self.blocks = server, room, folder, transport, blocks
        self.told = []
        self.ticks = []
        self.session = None
        self.asking = lambda session: None
        self.lobby = None

    def happened(self, kind):
        return [event for _, event in self.told if isinstance(event, kind)]

    def _on_frame(self, session, tick):
        self.session = session
        self.ticks.append((time.monotonic(), tick.frame, tick.reason))
        self.asking(session)

    @property
    def frame(self):
        return self.ticks[-1][1] if self.ticks else 0

    async def _play(self):
        async with rollback.join(self.server.url, room=self.room, name="near") as self.lobby:
            return await rollback.play(
                Pong(),
                self.lobby,
                act_with(bot_for(Pong(), 0)),
                config=config_for(Pong(), self.room),
                frames=FRAMES,
                replay=self.folder / "near.rbr",
                transport=self.transport,
                ice_addresses=["127.0.0.1"],
                on_frame=self._on_frame,
                on_event=lambda event: self.told.append((time.monotonic(), event)),
            )

    async def begin(self):
        self.playing = asyncio.create_task(self._play())
        await until(lambda: self.lobby is not None)  # so that it sits on the first seat
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            FAR,
            *(self.server.url, self.room, str(self.folder / "far.rbr"), str(FRAMES), self.transport, str(self.blocks)),
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert await self.process.stdout.readline() == b"playing\n", await self.process.stderr.read()

    async def end(self):
        """Return both results."""
        near = await self.playing
        out, errors = await self.process.communicate()
        assert self.process.returncode == 0, errors.decode()
        return near, json.loads(out)

    async def close(self):
        if self.process.returncode is None:
            self.process.kill()
        await self.process.communicate()
        self.playing.cancel()
        await asyncio.gather(self.playing, return_exceptions=True)


async def until(fact, seconds=PATIENCE):
    async with asyncio.timeout(seconds):
        while not fact():
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def match(folder, transport="webrtc", blocks=0.0):
    """Yield two players in the middle of their match."""
    async with asyncio.timeout(PATIENCE), running() as server:
        near = Near(server, server.open_room(players=2), folder, transport, blocks)
        try:
            await near.begin()
            yield near
        finally:
            await near.close()


def check(near, ours, theirs, folder):
    """Both came to the same end, and what they wrote down is what happened."""
    assert ours.ended == Ended("end_at", FRAMES)
    assert (theirs["ended"], theirs["frames"], theirs["checksum"]) == ("end_at", FRAMES, ours.checksum)
    assert theirs["connected"], "the lobby's socket has survived too"
    for name in ("near", "far"):
        replay = Replay.open(folder / f"{name}.rbr")
        assert replay.complete and replay.frames == FRAMES and replay.verify(Pong()).ok
    assert not {"PeerLost", "Cut"} & set(theirs["told"]), "it blames nobody for its own sleep"


STOPS = [
    pytest.param(1, "webrtc", marks=pytest.mark.nightly),
    pytest.param(3, "auto", marks=pytest.mark.nightly),
    pytest.param(3, "relay", marks=pytest.mark.nightly),
    pytest.param(10, "webrtc", marks=pytest.mark.nightly),
    pytest.param(10, "auto", marks=pytest.mark.nightly),
]


@pytest.mark.parametrize(("seconds", "transport"), STOPS)
async def test_a_stopped_process_goes_on_as_if_nothing_had_been(tmp_path, seconds, transport):
    async with match(tmp_path, transport) as near:
        near.process.send_signal(signal.SIGSTOP)
        stopped_at = time.monotonic()
        await asyncio.sleep(seconds)
        stood = near.frame
        near.process.send_signal(signal.SIGCONT)
        ours, theirs = await near.end()
    assert stood < FRAMES  # the premise: it was stopped in the middle, and waited for
    check(near, ours, theirs, tmp_path)
    assert near.happened(PeerInterrupted) and near.happened(PeerResumed)
    assert len(near.happened(PeerLost)) == (1 if seconds > 5 else 0)
    waited = [at for at, frame, reason in near.ticks if reason != "running" and frame < FRAMES and at > stopped_at]
    assert waited[-1] - waited[0] > seconds * 0.6


@pytest.mark.nightly
async def test_a_process_that_stands_in_a_debugger_is_waited_for(tmp_path):
    async with match(tmp_path, blocks=2.0) as near:
        ours, theirs = await near.end()
    check(near, ours, theirs, tmp_path)
    assert near.happened(PeerInterrupted) and near.happened(PeerResumed)


@pytest.mark.nightly
async def test_a_pause_is_told_to_the_other_process_and_ends(tmp_path):
    begun = []

    def asking(session):
        if session.frame > 90 and not begun:
            begun.append(time.monotonic())
            session.pause("a call", now=begun[0])
        elif len(begun) == 1 and time.monotonic() - begun[0] > 1.5:
            begun.append(time.monotonic())
            session.resume(now=begun[1])

    async with match(tmp_path) as near:
        near.asking = asking
        ours, theirs = await near.end()
    check(near, ours, theirs, tmp_path)
    assert near.happened(Paused) == [Paused("", "a call")] and near.happened(Resumed) == [Resumed("")]
    assert [kind for kind in theirs["told"] if kind in ("Paused", "Resumed")] == ["Paused", "Resumed"]
    assert not near.happened(PeerInterrupted)
