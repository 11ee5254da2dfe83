"""A block of lines at the bottom of a terminal, repainted in place. Knows escape sequences; knows no layout.

Only lines that changed are written, and all of a picture in one write between the marks of a synchronized update, so
that nothing flickers; what was on the screen before stays above, and the last picture stays behind.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from typing import Final, TextIO

__all__ = ["Screen"]

_BEGIN: Final = "\x1b[?2026h"  # terminals that do not know it ignore it
_END: Final = "\x1b[?2026l"
_HIDE: Final = "\x1b[?25l"
_SHOW: Final = "\x1b[?25h"
_WIPE: Final = "\x1b[2J\x1b[H"
_SMALLEST: Final = (20, 5)


class Screen:
    """Shows a block of lines, and repaints what changed.

    Args:
        stream: The terminal. Nothing else may write to it until `close`.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: list[str] = []
        self._size = (0, 0)
        self._is_shown = False
        self._is_gone = False

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows a block may have, one less each than the terminal: the last cell of a line would wrap."""
        try:
            columns, rows = os.get_terminal_size(self._stream.fileno())
        except (OSError, ValueError):
            columns, rows = 80, 24
        if columns == 0 or rows == 0:  # a terminal that was never told its size
            columns, rows = 80, 24
        return max(_SMALLEST[0], columns - 1), max(_SMALLEST[1], rows - 1)

    def show(self, lines: Sequence[str]) -> None:
        """Paint the block; every line must be at most `size[0]` cells wide."""
        size = self.size
        lines = list(lines[: size[1]])
        parts = [_BEGIN]
        if self._is_shown and size != self._size:  # what a resized terminal made of the old lines is anybody's guess
            parts.append(_WIPE)
            self._lines = []
        elif self._lines:
            parts.append(f"\x1b[{len(self._lines)}A\r")
        else:
            parts.append(_HIDE)
        for place, line in enumerate(lines):
            is_known = place < len(self._lines) and self._lines[place] == line
            parts.append("\r\n" if is_known else f"\r{line}\x1b[K\r\n")
        if len(lines) < len(self._lines):
            parts.append("\x1b[J")
        parts.append(_END)
        self._write("".join(parts))
        self._lines, self._size, self._is_shown = lines, size, True

    def send(self, sequence: str) -> None:
        """Write a sequence that moves nothing on the screen."""
        self._write(sequence)

    def close(self) -> None:
        """Leave the last picture, with the cursor in the line below it."""
        if self._is_shown:
            self._write(_SHOW)
            self._is_shown = False

    def _write(self, text: str) -> None:
        if self._is_gone:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # the terminal was closed: the match is what matters
            self._is_gone = True
            with contextlib.suppress(OSError, ValueError):
                self._stream.flush()
