"""A real pseudo terminal: keys arrive one by one, and the terminal is given back whatever happens."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import sys
import termios
from collections.abc import Iterator

import pytest

from rollback.cli.key_codes import ASK_FOR_RELEASES, LEAVE_RELEASES, TAKE_RELEASES
from rollback.cli.keyboard import Keyboard, require_terminal
from rollback.errors import UsageError


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    outside, inside = pty.openpty()
    yield outside, inside
    os.close(outside)
    os.close(inside)


async def until_held(keyboard: Keyboard, keys: set[str]) -> None:
    async with asyncio.timeout(10):
        while keyboard.held() != keys:
            await asyncio.sleep(0)


async def test_keys_are_heard_one_by_one_without_a_line_end(terminal: tuple[int, int]) -> None:
    outside, inside = terminal
    with Keyboard(inside) as keyboard:
        assert keyboard.held() == frozenset()
        os.write(outside, b"w")
        await until_held(keyboard, {"w"})
        os.write(outside, b"\x1b[B")
        await until_held(keyboard, {"w", "down"})


async def test_nothing_is_echoed(terminal: tuple[int, int]) -> None:
    outside, inside = terminal
    with Keyboard(inside) as keyboard:
        os.write(outside, b"w")
        await until_held(keyboard, {"w"})
        os.set_blocking(outside, False)
        with pytest.raises(BlockingIOError):
            os.read(outside, 10)


async def test_the_terminal_is_given_back_as_it_was(terminal: tuple[int, int]) -> None:
    _, inside = terminal
    before = termios.tcgetattr(inside)
    with Keyboard(inside):
        assert termios.tcgetattr(inside) != before
    assert termios.tcgetattr(inside) == before


async def test_the_terminal_is_given_back_when_something_raises(terminal: tuple[int, int]) -> None:
    _, inside = terminal
    before = termios.tcgetattr(inside)
    with pytest.raises(ZeroDivisionError), Keyboard(inside):
        raise ZeroDivisionError
    assert termios.tcgetattr(inside) == before


async def test_restoring_twice_is_harmless(terminal: tuple[int, int]) -> None:
    _, inside = terminal
    keyboard = Keyboard(inside)
    keyboard.restore()
    with keyboard:
        keyboard.restore()
        keyboard.restore()


async def test_ctrl_z_does_not_stop_a_peer_and_ctrl_c_still_interrupts(terminal: tuple[int, int]) -> None:
    _, inside = terminal
    with Keyboard(inside):
        mode = termios.tcgetattr(inside)
        assert mode[6][termios.VSUSP] == b"\x00"
        assert mode[3] & termios.ISIG


async def test_a_terminal_that_tells_releases_is_asked_for_them(terminal: tuple[int, int]) -> None:
    outside, inside = terminal
    written: list[str] = []
    with Keyboard(inside, write=written.append) as keyboard:
        assert written == [ASK_FOR_RELEASES]
        os.write(outside, b"\x1b[?0u\x1b[119;1:1u")
        await until_held(keyboard, {"w"})
        assert written[1:] == [TAKE_RELEASES]
        os.write(outside, b"\x1b[119;1:3u")
        await until_held(keyboard, set())
        os.write(outside, b"\x1b[119;1:1u")
        await until_held(keyboard, {"w"})
        os.write(outside, b"\x1b[O")
        await until_held(keyboard, set())
    assert written[2:] == [LEAVE_RELEASES]


async def test_a_terminal_that_does_not_answer_is_sent_nothing_more(terminal: tuple[int, int]) -> None:
    written: list[str] = []
    with Keyboard(terminal[1], write=written.append):
        pass
    assert written == [ASK_FOR_RELEASES]


async def test_ctrl_c_as_a_sequence_interrupts_too(terminal: tuple[int, int]) -> None:
    outside, inside = terminal
    heard = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, heard.set)
    try:
        with Keyboard(inside):
            os.write(outside, b"\x1b[99;5u")
            async with asyncio.timeout(10):
                await heard.wait()
    finally:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)


async def test_a_terminal_that_goes_away_is_no_trouble() -> None:
    outside, inside = pty.openpty()
    try:
        with Keyboard(inside) as keyboard:
            os.write(outside, b"\x1b[?0u\x1b[119;1:1u")
            await until_held(keyboard, {"w"})
            os.close(outside)
            await until_held(keyboard, set())
    finally:
        os.close(inside)


def test_without_a_terminal_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with open(os.devnull) as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        with pytest.raises(UsageError, match="this needs a terminal, and standard input is none: do that"):
            require_terminal("this", "do that")


def test_without_any_stdin_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UsageError, match="needs a terminal"):
        require_terminal("this", "do that")


def test_a_system_without_termios_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "termios", None)
    with pytest.raises(UsageError, match="this system has none: do that"):
        require_terminal("this", "do that")


def test_a_terminal_is_accepted(terminal: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    with open(terminal[1], closefd=False) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        require_terminal("this", "do that")
