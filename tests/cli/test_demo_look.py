"""A demo is followed by a few lines in a log, or by a picture on a terminal."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from rollback.cli.demo_look import NEWS_FOR, Lines, Picture
from rollback.cli.demo_match import DemoMatch
from rollback.cli.field import picture_of
from rollback.cli.match_settings import MatchSettings
from rollback.games import Pong
from tests.cli.terminal import LookedAt


def match(frames: int = 100) -> DemoMatch:
    settings = MatchSettings(game="pong", frames=frames)
    return DemoMatch(settings, Path("/tmp/none.rbr"), by_hand=False, wants_pictures=True)


def played(made: DemoMatch, frame: int, rollbacks: int = 3) -> None:
    values: dict[str, Any] = {
        "rollbacks": rollbacks,
        "rtt_ms": 124.0,
        "quality": "good",
        "frames_ahead": 0.0,
        "loss": 0.0,
        "mean_depth": 1.0,
        "max_depth": 2,
        "stalls": 0,
        "kbps_out": 4.0,
    }
    for peer in made.peers:
        peer.frame, peer.stats, peer.picture = frame, values, picture_of(Pong())


def test_a_log_has_a_line_for_each_quarter_and_each_piece_of_news(capsys: pytest.CaptureFixture[str]) -> None:
    made = match()
    look = Lines(made)
    made.news.append("peer-1: peer-2 is ready")
    for frame in range(101):
        played(made, frame)
        look()
    made.news.append("the last one")
    look.finish()
    look.finish()
    assert capsys.readouterr().err.splitlines() == [
        "peer-1: peer-2 is ready",
        "25 of 100 frames, 6 rollbacks, round trip 124 ms",
        "50 of 100 frames, 6 rollbacks, round trip 124 ms",
        "75 of 100 frames, 6 rollbacks, round trip 124 ms",
        "100 of 100 frames, 6 rollbacks, round trip 124 ms",
        "the last one",
    ]


def test_the_slower_peer_counts_for_the_progress(capsys: pytest.CaptureFixture[str]) -> None:
    made = match()
    look = Lines(made)
    played(made, 60)
    made.peers[1].frame = 20
    look()
    assert capsys.readouterr().err == ""


def test_a_picture_is_painted_and_the_clock_starts_with_the_first_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [50.0]
    screen = LookedAt(120, 32)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr("rollback.cli.screen.os.get_terminal_size", lambda fd: (120, 32))
    monkeypatch.setattr("rollback.cli.demo_look.time.monotonic", lambda: now[0])
    monkeypatch.setattr(LookedAt, "fileno", lambda self: 2)
    made = match()
    with ExitStack() as stack:
        look = Picture(made, stack, Pong())
        look()
        assert "0 of 100 frames  0:00" in "\n".join(screen.lines)
        now[0] += 30
        played(made, 10)
        look()
        now[0] += 65
        played(made, 90)
        look.finish()
        assert "90 of 100 frames  1:05" in "\n".join(screen.lines)
        assert screen.screen.cursor.hidden
    assert not screen.screen.cursor.hidden


def test_news_is_shown_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [50.0]
    screen = LookedAt(80, 24)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr("rollback.cli.demo_look.time.monotonic", lambda: now[0])
    made = match()
    with ExitStack() as stack:
        look = Picture(made, stack, Pong())
        made.news.append("peer-1: peer-2 is ready")
        look()
        assert screen.lines[-6:] != [""] * 6
        assert any("peer-2 is ready" in line for line in screen.lines)
        now[0] += NEWS_FOR + 0.1
        look()
        assert not any("peer-2 is ready" in line for line in screen.lines)
        made.news.append("peer-1: peer-2 is silent")
        look()
        assert any("peer-2 is silent" in line for line in screen.lines)


def test_the_keys_go_to_the_first_peer_only_when_they_change() -> None:
    told: list[Any] = []

    class Child:
        def tell(self, message: Any) -> None:
            told.append(message)

    made = match()
    made.press(frozenset({"up"}))
    assert told == []  # nobody is there yet
    made._children = [Child(), Child()]  # type: ignore[list-item]
    for keys in ({"up"}, {"up"}, {"up", "a"}, set()):
        made.press(frozenset(keys))
    assert told == [{"keys": ["up"]}, {"keys": ["a", "up"]}, {"keys": []}]
