"""What the keys mean to who watches a replay. Knows what terminals send for them; knows no replay."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["KEYS", "WatchKeys"]

KEYS: Final = "q quit  space pause  , . step  arrows 1 s, speed  pages 10 s  50% 600 enter go to"

_MEANINGS: Final = {
    b" ": "pause",
    b".": "next",
    b",": "previous",
    b"q": "quit",
    b"Q": "quit",
    b"\x04": "quit",
    b"+": "faster",
    b"-": "slower",
    b"\x1b[C": "forward",
    b"\x1b[D": "back",
    b"\x1b[A": "faster",
    b"\x1b[B": "slower",
    b"\x1b[H": "begin",
    b"\x1b[1~": "begin",
    b"\x1b[7~": "begin",
    b"\x1b[F": "end",
    b"\x1b[4~": "end",
    b"\x1b[8~": "end",
    b"\x1b[5~": "page back",
    b"\x1b[6~": "page on",
    b"%": "percent",
    b"\r": "go",
    b"\n": "go",
    b"g": "go",
    b"\x7f": "erase",
    b"\x08": "erase",
}
_KEY: Final = re.compile(rb"\x1b\[[0-9;:?<>=]{0,64}[@-~]|\x1bO[A-Za-z]|.", re.DOTALL)
_UNFINISHED: Final = re.compile(rb"\x1b(\[[0-9;:?<>=]{0,64}|O)?\Z")


class WatchKeys:
    """Turns the bytes of a terminal into what is to be done; a sequence may come in pieces."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """Return the commands in `data`: a word each, or a digit; keys without a meaning are left out."""
        data, self._rest = self._rest + data, b""
        if found := _UNFINISHED.search(data):
            data, self._rest = data[: found.start()], found[0]
        commands = []
        for key in _KEY.findall(data):
            key = b"\x1b[" + key[2:] if key.startswith(b"\x1bO") else key  # arrows and home in application mode
            if key.isdigit():
                commands.append(key.decode("ascii"))
            elif key in _MEANINGS:
                commands.append(_MEANINGS[key])
        return commands
