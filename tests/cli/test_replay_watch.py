"""Watching a replay: keys, time, and what is to be seen; once on a real terminal."""

from __future__ import annotations

import asyncio
import io
import os
from typing import Any

import pytest

from rollback.cli.palette import Palette
from rollback.cli.replay_screen import watch
from rollback.cli.replay_values import replay_values
from rollback.cli.replay_watch import Watching
from rollback.config import SessionConfig
from rollback.games import Pong
from rollback.replays import Replay, ReplayHeader, ReplayWriter
from rollback.types import Confirmed
from tests.cli.terminal import LookedAt

FRAMES = 3600


@pytest.fixture(scope="module")
def data() -> bytes:
    game, file = Pong(), io.BytesIO()
    game.reset(1)
    with ReplayWriter(file, ReplayHeader.of(game, SessionConfig(seed=1), names=("ann", "b\x1b[2Job"))) as writer:
        for frame in range(FRAMES):
            actions = [(game.ball[1] < place - 170, game.ball[1] > place + 170) for place in game.paddles]
            if frame == 1200:
                writer.event(1200, "cut", {"players": [1], "frame": 1199})
                writer.event(1200, "took over", {"player": 1, "by": ""})
            writer.add(Confirmed(frame, (), tuple(c.encode(a) for c, a in zip(game.codecs, actions, strict=True))))
            game.step(actions)
        writer.close(None, "left")
    return file.getvalue()


@pytest.fixture
def watching(data: bytes) -> Any:
    replay = Replay.open(io.BytesIO(data))
    return Watching(replay, replay.play(), replay_values(replay))


def frame_of(watching: Watching) -> int:
    return watching._player.frame


def lines(watching: Watching, size: tuple[int, int] = (80, 24)) -> list[str]:
    found = watching.lines(size, Palette("none"))
    assert len(found) <= size[1] and all(len(line) <= size[0] and line.isprintable() for line in found)
    return found


def test_time_plays_it_at_its_speed_and_stops_at_the_end(watching: Watching) -> None:
    for _ in range(100):
        watching.advance(0.01)
    assert frame_of(watching) in (59, 60)
    watching.press("faster")
    watching.advance(1.0)
    assert frame_of(watching) in (179, 180)
    watching.advance(1000)
    assert frame_of(watching) == FRAMES and watching.is_paused
    watching.press("pause")
    assert frame_of(watching) == 0 and not watching.is_paused


def test_space_pauses_and_dots_step(watching: Watching) -> None:
    watching.press("end")
    watching.press("previous")
    watching.press("previous")
    watching.press("next")
    assert frame_of(watching) == FRAMES - 1 and watching.is_paused
    watching.advance(5)
    assert frame_of(watching) == FRAMES - 1 and "paused" in "\n".join(lines(watching))


@pytest.mark.parametrize(
    ("keys", "frame"),
    [
        (["forward"], 60),
        (["end", "back"], FRAMES - 60),
        (["page on", "page on", "page back"], 600),
        (["back"], 0),
        (["5", "0", "percent"], FRAMES // 2),
        (["9", "9", "9", "percent"], FRAMES),
        (["1", "2", "3", "go"], 123),
        (["1", "2", "9", "erase", "go"], 12),
        (["9"] * 12 + ["go"], FRAMES),
        (["percent"], 0),
        (["forward", "go"], 60),
        (["1", "forward", "go"], 60),
    ],
)
def test_keys_go_places(watching: Watching, keys: list[str], frame: int) -> None:
    for key in keys:
        watching.press(key)
    assert frame_of(watching) == frame


def test_speed_has_ends(watching: Watching) -> None:
    for _ in range(30):
        watching.press("faster")
    assert watching._player.speed == 64
    for _ in range(30):
        watching.press("slower")
    assert watching._player.speed == 0.125


def test_what_happened_is_told_where_it_happened_and_who_stands_in_after_it(watching: Watching) -> None:
    for typed in "1230":
        watching.press(typed)
    watching.press("go")
    assert any("took over" in line for line in lines(watching))
    watching.press("page on")
    assert any("is played by a bot" in line for line in lines(watching))
    watching.press("begin")
    assert not any("bot" in line.replace("b?[2Job", "") for line in lines(watching))


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (20, 5), (200, 60)])
def test_it_fits_the_terminal_and_no_name_steers_it(watching: Watching, size: tuple[int, int]) -> None:
    watching.press("5")
    found = lines(watching, size)
    assert len(found) >= 5
    if size[1] >= 24:
        assert "ann" in found[0] and "go to 5_" in found[-1] and f"0 of {FRAMES}" in found[-3]


def test_a_game_that_cannot_follow_stops_it_with_a_sentence(data: bytes) -> None:
    class Fails(Pong):
        def step(self, actions: Any) -> None:
            raise ZeroDivisionError("no")

    replay = Replay.open(io.BytesIO(data))
    watching = Watching(replay, replay.play(game=Fails()), replay_values(replay))
    watching.advance(1)
    assert watching.is_paused and any("cannot be played from frame 0 on" in line for line in lines(watching, (120, 30)))


async def test_on_a_terminal_keys_are_heeded_and_it_is_given_back(watching: Watching) -> None:
    import termios

    there, here = os.openpty()
    try:
        before = termios.tcgetattr(here)
        screen = LookedAt(100, 30)
        task = asyncio.ensure_future(watch(watching, here, screen))
        async with asyncio.timeout(30):
            while not screen.written:
                await asyncio.sleep(0)
            os.write(there, b" 50%")
            while frame_of(watching) != FRAMES // 2 or not any(f"{FRAMES // 2} of" in line for line in screen.lines):
                await asyncio.sleep(0)
            os.write(there, b"q")
            await task
        assert watching.is_paused and termios.tcgetattr(here) == before
    finally:
        os.close(there)
        os.close(here)
