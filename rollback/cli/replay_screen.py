"""A replay on a terminal, until it is left. Knows the terminal and the time; knows no replay from inside."""

from __future__ import annotations

import asyncio
import os
from typing import Final, TextIO

from rollback.cli.keyboard import Keyboard
from rollback.cli.palette import Palette
from rollback.cli.replay_keys import WatchKeys
from rollback.cli.replay_watch import Watching
from rollback.cli.screen import Screen

__all__ = ["watch"]

PERIOD: Final = 1 / 30  # seconds between two pictures


async def watch(watching: Watching, keys: int, stream: TextIO) -> None:
    """Show a replay and heed the keys, until it is left or the terminal is gone.

    Args:
        watching: What is watched.
        keys: The file descriptor of the terminal's keyboard.
        stream: The terminal.
    """
    loop, codes, pressed = asyncio.get_running_loop(), WatchKeys(), asyncio.Event()

    def read() -> None:
        try:
            data = os.read(keys, 4096)
        except OSError:
            data = b""
        if not data:  # the terminal is gone
            loop.remove_reader(keys)
            watching.is_done = True
        for command in codes.feed(data):
            watching.press(command)
        pressed.set()

    screen, palette = Screen(stream), Palette.of(stream)
    with Keyboard(keys):
        loop.add_reader(keys, read)  # in place of the keyboard's own reader, which looks for held keys
        try:
            last = loop.time()
            while not watching.is_done:
                screen.show(watching.lines(screen.size, palette))
                pressed.clear()
                try:
                    await asyncio.wait_for(pressed.wait(), PERIOD)
                except TimeoutError:
                    pass
                now = loop.time()
                watching.advance(now - last)
                last = now
        finally:
            screen.close()
