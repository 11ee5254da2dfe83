"""A terminal to look at: takes what is written to it, and shows the screen as lines."""

from __future__ import annotations

import io

import pyte


class LookedAt(io.StringIO):
    """A stream whose other end is a screen of `columns` x `rows` cells."""

    def __init__(self, columns: int, rows: int) -> None:
        super().__init__()
        self.screen = pyte.HistoryScreen(columns, rows)
        self.screen.set_mode(pyte.modes.LNM)
        self._stream = pyte.Stream(self.screen)
        self.written: list[str] = []

    def write(self, text: str) -> int:
        self.written.append(text)
        self._stream.feed(text)
        return len(text)

    @property
    def lines(self) -> list[str]:
        """The screen, without blanks at the ends of lines."""
        return [line.rstrip() for line in self.screen.display]


class LookedAtTerminal(LookedAt):
    """One that says that it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True
