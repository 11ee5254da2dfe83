"""Real lobbies, connections and matches that are watched, and seats that somebody new takes in the middle."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

import rollback
from rollback import PeerJoined, Synchronized
from rollback.config import SessionConfig
from rollback.errors import NetworkError
from rollback.games.bots import act_with, bot_for
from rollback.netplay import config_for, next_match
from rollback.replays import Replay
from rollback.types import Ended
from signaling.serve import running
from tests.network.trio import Trio

HERE: dict[str, Any] = {"ice_addresses": ["127.0.0.1"]}
PATIENCE = 60.0  # seconds any test may take on a busy machine


class Player:
    """One who plays, and what it was told."""

    def __init__(self, url: str, room: str, name: str, seat: int, **options: Any) -> None:
        self.url, self.room, self.name, self.seat = url, room, name, seat
        self.entry: dict[str, Any] = options.pop("entry", {})
        self.options = options
        self.frame = 0
        self.events: list[Any] = []
        self.lobby: Any = None
        self.stop = asyncio.Event()
        self.matches = options.pop("matches", 1)

    def _frame(self, session: Any, tick: Any) -> None:
        self.frame = tick.frame

    async def play(self) -> list[Any]:
        results = []
        async with rollback.join(self.url, room=self.room, name=self.name, **self.entry) as self.lobby:
            for number in range(self.matches):
                game = Trio()
                act = act_with(bot_for(game, self.seat, number))
                told = {"on_event": self.events.append, "on_frame": self._frame, "stop": self.stop}
                results.append(await rollback.play(game, self.lobby, act, **HERE, **told, **self.options))
                if number + 1 < self.matches:
                    await self.lobby.rematch(PATIENCE)
        return results


async def until(fact: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not fact():
            await asyncio.sleep(0.005)


def config(room: str, **settings: Any) -> SessionConfig:
    return config_for(Trio(), room, desync_interval=20, **settings)


@contextlib.asynccontextmanager
async def three(**options: Any) -> AsyncIterator[tuple[Any, list[Player], list[asyncio.Task[Any]]]]:
    """Yield a lobby and three who play in a room of it."""
    settings = options.pop("settings", {})
    async with asyncio.timeout(PATIENCE), running() as server:
        room = server.open_room(players=3)
        options = {"config": config(room, **settings)} | options
        players = [Player(server.url, room, name, seat, **options) for seat, name in enumerate(("ann", "bob", "cid"))]
        tasks = [asyncio.create_task(players[0].play())]
        for player in players[1:]:  # one after the other, so that each has the seat it thinks it has
            await until(lambda: players[0].lobby is not None and players[0].lobby.room)
            tasks.append(asyncio.create_task(player.play()))
            await until(lambda player=player: player.lobby is not None and player.lobby.room)  # type: ignore[misc]
        try:
            yield server, players, tasks
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def audience(url: str, room: str, name: str = "eve") -> AsyncIterator[Any]:
    async with rollback.join(url, room=room, name=name, spectate=True) as lobby:
        yield lobby


@pytest.mark.parametrize(
    "direct", [False, pytest.param(True, marks=pytest.mark.nightly)], ids=["through the lobby", "directly"]
)
async def test_who_comes_in_the_middle_sees_what_is_played(tmp_path: Path, direct: bool) -> None:
    async with three(frames=360) as (server, players, tasks):
        await until(lambda: players[0].frame > 90)
        async with audience(server.url, players[0].room) as lobby:
            game, replay = Trio(), tmp_path / "eve.rbr"
            options = HERE if direct else {}
            result = await rollback.watch(game, lobby, direct=direct, replay=replay, **options)
        (ann,), (bob,), (cid,) = await asyncio.gather(*tasks)
    assert ann.ended == bob.ended == cid.ended == result.ended == Ended("end_at", 360)
    assert result.checksum == ann.checksum == bob.checksum == cid.checksum
    assert 20 <= result.first < 360 and result.frames == 360
    told = Replay.open(replay)
    assert told.complete and told.verify(Trio()).ok and told.header.names == ("ann", "bob", "cid")


@pytest.mark.nightly
async def test_every_match_of_a_room_is_watched_by_whoever_stays(tmp_path: Path) -> None:
    seen = []
    async with three(frames=120, matches=3) as (server, players, tasks):
        async with audience(server.url, players[0].room) as lobby:
            while True:
                number = lobby.match
                seen.append(await rollback.watch(Trio(), lobby))
                if not await next_match(lobby, number):
                    break
        everybody = await asyncio.gather(*tasks)
    sums = [[result.checksum for result in results] for results in everybody]
    assert sums[0] == sums[1] == sums[2] == [result.checksum for result in seen] and len(seen) == 3


@pytest.mark.nightly
async def test_one_more_than_may_watch_directly_is_told_so_and_may_watch_through_the_lobby() -> None:
    async with three(frames=420, settings={"max_spectators": 1}) as (server, players, tasks):
        await until(lambda: players[0].frame > 30)
        room = players[0].room
        shown: list[Any] = []
        async with audience(server.url, room, "eve") as eve, audience(server.url, room, "fay") as fay:
            watching = asyncio.create_task(rollback.watch(Trio(), eve, direct=True, on_event=shown.append, **HERE))
            await until(lambda: any(isinstance(event, Synchronized) for event in shown))
            with pytest.raises(NetworkError, match="ann does not show us the match directly: 1 spectators watch already"):
                await rollback.watch(Trio(), fay, direct=True, **HERE)
            results = [await rollback.watch(Trio(), fay), await watching]
        (ann,), _, _ = await asyncio.gather(*tasks)
    assert [result.checksum for result in results] == [ann.checksum] * 2


@pytest.mark.nightly
async def test_the_player_who_shows_the_match_leaves_and_nobody_who_watches_misses_its_end() -> None:
    async with three(frames=480, settings={"on_disconnect": "idle"}) as (server, players, tasks):
        room = players[0].room
        await until(lambda: players[0].frame > 30)
        shown: dict[str, list[Any]] = {"eve": [], "fay": []}
        async with audience(server.url, room, "eve") as eve, audience(server.url, room, "fay") as fay:
            watching = [
                asyncio.create_task(rollback.watch(Trio(), eve, direct=True, on_event=shown["eve"].append, **HERE)),
                asyncio.create_task(rollback.watch(Trio(), fay, on_event=shown["fay"].append)),
            ]
            for events in shown.values():
                await until(lambda events=events: any(isinstance(event, Synchronized) for event in events))
            players[0].stop.set()
            results = await asyncio.gather(*watching)
        (ann,), (bob,), (cid,) = await asyncio.gather(*tasks)
    assert ann.ended.reason == "left" and bob.ended == cid.ended == Ended("end_at", 480)
    assert [result.checksum for result in results] == [bob.checksum] * 2 and bob.checksum == cid.checksum


@pytest.mark.nightly
async def test_somebody_new_takes_the_seat_of_who_left_in_the_middle(tmp_path: Path) -> None:
    async with three(frames=600, settings={"on_disconnect": "idle"}) as (server, players, tasks):
        ann, _, cid = players
        await until(lambda: ann.frame > 60)
        cid.stop.set()
        await tasks[2]
        await until(lambda: len([member for member in ann.lobby.members if member.seat is not None]) == 2)
        entry = {"token": await ann.lobby.renew_invite()}
        dot = Player(
            server.url, ann.room, "dot", 2, frames=600, config=ann.options["config"], entry=entry, replay=tmp_path / "dot.rbr"
        )
        (late,) = await dot.play()
        assert dot.lobby.is_late
        (first,), (second,) = await asyncio.gather(*tasks[:2])
    assert late.ended == first.ended == second.ended == Ended("end_at", 600)
    assert late.checksum == first.checksum == second.checksum
    (joined,) = [event for event in ann.events if isinstance(event, PeerJoined)]
    assert (joined.peer, joined.players) == ("dot", (2,)) and 60 < joined.frame < 600
    replay = Replay.open(late.replay)
    assert replay.complete and replay.verify(Trio()).ok
    assert replay.header.first_frame > 0 and replay.header.names == ("ann", "bob", "dot")


async def test_who_comes_back_when_all_others_are_gone_is_told_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rollback.netplay.match.JOIN_WITHIN", 2.0)
    async with asyncio.timeout(PATIENCE), running() as server:
        room = server.open_room(players=2)
        async with rollback.join(server.url, room=room, name="ann") as ann, rollback.join(server.url, room=room, name="bob"):
            await ann.lock()
            token = ann.resume
            async with rollback.join(server.url, room=room, resume=token) as again:
                assert again.is_late and again.me.name == "ann" and again.me.life == 2
                with pytest.raises(NetworkError, match="nobody let us into the match within 2 s"):
                    await rollback.play(Trio2(), again, lambda game, player: 0, **HERE)


class Trio2(Trio):
    players = 2
