"""A terminal's keyboard in raw mode, and back to what it was whatever happens. Knows no game.

The only place that knows termios.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import signal
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self

from rollback.cli.held_keys import HeldKeys
from rollback.cli.key_codes import ASK_FOR_RELEASES, LEAVE_RELEASES, TAKE_RELEASES, KeyCodes, KeyEvent
from rollback.errors import UsageError

__all__ = ["Keyboard", "require_terminal"]

_OFF: Final = b"\0"  # no key, as POSIX has it


def require_terminal(what: str, instead: str) -> None:
    """Refuse in one sentence where there is no keyboard to read.

    Args:
        what: What needs it.
        instead: What to do without one.

    Raises:
        UsageError: Standard input is no terminal, or the system has none that could be read key by key.
    """
    try:
        import termios  # noqa: F401  (asks only whether the system has it)
    except ImportError:
        raise UsageError(f"{what} needs a terminal that can be read key by key, this system has none: {instead}") from None
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(f"{what} needs a terminal, and standard input is none: {instead}")


class Keyboard:
    """The keyboard of the terminal, for the length of a `with` block inside an event loop.

    Lines are not waited for and not echoed; Ctrl-C still interrupts, Ctrl-Z does nothing, since a stopped peer is lost.

    Args:
        fd: The terminal.
        write: Takes what is sent to the terminal; without it, nothing is, and releases are guessed.
    """

    def __init__(self, fd: int | None = None, write: Callable[[str], Any] | None = None) -> None:
        self._fd = sys.stdin.fileno() if fd is None else fd
        self._write = write
        self._codes = KeyCodes()
        self._keys = HeldKeys()
        self._before: list[Any] | None = None
        self._is_protocol_taken = False

    def held(self) -> frozenset[str]:
        """Return the names of the keys that count as held now."""
        return self._keys.held(now=asyncio.get_running_loop().time())

    def __enter__(self) -> Self:
        """Take the terminal."""
        import termios

        self._before = termios.tcgetattr(self._fd)
        mode = termios.tcgetattr(self._fd)
        mode[3] &= ~(termios.ICANON | termios.ECHO)
        mode[6][termios.VSUSP] = _OFF
        mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
        atexit.register(self.restore)
        termios.tcsetattr(self._fd, termios.TCSADRAIN, mode)
        asyncio.get_running_loop().add_reader(self._fd, self._read)
        self._send(ASK_FOR_RELEASES)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Give the terminal back."""
        asyncio.get_running_loop().remove_reader(self._fd)
        self.restore()

    def restore(self) -> None:
        """Give the terminal back as it was taken; further calls do nothing."""
        import termios

        if self._before is None:
            return
        before, self._before = self._before, None
        atexit.unregister(self.restore)
        if self._is_protocol_taken:
            self._send(LEAVE_RELEASES)
        with contextlib.suppress(termios.error, OSError):  # the terminal may be gone
            # What is still typed belongs to the match, not to the shell.
            termios.tcsetattr(self._fd, termios.TCSAFLUSH, before)

    def _read(self) -> None:
        try:
            data = os.read(self._fd, 4096)
        except OSError:
            data = b""
        if not data:  # the terminal is gone
            asyncio.get_running_loop().remove_reader(self._fd)
            self._keys.release_all()
            return
        for event in self._codes.feed(data):
            self._take(event)

    def _take(self, event: KeyEvent) -> None:
        match event.kind:
            case "press":
                now = asyncio.get_running_loop().time()
                self._keys.press(event.key, now=now, is_told_release=event.is_told_release)
            case "release":
                self._keys.release(event.key)
            case "blur":
                self._keys.release_all()
            case "interrupt":
                os.kill(os.getpid(), signal.SIGINT)
            case "protocol":
                self._is_protocol_taken = True
                self._send(TAKE_RELEASES)

    def _send(self, sequence: str) -> None:
        if self._write is not None:
            with contextlib.suppress(OSError, ValueError):
                self._write(sequence)
