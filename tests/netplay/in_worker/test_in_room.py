"""Matches of a room between workers: played over WebRTC or the lobby, watched, played again, and left."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from rollback.net.page_lobby import PageLobby
from rollback.netplay.in_worker.match import Match
from tests.net.pages import Room, Web
from tests.netplay.peers import until
from tests.netplay.quick_time import now, run

OFFERS = {
    "pong": {"full": "rollback.games:Pong", "players": [2]},
    "faulty": {"full": "tests.netplay.in_worker.games_of_ours:Faulty", "players": [2]},
}
BEGIN = {"mode": "play", "game": "pong", "bot": "best", "frames": 120}


class Rooms:
    """A room of workers, and what each of them told its page."""

    def __init__(self, *names: str, watching: tuple[str, ...] = ()) -> None:
        self.web = Web()
        self.room = Room(self.web, *names, watching=watching)
        self.data: dict[str, list[bytes | None]] = {}
        self.lines: dict[str, list[bytes]] = {name: [] for name in self.room.pages}
        self.matches: dict[str, Match] = {}
        for name, page in self.room.pages.items():
            port = page.port
            self.matches[name] = Match(port, lambda port=port: PageLobby(port), OFFERS, clock=now)  # type: ignore[misc]
            page.told = []
            self.data[name] = []
            self._keep(name, page)

    def _keep(self, name: str, page: Any) -> None:
        take = page.take

        def kept(text: str, data: bytes | None) -> None:
            if json.loads(text)["tell"] == "ended":
                self.data[name].append(data)
            elif json.loads(text)["tell"] == "data" and data is not None:
                self.lines[name].append(data)
            take(text, data)

        page.port._post = kept

    def enter(self, name: str, **begin: Any) -> None:
        page = self.room.pages[name]
        page.say("begin", **BEGIN | begin)
        page.lobby("welcome", self.room.welcome(name))

    def all(self, name: str, tell: str) -> list[dict[str, Any]]:
        return [each for each in self.room.pages[name].told if each["tell"] == tell]

    async def die(self, name: str) -> None:
        """Let a page end, worker and all."""
        self.room.pages[name].die()
        running = self.matches[name]._running
        assert running is not None
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    def reload(self, name: str, **begin: Any) -> None:
        """Load anew a page that died; what it told before is forgotten."""
        lobby = self.room.reload(name)
        page = self.room.pages[name]
        page.told = []
        self.matches[name] = Match(page.port, lambda: lobby, OFFERS, clock=now)
        self._keep(name, page)
        page.say("begin", **BEGIN | begin)

    async def until(self, tell: str, *names: str, count: int = 1) -> list[dict[str, Any]]:
        await until(lambda: all(len(self.all(name, tell)) >= count for name in names))
        return [self.all(name, tell)[count - 1] for name in names]

    async def leave(self, *names: str) -> None:
        for name in names:
            self.room.pages[name].say("leave")
        await self.until("leaveLobby", *names)
        for name in names:
            await self.matches[name].wait()


@pytest.mark.parametrize("transport", ["auto", "webrtc", "relay"])
def test_two_pages_play_and_come_to_the_same_state(transport: str) -> None:
    async def play() -> Rooms:
        rooms = Rooms("ann", "bob")
        for name in ("ann", "bob"):
            rooms.enter(name, transport=transport, latency_ms=60, jitter_ms=20, loss=0.05)
        await rooms.until("ended", "ann", "bob")
        await rooms.leave("ann", "bob")
        return rooms

    rooms = run(play())
    ann, bob = (rooms.all(name, "ended")[0] for name in ("ann", "bob"))
    assert ann["reason"] == bob["reason"] == "end_at" and ann["frames"] == bob["frames"] == 120
    assert ann["checksum"] == bob["checksum"] and ann["again"] is bob["again"] is True
    assert ann["rollbacks"] + bob["rollbacks"] > 0, "nothing was ever predicted wrongly"
    path = "relay" if transport == "relay" else "webrtc"
    assert {stats["path"] for stats in rooms.all("ann", "stats")} == {path}
    last = rooms.all("ann", "stats")[-1]
    assert last["rtt_ms"] > 100 and last["depth"]["max"] >= last["depth"]["last"]
    assert [len(data) > 100 for data in rooms.data["ann"] if data is not None] == [True]


def test_both_pages_are_told_who_plays_and_what_happened() -> None:
    async def play() -> Rooms:
        rooms = Rooms("ann", "bob")
        rooms.enter("ann", bot=None)
        rooms.enter("bob")
        await rooms.until("ended", "ann", "bob")
        await rooms.leave("ann", "bob")
        return rooms

    rooms = run(play())
    players = [{"name": "ann", "controller": "human"}, {"name": "bob", "controller": "bot"}]
    begun = [rooms.all(name, "begun")[0] for name in ("ann", "bob")]
    assert [each["players"] for each in begun] == [players, players] and [each["player"] for each in begun] == [0, 1]
    assert begun[0]["buttons"] and not begun[1]["buttons"]
    news = [each["sentence"] for each in rooms.all("ann", "news")]
    assert any(sentence.startswith("bob is reached directly") for sentence in news) and "bob is ready" in news


def test_nobody_counts_on_a_page_before_its_engine_is_there() -> None:
    async def play() -> Rooms:
        rooms = Rooms("ann", "bob")
        rooms.enter("ann")
        await until(lambda: rooms.room.member("ann")["loading"] is False)
        waited = now()
        await until(lambda: now() > waited + 30)  # bob's page loads for half a minute, and that is no trouble
        assert rooms.all("ann", "failed") == rooms.all("ann", "begun") == []
        rooms.enter("bob")
        await rooms.until("ended", "ann", "bob")
        await rooms.leave("ann", "bob")
        return rooms

    rooms = run(play())
    assert rooms.all("ann", "ended")[0]["checksum"] == rooms.all("bob", "ended")[0]["checksum"]


def test_begin_waits_for_the_room() -> None:
    async def play() -> Rooms:
        rooms = Rooms("ann", "bob")
        rooms.room.pages["ann"].say("begin", **BEGIN)
        rooms.enter("bob")
        before = now()
        await until(lambda: now() > before + 5)
        rooms.room.pages["ann"].lobby("welcome", rooms.room.welcome("ann"))
        await rooms.until("ended", "ann", "bob")
        await rooms.leave("ann", "bob")
        return rooms

    rooms = run(play())
    assert rooms.all("ann", "failed") == []


def test_a_rematch_begins_when_both_want_it_and_is_another_match() -> None:
    async def play() -> Rooms:
        rooms = Rooms("ann", "bob")
        for name in ("ann", "bob"):
            rooms.enter(name)
        await rooms.until("ended", "ann", "bob")
        rooms.room.pages["ann"].say("again")
        await until(lambda: any("to play again" in news["sentence"] for news in rooms.all("ann", "news")))
        assert len(rooms.all("ann", "begun")) == 1
        rooms.room.pages["bob"].say("again")
        await rooms.until("ended", "ann", "bob", count=2)
        await rooms.leave("ann", "bob")
        return rooms

    rooms = run(play())
    (first, second), (_, other) = rooms.all("ann", "ended"), rooms.all("bob", "ended")
    assert rooms.room.match == 1 and second["checksum"] == other["checksum"] != first["checksum"]


def test_a_rematch_that_the_other_does_not_want_is_told() -> None:
    async def play() -> Rooms:
        rooms = Rooms("ann", "bob")
        for name in ("ann", "bob"):
            rooms.enter(name)
        await rooms.until("ended", "ann", "bob")
        rooms.room.pages["ann"].say("again")
        await until(lambda: rooms.room.member("ann")["again"] is True)
        await rooms.leave("bob")
        await until(lambda: any("no further match" in news["sentence"] for news in rooms.all("ann", "news")))
        await rooms.leave("ann")
        return rooms

    rooms = run(play())
    assert rooms.all("ann", "news")[-1]["kind"] == "error" and "bob left" in rooms.all("ann", "news")[-1]["sentence"]


def test_who_leaves_ends_the_match_of_the_other_with_a_reason() -> None:
    async def play() -> Rooms:
        rooms = Rooms("ann", "bob")
        for name in ("ann", "bob"):
            rooms.enter(name, frames=None)
        await until(lambda: bool(rooms.all("ann", "stats")) and rooms.all("ann", "stats")[-1]["frame"] > 60)
        await rooms.leave("bob")
        await rooms.until("ended", "ann")
        await rooms.leave("ann")
        return rooms

    rooms = run(play())
    assert rooms.all("bob", "ended")[0]["sentence"] == "You left."
    ended = rooms.all("ann", "ended")[0]
    assert "bob" in ended["sentence"] and ended["again"] is False


def test_a_pause_holds_both_and_is_told_to_the_other() -> None:
    async def play() -> Rooms:
        rooms = Rooms("ann", "bob")
        for name in ("ann", "bob"):
            rooms.enter(name)
        await until(lambda: bool(rooms.all("ann", "stats")) and rooms.all("ann", "stats")[-1]["frame"] > 30)
        rooms.room.pages["ann"].say("pause")
        await until(lambda: rooms.all("bob", "picture")[-1]["reason"] == "paused")
        frame, before = rooms.all("bob", "picture")[-1]["frame"], now()
        await until(lambda: now() > before + 3)
        assert rooms.all("bob", "picture")[-1]["frame"] == frame
        rooms.room.pages["ann"].say("pause")
        await rooms.until("ended", "ann", "bob")
        await rooms.leave("ann", "bob")
        return rooms

    rooms = run(play())
    told = [news["sentence"] for news in rooms.all("bob", "news")]
    assert "ann asked everybody to wait: the pause button was pressed" in told and "ann goes on" in told
    assert rooms.all("ann", "ended")[0]["checksum"] == rooms.all("bob", "ended")[0]["checksum"]


@pytest.mark.parametrize("direct", [False, True])
def test_a_page_that_watches_sees_the_same_end(direct: bool) -> None:
    async def play() -> Rooms:
        rooms = Rooms("ann", "bob", watching=("eve",))
        rooms.enter("eve", mode="watch", direct=direct)
        for name in ("ann", "bob"):
            rooms.enter(name, frames=300)
        await rooms.until("ended", "ann", "bob", "eve")
        await rooms.leave("ann", "bob", "eve")
        return rooms

    rooms = run(play())
    seen = rooms.all("eve", "ended")[0]
    assert seen["checksum"] == rooms.all("ann", "ended")[0]["checksum"] and seen["frames"] == 300
    begun = rooms.all("eve", "begun")[0]
    assert begun["player"] is None and [each["name"] for each in begun["players"]] == ["ann", "bob"]
    frames = [picture["frame"] for picture in rooms.all("eve", "picture")]
    assert frames == sorted(frames) and frames[-1] == 300
    assert rooms.all("eve", "picture")[-1]["text"].startswith("ann ")
    stats = rooms.all("eve", "stats")[-1]
    assert stats["behind"] >= 0 and stats["progress"] == 1
    shown = "by ann" if direct else "by the lobby"
    assert any(news["sentence"] == f"the match is shown {shown}" for news in rooms.all("eve", "news"))


def test_a_game_that_raises_here_is_a_traceback_here_and_a_reason_there() -> None:
    async def play() -> Rooms:
        rooms = Rooms("ann", "bob")
        rooms.enter("ann", game="faulty")
        rooms.enter("bob", game="faulty")
        await rooms.until("ended", "ann", "bob")
        await rooms.leave("ann", "bob")
        return rooms

    rooms = run(play())
    failed = rooms.all("ann", "failed") + rooms.all("bob", "failed")
    assert failed and all(
        "the ball is nowhere" in each["message"] and "games_of_ours.py" in each["traceback"] for each in failed
    )
    for name in ("ann", "bob"):
        assert "raised" in rooms.all(name, "ended")[0]["sentence"]


def test_a_room_that_is_not_for_this_game_is_a_sentence() -> None:
    async def play() -> Rooms:
        rooms = Rooms("ann", "bob", "cid")
        rooms.enter("ann")
        await rooms.until("failed", "ann")
        await rooms.leave("ann")
        return rooms

    failed = run(play()).all("ann", "failed")[0]
    assert failed["message"] == "pong is a game for 2 players, not for 3, and takes no players=" and failed["traceback"] == ""


def test_a_lobby_that_refuses_ends_in_its_own_words() -> None:
    async def play() -> Rooms:
        rooms = Rooms("ann", "bob")
        rooms.enter("ann")
        await until(lambda: rooms.room.member("ann")["loading"] is False)
        rooms.room.pages["ann"].lobby("over", {"code": "gone", "error": "the room was closed"})
        await rooms.until("failed", "ann")
        await rooms.leave("ann")
        return rooms

    failed = run(play()).all("ann", "failed")[0]
    assert (failed["name"], failed["message"]) == ("NetworkError", "the room was closed")


def test_after_a_room_that_is_over_the_next_one_is_played_in() -> None:
    async def play() -> Rooms:
        rooms = Rooms("ann", "bob")
        rooms.enter("ann")
        await until(lambda: rooms.room.member("ann")["loading"] is False)
        rooms.room.pages["ann"].lobby("over", {"code": "gone", "error": "the room was closed"})
        await rooms.until("failed", "ann")
        for name in ("ann", "bob"):
            rooms.enter(name)
        await rooms.until("ended", "ann", "bob")
        await rooms.leave("ann", "bob")
        return rooms

    rooms = run(play())
    assert len(rooms.all("ann", "failed")) == 1 and rooms.all("ann", "ended")[0]["frames"] == 120


def test_three_pages_play_one_match() -> None:
    async def play() -> Rooms:
        rooms = Rooms("ann", "bob", "cid")
        for name in ("ann", "bob", "cid"):
            rooms.enter(name, game="gridworld", latency_ms=40)
        await rooms.until("ended", "ann", "bob", "cid")
        await rooms.leave("ann", "bob", "cid")
        return rooms

    rooms = run(play())
    sums = {rooms.all(name, "ended")[0]["checksum"] for name in ("ann", "bob", "cid")}
    assert len(sums) == 1 and len(rooms.all("cid", "begun")[0]["players"]) == 3
