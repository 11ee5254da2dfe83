"""How long a player may keep the others waiting, in matches between workers: one that keeps to it, and one that does not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rollback.core.session import P2PSession
from rollback.netplay.in_worker import pauses
from rollback.netplay.in_worker.pauses import MARGIN, Pauses
from tests.netplay.in_worker.test_in_room import Rooms
from tests.netplay.peers import until
from tests.netplay.quick_time import now, run

LIMIT = 4.0


def begun() -> Rooms:
    rooms = Rooms("ann", "bob")
    for name in ("ann", "bob"):
        rooms.enter(name, study=True, max_pause_s=LIMIT)
    return rooms


def frame_of(rooms: Rooms, name: str) -> int:
    return int(rooms.all(name, "stats")[-1]["frame"]) if rooms.all(name, "stats") else -1


async def press(rooms: Rooms, name: str) -> None:
    rooms.room.pages[name].say("pause")


def records(rooms: Rooms, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for data in rooms.lines[name] for line in data.splitlines()]


def sentences(rooms: Rooms, name: str) -> list[str]:
    return [news["sentence"] for news in rooms.all(name, "news")]


def test_a_pause_ends_by_itself_at_the_limit_and_there_is_no_further_one() -> None:
    async def play() -> tuple[Rooms, float]:
        rooms = begun()
        await until(lambda: frame_of(rooms, "bob") > 30)
        await press(rooms, "ann")
        await until(lambda: rooms.all("bob", "picture")[-1]["reason"] == "paused")
        before = now()
        await until(lambda: rooms.all("bob", "picture")[-1]["reason"] == "running")
        lasted = now() - before
        await press(rooms, "ann")
        await rooms.until("ended", "ann", "bob")
        await rooms.leave("ann", "bob")
        return rooms, lasted

    rooms, lasted = run(play())
    assert LIMIT - 1 < lasted < LIMIT + 1
    assert rooms.all("ann", "ended")[0]["checksum"] == rooms.all("bob", "ended")[0]["checksum"]
    told = sentences(rooms, "ann")
    assert "the match goes on: you have paused it for 4 s, the most that anyone may" in told
    assert "you have paused this match for 4 s, the most that anyone may" in told
    for name in ("ann", "bob"):
        kinds = [line["record"] for line in records(rooms, name)]
        (pause,) = [line for line in records(rooms, name) if line["record"] == "pause"]
        assert pause["player"] == 0 and 30 <= pause["frame"] < 120 and abs(pause["lasted"] - LIMIT) < 1
        assert kinds[0] == "start" and kinds[-1] == "end"


def test_short_pauses_are_counted_together() -> None:
    async def play() -> Rooms:
        rooms = begun()
        for start in (20, 40, 60, 80):
            await until(lambda start=start: frame_of(rooms, "ann") > start)  # type: ignore[misc]
            await press(rooms, "ann")
            before = now()
            await until(lambda before=before: now() > before + 1.5)  # type: ignore[misc]
            if not any("most that anyone" in sentence for sentence in sentences(rooms, "ann")):
                await press(rooms, "ann")
        await rooms.until("ended", "ann", "bob")
        await rooms.leave("ann", "bob")
        return rooms

    rooms = run(play())
    lasted = [line["lasted"] for line in records(rooms, "bob") if line["record"] == "pause"]
    assert len(lasted) == 3 and abs(sum(lasted) - LIMIT) < 1


def test_who_is_held_by_a_page_that_keeps_to_no_limit_leaves_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    held = Pauses._keep_to

    def only_bob(self: Pauses, limit: float, session: P2PSession, at: float) -> None:
        if 1 in session.input_delays:  # ann's page lets everybody wait for ever
            held(self, limit, session, at)

    monkeypatch.setattr(pauses.Pauses, "_keep_to", only_bob)

    async def play() -> tuple[Rooms, float]:
        rooms = begun()
        await until(lambda: frame_of(rooms, "bob") > 30)
        await press(rooms, "ann")
        before = now()
        await rooms.until("ended", "bob", "ann")
        lasted = now() - before
        await rooms.leave("ann", "bob")
        return rooms, lasted

    rooms, lasted = run(play())
    assert LIMIT + MARGIN - 1 < lasted < LIMIT + MARGIN + 2
    ended = rooms.all("bob", "ended")[0]
    assert ended["reason"] == "ann kept the match waiting for longer than 4 s" and ended["again"] is False
    (pause,) = [line for line in records(rooms, "bob") if line["record"] == "pause"]
    assert pause["player"] == 0


def waits(rooms: Rooms, name: str) -> list[dict[str, Any]]:
    return [line for line in records(rooms, name) if line["record"] == "wait"]


def test_who_is_away_again_and_again_is_waited_for_no_longer_than_the_limit_in_all() -> None:
    settings = {"study": True, "max_wait_s": 20.0, "frames": 600}

    async def play() -> tuple[Rooms, float]:
        rooms = Rooms("ann", "bob")
        for name in ("ann", "bob"):
            rooms.enter(name, **settings)
        before = 0.0
        for _ in range(8):
            frame = frame_of(rooms, "bob")
            await until(lambda frame=frame: frame_of(rooms, "bob") > frame + 30 or bool(rooms.all("bob", "ended")))  # type: ignore[misc]
            before = before or now()
            await rooms.die("ann")
            away = now()
            await until(lambda away=away: now() > away + 8 or bool(rooms.all("bob", "ended")))  # type: ignore[misc]
            if rooms.all("bob", "ended"):
                break
            rooms.reload("ann", **settings)
        lasted = now() - before
        await rooms.leave("bob")
        return rooms, lasted

    rooms, lasted = run(play())
    assert 20 < lasted < 24
    assert rooms.all("bob", "ended")[0]["reason"] == "ann kept the match waiting for longer than 20 s in all"
    told = waits(rooms, "bob")
    assert len(told) == 3 and {each["player"] for each in told} == {0}
    assert all(8 <= each["lasted"] < 10 for each in told[:2]) and abs(sum(each["lasted"] for each in told) - 20) < 0.5
    assert told[0]["frame"] < told[1]["frame"] < told[2]["frame"]


def test_a_page_that_goes_on_by_a_frame_now_and_then_is_left_and_a_pause_of_our_own_is_no_wait() -> None:
    async def play() -> Rooms:
        rooms = Rooms("ann", "bob")
        for name, most in (("ann", 3600.0), ("bob", 10.0)):
            rooms.enter(name, study=True, max_pause_s=3600.0, max_wait_s=most, frames=600)
        await until(lambda: frame_of(rooms, "bob") > 30)
        await press(rooms, "bob")
        before = now()
        await until(lambda: now() > before + 15)
        await press(rooms, "bob")
        await until(lambda: rooms.all("bob", "picture")[-1]["reason"] == "running")
        while not rooms.all("bob", "ended"):
            await press(rooms, "ann")  # pauses, or goes on
            before = now()
            is_paused = rooms.all("ann", "picture")[-1]["reason"] != "paused"
            await until(lambda before=before, wait=2.0 if is_paused else 0.05: now() > before + wait)  # type: ignore[misc]
        await rooms.leave("ann", "bob")
        return rooms

    rooms = run(play())
    assert rooms.all("bob", "ended")[0]["reason"] == "ann kept the match waiting for longer than 10 s in all"
    told = waits(rooms, "bob")
    assert {each["player"] for each in told} == {0} and abs(sum(each["lasted"] for each in told) - 10) < 0.5
    assert abs(sum(each["lasted"] for each in waits(rooms, "ann")) - 15) < 0.5, "who waited for bob"


def test_without_a_study_a_pause_has_no_end() -> None:
    async def play() -> Rooms:
        rooms = Rooms("ann", "bob")
        for name in ("ann", "bob"):
            rooms.enter(name)
        await until(lambda: frame_of(rooms, "ann") > 30)
        await press(rooms, "ann")
        await until(lambda: rooms.all("bob", "picture")[-1]["reason"] == "paused")
        before = now()
        await until(lambda: now() > before + 2 * LIMIT + MARGIN)
        assert rooms.all("bob", "picture")[-1]["reason"] == "paused"
        await press(rooms, "ann")
        await rooms.until("ended", "ann", "bob")
        await rooms.leave("ann", "bob")
        return rooms

    rooms = run(play())
    assert rooms.all("ann", "ended")[0]["reason"] == "end_at"
    waits = [picture["wait"] for picture in rooms.all("bob", "picture") if picture.get("wait")]
    assert waits[-1] == {
        "sentence": "ann asked everybody to wait: the pause button was pressed", "own": False, "lost": False,
    }  # fmt: skip
    assert any(picture.get("wait", {}).get("own") for picture in rooms.all("ann", "picture"))
