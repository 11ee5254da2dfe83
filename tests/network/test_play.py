"""Whole matches through a real lobby on 127.0.0.1, over WebRTC and over the relay."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import rollback
from rollback.config import SessionConfig
from rollback.errors import NetworkError, ReplayError, UsageError
from rollback.games import Pong
from rollback.games.bots import act_with, bot_for
from rollback.net.transport import PathChanged
from rollback.netplay import config_for, match
from rollback.replays import Replay
from rollback.types import Ended, Mismatch, PeerLeft, PeerLost
from signaling.serve import running

ROOT = Path(__file__).parent.parent.parent
HERE = {"ice_addresses": ["127.0.0.1"]}
BAD = {"latency_ms": 50, "jitter_ms": 20, "loss": 0.05}
PATIENCE = 40.0  # seconds any test may take on a busy machine


class Player:
    """One peer of a match and all that it was told."""

    def __init__(self, url, room, name, seat, **options):
        self.url, self.room, self.name, self.seat, self.options = url, room, name, seat, options
        self.game = Pong()
        self.told = []
        self.frame = 0
        self.stop = asyncio.Event()

    def _event(self, event):
        self.told.append((time.monotonic(), event))

    def _frame(self, session, tick):
        self.frame = tick.frame

    async def play(self):
        async with rollback.join(self.url, room=self.room, name=self.name) as lobby:
            options = HERE | {"controller": "bot", "on_event": self._event, "on_frame": self._frame} | self.options
            act = act_with(bot_for(self.game, self.seat))
            return await rollback.play(self.game, lobby, act, stop=self.stop, **options)

    def happened(self, kind):
        return [event for _, event in self.told if isinstance(event, kind)]

    def when(self, kind):
        return next(at for at, event in self.told if isinstance(event, kind))


async def until(fact, seconds=PATIENCE):
    async with asyncio.timeout(seconds):
        while not fact():
            await asyncio.sleep(0.005)


async def no_task_is_left():
    await until(lambda: asyncio.all_tasks() == {asyncio.current_task()}, 5.0)


@asynccontextmanager
async def two(**options):
    """Yield a lobby and two players who will meet in a room of it."""
    async with asyncio.timeout(PATIENCE), running() as server:
        room = server.open_room(players=2)
        replay = options.pop("replay", None)
        players = [
            Player(
                server.url,
                room,
                name,
                seat,
                **options,
                replay=None if replay is None else replay / f"{name}.rbr",
            )
            for seat, name in enumerate(("ann", "bob"))
        ]
        yield server, *players
    await no_task_is_left()


@pytest.mark.parametrize("transport", ["webrtc", "relay", "auto"])
async def test_two_players_meet_play_and_agree(tmp_path, transport):
    async with two(transport=transport, frames=150, replay=tmp_path, **BAD) as (_, ann, bob):
        results = await asyncio.gather(ann.play(), bob.play())
    for result in results:
        assert result.stats.rollbacks > 3  # the premise
        assert result.frames == 150 and result.ended == Ended("end_at", 150)
        replay = Replay.open(result.replay)
        assert replay.complete and replay.frames == 150 and replay.verify(Pong()).ok
        assert replay.header.names == ("ann", "bob") and replay.header.controllers == ("bot", "bot")
        assert abs(replay.header.recorded_at - time.time()) < 2 * PATIENCE
        assert replay.final_checksum == result.checksum
    assert results[0].checksum == results[1].checksum
    assert list(Replay.open(results[0].replay)) == list(Replay.open(results[1].replay))
    assert ann.happened(PathChanged)[0].path == ("relay" if transport == "relay" else "webrtc")
    assert ann.happened(PathChanged)[0].peer == "bob"
    assert gc.isenabled()


@pytest.mark.parametrize("transport", ["webrtc", "relay"])
async def test_who_is_cancelled_has_left_and_the_other_knows_at_once(tmp_path, transport):
    async with two(transport=transport, replay=tmp_path, latency_ms=30) as (_, ann, bob):
        tasks = [asyncio.create_task(player.play()) for player in (ann, bob)]
        await until(lambda: bob.frame > 90)
        tasks[0].cancel()
        cancelled_at = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await tasks[0]
        result = await tasks[1]
    assert bob.happened(PeerLeft)[0].reason == "left" and not bob.happened(PeerLost)
    assert bob.when(PeerLeft) - cancelled_at < 1.0
    assert result.ended.reason == "ann left"
    for name in ("ann", "bob"):
        replay = Replay.open(tmp_path / f"{name}.rbr")
        assert replay.complete and replay.frames > 60 and replay.verify(Pong()).ok


async def test_a_stop_leaves_and_returns_what_there_was():
    async with two() as (_, ann, bob):
        tasks = [asyncio.create_task(player.play()) for player in (ann, bob)]
        await until(lambda: ann.frame > 30)
        ann.stop.set()
        left, other = await asyncio.gather(*tasks)
    assert left.ended.reason == "left" and left.frames > 30
    assert other.ended.reason == "ann left" and left.replay is None


@pytest.mark.nightly
async def test_a_lobby_that_dies_changes_nothing_for_a_direct_connection(tmp_path):
    async with asyncio.timeout(PATIENCE):
        async with running() as server:
            room = server.open_room(players=2)
            ann, bob = (
                Player(server.url, room, name, seat, frames=240, replay=tmp_path / f"{name}.rbr", **BAD)
                for seat, name in enumerate(("ann", "bob"))
            )
            tasks = [asyncio.create_task(player.play()) for player in (ann, bob)]
            await until(lambda: min(ann.frame, bob.frame) > 30)
        assert max(ann.frame, bob.frame) < 230  # the premise: the lobby is gone, the match is not
        results = await asyncio.gather(*tasks)
    await no_task_is_left()
    assert [result.ended for result in results] == [Ended("end_at", 240)] * 2
    assert results[0].checksum == results[1].checksum
    assert Replay.open(tmp_path / "ann.rbr").verify(Pong()).ok


async def test_the_lobbys_death_ends_a_match_by_the_relay_with_a_reason():
    config = SessionConfig(on_disconnect="end", disconnect_after=1.0)
    async with asyncio.timeout(PATIENCE):
        async with running() as server:
            room = server.open_room(players=2)
            ann, bob = (
                Player(server.url, room, name, seat, config=config, transport="relay")
                for seat, name in enumerate(("ann", "bob"))
            )
            tasks = [asyncio.create_task(player.play()) for player in (ann, bob)]
            await until(lambda: min(ann.frame, bob.frame) > 30)
        results = await asyncio.gather(*tasks)
    assert "was lost: nothing was heard for 1 s" in results[0].ended.reason


async def test_another_version_of_the_game_is_named_on_both_sides():
    async with two() as (_, ann, bob):
        for player, version in ((ann, "1.0"), (bob, "1.1")):
            player.options["config"] = SessionConfig(game_version=version)
        results = await asyncio.gather(ann.play(), bob.play())
    for player, result in zip((ann, bob), results, strict=True):
        (mismatch,) = player.happened(Mismatch)
        assert mismatch.field == "game_version" and mismatch.mend
        assert "game_version" in result.ended.reason
        assert (result.frames, result.stats.frames, result.replay) == (0, 0, None)


async def test_every_seat_loses_other_datagrams(monkeypatch):
    seeds = []

    class Noted(match.Impaired):
        def __init__(self, transport, latency_ms, jitter_ms, loss, seed):
            seeds.append(seed)
            super().__init__(transport, latency_ms, jitter_ms, loss, seed)

    monkeypatch.setattr(match, "Impaired", Noted)
    async with two(frames=20, loss=0.05, impair_seed=7) as (_, ann, bob):
        await asyncio.gather(ann.play(), bob.play())
    assert len(set(seeds)) == 2


@pytest.mark.nightly
async def test_several_matches_run_in_one_process():
    frozen = gc.get_freeze_count()
    async with asyncio.timeout(PATIENCE), running() as server:
        rooms = [server.open_room(players=2) for _ in range(3)]
        players = [
            Player(server.url, room, name, seat, frames=90, latency_ms=20)
            for room in rooms
            for seat, name in enumerate(("ann", "bob"))
        ]
        results = await asyncio.gather(*(player.play() for player in players))
    await no_task_is_left()
    sums = [result.checksum for result in results]
    assert sums[0::2] == sums[1::2] and len(set(sums)) == 3
    assert gc.isenabled() and gc.get_freeze_count() == frozen


async def test_a_room_whose_members_named_no_number_is_as_large_as_the_game():
    async with asyncio.timeout(PATIENCE), running() as server:
        async with rollback.join(server.url, name="ann") as ann:
            waiting = asyncio.create_task(rollback.play(Pong(), ann, act_with(bot_for(Pong())), frames=30, **HERE))
            await asyncio.sleep(0.2)
            assert not waiting.done() and ann.players is None
            bob = Player(server.url, ann.room, "bob", 1, frames=30)
            theirs, ours = await asyncio.gather(bob.play(), waiting)
        assert ours.checksum == theirs.checksum and ours.frames == 30


async def test_the_room_is_locked_while_the_match_runs():
    async with two() as (server, ann, bob):
        tasks = [asyncio.create_task(player.play()) for player in (ann, bob)]
        await until(lambda: ann.frame > 10)
        with pytest.raises(NetworkError, match="locked"):
            async with rollback.join(server.url, room=ann.room, name="cid"):
                pass
        ann.stop.set()
        await asyncio.gather(*tasks)


async def test_waiting_for_players_can_be_given_up():
    async with two() as (_, ann, _bob):
        waiting = asyncio.create_task(ann.play())
        await asyncio.sleep(0.2)
        ann.stop.set()
        result = await waiting
    assert result.ended == Ended("left", 0) and result.frames == 0 and result.stats.rollbacks == 0


async def test_who_joined_but_does_not_play_is_named():
    async with two(connect_timeout=1.0) as (server, ann, _):
        async with rollback.join(server.url, room=ann.room, name="bob"):
            with pytest.raises(NetworkError, match="bob"):
                await ann.play()


async def test_a_room_that_does_not_fit_is_refused_in_a_sentence(tmp_path):
    async with asyncio.timeout(PATIENCE), running() as server:
        async with rollback.join(server.url, name="ann", players=3) as lobby:
            with pytest.raises(UsageError, match="is for 3 players and Pong has 2"):
                await rollback.play(Pong(), lobby, lambda game, player: (False, False))
            async with rollback.join(server.url, room=lobby.room, name="eve", spectate=True) as watching:
                with pytest.raises(UsageError, match="you have no seat"):
                    await rollback.play(Pong(), watching, lambda game, player: (False, False))
        async with rollback.join(server.url, players=2) as lobby:
            with pytest.raises(ReplayError, match="there is no folder"):
                await rollback.play(Pong(), lobby, bool, replay=tmp_path / "nowhere" / "a.rbr")


async def test_a_server_that_is_not_there_is_one_sentence():
    async with running() as server:
        url = server.url
    with pytest.raises(NetworkError, match="no lobby answers at"):
        async with rollback.join(url, timeout=5.0):
            pass


PEER = """
import asyncio, sys
import rollback
from rollback.games import Pong
from rollback.games.bots import act_with, bot_for
from rollback.netplay import config_for, match

async def main(url, room, replay):
    async with rollback.join(url, room=room, name="far") as lobby:
        config = config_for(Pong(), room, on_disconnect="end", disconnect_after=1.5)
        said = []
        def on_frame(session, tick):
            if tick.frame > 30 and not said:
                said.append(print("playing", flush=True))
        await rollback.play(Pong(), lobby, act_with(bot_for(Pong(), 1)), config=config, replay=replay,
                            ice_addresses=["127.0.0.1"], on_frame=on_frame)

asyncio.run(main(*sys.argv[1:]))
"""


@asynccontextmanager
async def far_process(tmp_path, name="far.rbr"):
    """Yield a player, and a process that plays with it, in the middle of their match."""
    async with asyncio.timeout(PATIENCE), running() as server:
        room = server.open_room(players=2)
        config = config_for(Pong(), room, on_disconnect="end", disconnect_after=1.5)
        near = Player(server.url, room, "near", 0, config=config, replay=tmp_path / "near.rbr")
        near.playing = asyncio.create_task(near.play())
        await asyncio.sleep(0.1)  # so that it sits on the first seat
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            PEER,
            server.url,
            room,
            str(tmp_path / name),
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            assert await process.stdout.readline() == b"playing\n"
            await until(lambda: near.frame > 60)
            yield near, process
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()
            near.playing.cancel()
            await asyncio.gather(near.playing, return_exceptions=True)
    await no_task_is_left()


async def test_ctrl_c_leaves_the_match_and_the_other_side_knows_at_once_why(tmp_path):
    async with far_process(tmp_path) as (near, process):
        process.send_signal(signal.SIGINT)
        sent_at = time.monotonic()
        result = await near.playing
        await process.wait()
    assert near.happened(PeerLeft)[0].reason == "left" and not near.happened(PeerLost)
    assert near.when(PeerLeft) - sent_at < 1.0
    assert result.ended.reason == "far left"
    replay = Replay.open(tmp_path / "far.rbr")
    assert replay.complete and replay.verify(Pong()).ok


async def test_a_peer_that_is_killed_is_lost_in_time_and_the_replay_is_whole(tmp_path):
    async with far_process(tmp_path) as (near, process):
        process.kill()
        killed_at = time.monotonic()
        result = await near.playing
    assert "far was lost: nothing was heard for 1.5 s" in result.ended.reason
    assert 1.4 < near.when(PeerLost) - killed_at < 4.0
    replay = Replay.open(result.replay)
    assert replay.complete and replay.frames > 40 and replay.verify(Pong()).ok
    assert [event.kind for event in replay.events] == ["peer lost"]


class Watched(Pong):
    """Its second player only watches."""

    watchers = (1,)


async def test_a_player_who_only_watches_is_shown_nothing_that_is_guessed():
    windows: dict[int, set[int]] = {0: set(), 1: set()}

    async def seat(server, room, player):
        async with rollback.join(server, room=room) as lobby:
            act = act_with(bot_for(Pong(), player))
            note = lambda session, tick: windows[lobby.me.seat].add(session.config.prediction_window)  # noqa: E731
            return await rollback.play(Watched(), lobby, act, frames=20, on_frame=note, **HERE)

    async with running() as lobby:
        room = lobby.open_room(players=2)
        results = await asyncio.wait_for(asyncio.gather(*(seat(lobby.url, room, player) for player in (0, 1))), PATIENCE)
    assert [result.ended.reason for result in results] == ["end_at", "end_at"]
    assert windows == {0: {SessionConfig().prediction_window}, 1: {0}}
