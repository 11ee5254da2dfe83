"""Bots, keys and windows all act for a player; what happens is shown where it can be seen."""

from __future__ import annotations

import asyncio
import os
import pty
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from rollback.cli.play_hands import BotHands, TerminalHands, WindowHands
from rollback.envs.names import game_factory
from rollback.errors import UsageError
from rollback.games import Duel, Pong
from rollback.netplay import WAIT
from rollback.types import PeerStats, SessionStats
from tests.cli.terminal import LookedAt


class Played:
    """As much of a session as is looked at."""

    def __init__(self) -> None:
        self.game = Pong()
        self.asked = 0

    def stats(self) -> SessionStats:
        self.asked += 1
        line = PeerStats(0.124, 0.01, 0.05, 1.0, 2.0, 0.4, 0, "good", "fine")
        return SessionStats(90, 12, 30, 1, {2: 12}, 89, 89, 88, {}, {"bob": line})


def tick(reason: str = "running") -> Any:
    return SimpleNamespace(frame=90, reason=reason)


class Keyless:
    players = 2

    def step(self, actions: Any) -> None: ...

    def save(self) -> int:
        return 0

    def load(self, state: int) -> None: ...


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, LookedAt]]:
    """A keyboard to type on, and a screen to look at."""
    outside, inside = pty.openpty()
    screen = LookedAt(80, 24)
    with open(inside, closefd=False) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr("rollback.cli.play_hands.sys", SimpleNamespace(stderr=screen))
        yield outside, screen
    os.close(outside)
    os.close(inside)


async def test_a_bot_plays_and_says_what_happens(capsys: pytest.CaptureFixture[str]) -> None:
    async with BotHands("best", Pong(), 0, 0) as hands:
        assert hands.controller == "bot"
        assert hands.act(Pong(), 0) in [(False, False), (True, False), (False, True)]
        hands.frame(Played(), tick())  # type: ignore[arg-type]
        hands.tell("bob is ready")
        assert not hands.closed.is_set()
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "bob is ready\n")


async def test_an_unknown_bot_is_refused() -> None:
    with pytest.raises(UsageError, match="there is no bot called 'worst'"):
        BotHands("worst", Pong(), 0, 0)


async def test_keys_at_the_terminal_become_actions(terminal: tuple[int, LookedAt]) -> None:
    outside, _ = terminal
    async with TerminalHands(Pong(), 0, "pong") as hands:
        assert hands.controller == "human"
        assert hands.act(Pong(), 0) == (False, False)
        os.write(outside, b"s")
        async with asyncio.timeout(10):
            while hands.act(Pong(), 0) != (False, True):
                await asyncio.sleep(0)


async def test_the_terminal_shows_the_match_and_its_news(terminal: tuple[int, LookedAt]) -> None:
    _, screen = terminal
    async with TerminalHands(Pong(), 0, "pong  room K7QW-3MZP") as hands:
        hands.path = "relay"
        hands.frame(Played(), tick())  # type: ignore[arg-type]
        assert "room K7QW-3MZP" in "\n".join(screen.lines)
        for said in ("P1  0", "124 ms", "relay", "↑/w up", "Ctrl-C leaves"):
            assert said in "\n".join(screen.lines), said
        hands.tell("bob is silent")
        hands.frame(Played(), tick("ended"))  # type: ignore[arg-type]
        assert "bob is silent" in "\n".join(screen.lines)
    assert not screen.screen.cursor.hidden


async def test_before_the_match_the_terminal_shows_sentences(terminal: tuple[int, LookedAt]) -> None:
    _, screen = terminal
    async with TerminalHands(Pong(), 0, "pong") as hands:
        hands.tell("Room K7QW-3MZP: waiting")
        hands.frame(Played(), tick("synchronizing"))  # type: ignore[arg-type]
        assert screen.lines[0] == "Room K7QW-3MZP: waiting"
        assert not any(screen.lines[1:])


async def test_the_terminal_is_painted_seldom_and_the_counters_are_asked_even_less(
    terminal: tuple[int, LookedAt], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, screen = terminal
    played, now = Played(), [100.0]
    monkeypatch.setattr("rollback.cli.play_hands.time.monotonic", lambda: now[0])
    async with TerminalHands(Pong(), 0, "pong") as hands:
        screen.written.clear()
        for _ in range(120):  # two seconds of frames
            hands.frame(played, tick())  # type: ignore[arg-type]
            now[0] += 1 / 60
    pictures = sum("\x1b[?2026h" in text for text in screen.written)
    assert 25 <= pictures <= 41
    assert 3 <= played.asked <= 5


@pytest.mark.parametrize("hands", [TerminalHands, WindowHands])
async def test_a_game_without_keys_cannot_be_played_by_hand(hands: Any, terminal: tuple[int, LookedAt]) -> None:
    with pytest.raises(UsageError, match="Keyless cannot be played by hand"):
        hands(Keyless(), 0, "x")


async def test_a_window_gets_pictures_and_gives_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    async with WindowHands(Duel(), 1, "duel") as hands:
        link = hands._link
        assert link is not None
        async with asyncio.timeout(20):
            while not link._is_free:
                await asyncio.sleep(0)
        hands.frame(Played(), tick())  # type: ignore[arg-type]
        assert not link._is_free
        link._keys = frozenset({"j"})
        assert hands.act(Duel(), 1) == (False, False, True, False, False)
        assert not hands.closed.is_set()
        link.closed.set()
        async with asyncio.timeout(10):
            await hands.closed.wait()


async def test_a_window_that_is_not_open_holds_no_key(capsys: pytest.CaptureFixture[str]) -> None:
    hands = WindowHands(Pong(), 0, "pong")
    hands.frame(Played(), tick())  # type: ignore[arg-type]
    assert hands.act(Pong(), 0) == (False, False)
    hands.tell("bob is ready")
    assert capsys.readouterr().err == "bob is ready\n"


async def test_where_every_action_counts_a_press_is_a_step_and_all_wait_for_it(terminal: tuple[int, LookedAt]) -> None:
    outside, screen = terminal
    game = game_factory("gym:CartPole-v1")()
    async with TerminalHands(game, 0, "cart", by_turns=True) as hands:
        assert [hands.act(game, 0) for _ in range(3)] == [WAIT] * 3
        os.write(outside, b"1")
        async with asyncio.timeout(10):
            while (action := hands.act(game, 0)) is WAIT:
                await asyncio.sleep(0)
        assert action == 1
        assert hands.act(game, 0) is WAIT
        played = Played()
        played.game = game  # type: ignore[assignment]
        hands.frame(played, tick())  # type: ignore[arg-type]
        assert any("one press a step  your move" in line for line in screen.lines)
        assert not any("p pauses" in line for line in screen.lines)


async def test_chosen_keys_are_those_of_the_terminal_and_of_the_window(terminal: tuple[int, LookedAt]) -> None:
    outside, _ = terminal
    game = game_factory("gym:CartPole-v1")()
    window = WindowHands(game, 0, "cart", {"x": 1}, by_turns=True)
    assert window.act(game, 0) is WAIT
    window._link = SimpleNamespace(held=lambda: {"x"})  # type: ignore[assignment]
    assert window.act(game, 0) == 1
    async with TerminalHands(game, 0, "cart", {"x": 1}) as hands:
        assert hands.act(game, 0) == 0
        os.write(outside, b"x")
        async with asyncio.timeout(10):
            while hands.act(game, 0) != 1:
                await asyncio.sleep(0)
