"""A native player is told what a page tells: that the line to the lobby takes too little, now and then."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rollback.cli import play_match
from rollback.cli.match_settings import MatchSettings
from rollback.cli.play_line import SAY_EVERY, SlowLine
from rollback.games import Pong
from rollback.types import Ended, SessionStats


def test_nothing_is_said_of_a_line_that_takes_all() -> None:
    line = SlowLine(7)
    assert [line.news(7, now=now) for now in (0.0, 20.0)] == ["", ""], "what an earlier match lost is not this one's"


def test_what_is_dropped_is_said_at_once_and_then_in_ten_seconds_all_of_it() -> None:
    line = SlowLine(7)
    assert line.news(8, now=100.0) == "the line through the lobby is too slow: 1 datagram dropped"
    assert [line.news(8 + tenth, now=100.0 + tenth / 10) for tenth in range(1, 100)] == [""] * 99
    assert line.news(120, now=100.0 + SAY_EVERY) == "the line through the lobby is too slow: 113 datagrams dropped"
    assert line.news(120, now=200.0) == ""


def test_what_was_dropped_meanwhile_is_not_forgotten() -> None:
    line = SlowLine()
    assert line.news(1, now=0.0) and not line.news(5, now=1.0)
    assert "5 datagrams" in line.news(5, now=11.0)


async def test_who_plays_at_a_terminal_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lobby = SimpleNamespace(dropped=2, is_late=True, match=1, room="K7QW-3MZP", me=SimpleNamespace(seat=0))
    told: list[str] = []
    hands: Any = SimpleNamespace(
        act=None, closed=None, controller="bot", tell=told.append, frame=lambda session, tick: told.append("a frame")
    )

    async def play(*_: Any, on_frame: Any, **__: Any) -> Any:
        for dropped in (2, 5, 6):
            lobby.dropped = dropped
            on_frame(None, SimpleNamespace(frame=1))
        return SimpleNamespace(frames=0, stats=SessionStats(0, 0, 0, 0, {}, 0, 0, 0, {}), ended=Ended("over", 0))

    monkeypatch.setattr(play_match, "play", play)
    seat: Any = play_match.Seat(
        server="http://127.0.0.1:1", room=None, name="ann", game="pong", look="bot", bot="best", replay=tmp_path / "a.rbr"
    )
    await play_match._play(seat, MatchSettings(game="pong"), lobby, Pong(), "pong", hands)  # type: ignore[arg-type]
    assert told == ["a frame", "the line through the lobby is too slow: 3 datagrams dropped", "a frame", "a frame"]
