"""A watched match: what is shown is what was played, from wherever it begins to whatever ends it."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import Any

import pytest

from rollback.config import SessionConfig
from rollback.core.spectator import SpectatorSession
from rollback.errors import NetworkError, UsageError
from rollback.netplay import WatchResult, next_match, watch
from rollback.netplay.named import NamedTransport
from rollback.netplay.reach import BROADCAST, Reach
from rollback.netplay.watched import Watched
from rollback.replays import Replay
from rollback.state import checksum
from rollback.types import Ended, PeerLeft, Resynced, Synchronized
from tests.netplay.hall import Hall, member
from tests.netplay.peers import Mix, peers, play_all, until
from tests.netplay.quick_time import now, run

ANN, BOB, EVE = member(0, "ann"), member(1, "bob"), member(None, "eve")
CONFIG = SessionConfig(seed=5, desync_interval=15)


class Room:
    """Ann and bob play, and eve watches through the lobby."""

    def __init__(self, frames: int | None = 300, config: SessionConfig = CONFIG, every: float = 1.0) -> None:
        self.lobby: Any = Hall("eve", ANN, BOB, EVE)
        self.players = peers(2, config=config, frames=frames, latency_ms=20)
        self.every = every
        self.events: list[Any] = []
        self.shown: list[tuple[float, int, int]] = []
        self.game = Mix()
        for peer in self.players:
            peer.session.names.update(enumerate(("ann", "bob")))
            names = {other.name: other.name for other in self.players if other is not peer}
            peer.transport = Reach(NamedTransport(peer.transport, names), self)  # type: ignore[arg-type]
        self.stop = asyncio.Event()

    def feed(self, message: bytes) -> bool:
        """Stand for the lobby: hand the feed on."""
        if self.lobby.on_feed is not None:
            asyncio.get_running_loop().call_soon(self.lobby.on_feed, message)
        return True

    def show(self, host: int = 0) -> None:
        self.players[host].session.broadcast(BROADCAST, keyframe_every=self.every)

    def _frame(self, session: SpectatorSession, tick: Any) -> None:
        self.shown.append((now(), session.frame, session.behind))

    async def watch(self, **options: Any) -> WatchResult:
        told = {"on_frame": self._frame, "on_event": self.events.append, "stop": self.stop, "clock": now}
        return await watch(self.game, self.lobby, **(told | options))

    async def both(self, **options: Any) -> WatchResult:
        watching = asyncio.ensure_future(self.watch(**options))
        await play_all(self.players)
        async with asyncio.timeout(60):
            return await watching

    def happened(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


def test_a_match_is_watched_from_its_first_frame_to_its_last():
    async def main():
        room = Room()
        room.show()
        result = await room.both()
        assert result.ended == Ended("end_at", 300) and (result.frames, result.first, result.jumps) == (300, 0, 0)
        assert result.checksum == checksum(room.game.save()) == room.players[0].checksum
        assert result.replay is None and room.happened(Ended) == [result.ended]
        frames = [frame for _, frame, _ in room.shown]
        assert frames == sorted(frames) and max(b - a for a, b in itertools.pairwise(frames)) <= 4

    run(main())


def test_who_comes_in_the_middle_begins_there_and_records_from_there_on(tmp_path: Path):
    async def main():
        room = Room()
        playing = asyncio.ensure_future(play_all(room.players))
        await until(lambda: room.players[0].session.frame > 120)
        room.show()
        result = await room.watch(replay=tmp_path / "eve.rbr", game_name="tests.netplay.peers:Mix")
        await playing
        assert result.ended == Ended("end_at", 300) and 60 < result.first <= 120
        assert result.checksum == room.players[0].checksum
        replay = Replay.open(result.replay)
        assert replay.complete and replay.verify(Mix()).ok and replay.final_checksum == result.checksum
        assert replay.header.first_frame in range(result.first, result.first + 5)
        assert replay.header.names == ("ann", "bob")

    run(main())


def test_a_delay_is_kept_and_the_end_is_shown_at_pace():
    async def main():
        room = Room(frames=400)
        room.show()
        playing = asyncio.ensure_future(play_all(room.players))
        result = await room.watch(delay=2.0)
        ended_at = now()
        await playing
        assert result.frames == 400 and result.checksum == room.players[0].checksum
        behind = [behind for _, frame, behind in room.shown if 150 < frame < 250]
        assert behind and min(behind) >= 110  # two seconds of 60 frames, less what is on its way
        assert ended_at - room.players[0].when(Ended) > 1.5

    run(main())


def test_where_the_host_leaves_and_another_one_shows_it_the_match_goes_on_to_its_end():
    async def main():
        room = Room(config=SessionConfig(seed=5, desync_interval=15, on_disconnect="idle"))
        room.show(0)
        watching = asyncio.ensure_future(room.watch())
        playing = asyncio.ensure_future(play_all(room.players))
        await until(lambda: room.players[0].session.frame > 100)
        room.players[0].stop.set()
        await until(lambda: room.players[1].session.settled > 110)
        room.show(1)
        await playing
        async with asyncio.timeout(60):
            result = await watching
        assert result.ended == Ended("end_at", 300) and result.checksum == room.players[1].checksum
        assert any(isinstance(event, PeerLeft) for event in room.events)

    run(main())


def test_who_fell_too_far_behind_jumps_and_its_recording_begins_anew(tmp_path: Path):
    async def main():
        room = Room(frames=2400)
        room.show()
        playing = asyncio.ensure_future(play_all(room.players))
        slow = True

        def hold(session: SpectatorSession, tick: Any) -> None:
            if slow and session.frame > 30:
                session.tick = lambda *, now, most=4: type(session).tick(session, now=now, most=0)  # type: ignore[method-assign]
            elif "tick" in vars(session):
                del session.tick

        watching = asyncio.ensure_future(room.watch(on_frame=hold, replay=tmp_path / "eve.rbr"))
        await until(lambda: room.players[0].session.frame > 1600)
        slow = False
        await playing
        async with asyncio.timeout(60):
            result = await watching
        assert result.jumps == len(room.happened(Resynced)) == 1
        assert result.ended == Ended("end_at", 2400) and result.checksum == room.players[0].checksum
        replay = Replay.open(result.replay)
        assert replay.complete and replay.verify(Mix()).ok and replay.header.first_frame > 1000

    run(main())


def test_a_stop_ends_it_at_once_and_leaves_a_whole_replay(tmp_path: Path):
    async def main():
        room = Room()
        room.show()
        watching = asyncio.ensure_future(room.watch(replay=tmp_path / "eve.rbr"))
        playing = asyncio.ensure_future(play_all(room.players))
        await until(lambda: bool(room.shown) and room.shown[-1][1] > 100)
        room.stop.set()
        result = await watching
        await playing
        assert result.ended.reason == "left" and 100 < result.frames < 300
        assert Replay.open(result.replay).verify(Mix()).ok
        assert room.lobby.watched == [True, False]

    run(main())


def test_a_cancelled_watcher_lets_go_of_everything(tmp_path: Path):
    async def main():
        room = Room()
        room.show()
        watching = asyncio.ensure_future(room.watch(replay=tmp_path / "eve.rbr"))
        playing = asyncio.ensure_future(play_all(room.players))
        await until(lambda: bool(room.shown) and room.shown[-1][1] > 100)
        watching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await watching
        await playing
        assert Replay.open(tmp_path / "eve.rbr").verify(Mix()).ok
        assert room.lobby.watched == [True, False] and room.lobby.on_feed is None

    run(main())


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"members": (EVE,)}, "everybody has left the room"),
        ({"members": (ANN, BOB, EVE), "match": 1}, "the next match has begun"),
    ],
)
def test_a_match_that_ends_without_a_word_ends_here_too(told: dict[str, Any], reason: str):
    async def main():
        room = Room(frames=None)
        room.show()
        watching = asyncio.ensure_future(room.watch())
        playing = asyncio.ensure_future(play_all(room.players))
        await until(lambda: bool(room.shown) and room.shown[-1][1] > 60)
        playing.cancel()  # whatever they have to say is not passed on any more
        handler, room.lobby.on_feed = room.lobby.on_feed, lambda message: None
        assert handler is not None
        await asyncio.gather(playing, return_exceptions=True)
        room.lobby.tell(*told["members"], match=told.get("match", 0))
        async with asyncio.timeout(30):
            result = await watching
        assert result.ended.reason == reason

    run(main())


def test_a_room_in_which_nobody_plays_yet_is_waited_in_until_the_lobby_is_gone():
    async def main():
        room = Room()
        room.lobby.tell(EVE)
        watching = asyncio.ensure_future(room.watch())
        await asyncio.sleep(30)
        assert not watching.done()
        room.lobby.lost = "there is no way back"
        with pytest.raises(NetworkError, match="there is no way back"):
            await watching

    run(main())


def test_another_game_is_named():
    async def main():
        room = Room()
        room.game = Mix(players=3)
        room.show()
        result = await room.both()
        assert "players" in result.ended.reason and not room.happened(Synchronized)

    run(main())


@pytest.mark.parametrize(("delay", "says"), [(-1, "delay"), (301, "delay"), (float("nan"), "delay")])
def test_a_delay_that_cannot_be_meant_is_refused(delay: float, says: str):
    async def main():
        room = Room()
        with pytest.raises(UsageError, match=says):
            await room.watch(delay=delay)
        assert room.lobby.watched == []

    run(main())


def test_the_next_match_is_waited_for_until_it_begins_or_cannot():
    async def main():
        def hall() -> Any:
            return Hall("eve", ANN, BOB, EVE)

        async def answer(lobby: Any, *members: Any, match: int = 0, **told: Any) -> Any:
            waiting = asyncio.ensure_future(next_match(lobby, 0))
            await asyncio.sleep(1)
            assert not waiting.done()
            lobby.tell(*members, match=match, **told)
            async with asyncio.timeout(5):
                return await waiting

        assert await answer(hall(), ANN, BOB, EVE, match=1)
        assert not await answer(hall(), ANN, EVE)
        assert not await answer(hall(), EVE)
        assert not await answer(hall(), ANN, member(1, "bob", again=False), EVE)
        lobby = hall()
        waiting = asyncio.ensure_future(next_match(lobby, 0))
        await asyncio.sleep(1)
        lobby.tell(EVE, ANN, connected=False)  # of a lobby that is away nothing is known
        await asyncio.sleep(1)
        assert not waiting.done()
        lobby.lost = "gone"
        lobby.on_members()
        with pytest.raises(NetworkError, match="gone"):
            await waiting
        assert lobby.on_members is None

    run(main())


def test_what_a_recorder_asks_of_a_watcher():
    session = SpectatorSession(Mix(), "ann")
    watched = Watched(session)
    assert (watched.frame, watched.confirmed, watched.controllers) == (0, -1, {})
    assert watched.held_state(0) == Mix().save() and watched.held_state(1) is None
    assert watched.subscribe_inputs().take_inputs() == (0, [])
    assert watched.reason == session.reason and watched.checksum_at(9) is None
