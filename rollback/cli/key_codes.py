"""What a terminal sends for keys, turned into events. Knows escape sequences; knows no time and no file descriptor.

Besides the sequences all terminals have, it reads those of the kitty keyboard protocol, which tells releases:
https://sw.kovidgoyal.net/kitty/keyboard-protocol/
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["ASK_FOR_RELEASES", "LEAVE_RELEASES", "TAKE_RELEASES", "KeyCodes", "KeyEvent"]

ASK_FOR_RELEASES: Final = "\x1b[?u"  # a terminal that knows the protocol answers; all others ignore it
TAKE_RELEASES: Final = "\x1b[>11u\x1b[?1004h"  # all keys as sequences, with their releases; and tell a lost focus
LEAVE_RELEASES: Final = "\x1b[?1004l\x1b[<u"

_CSI: Final = re.compile(rb"\x1b\[([0-9;:?<>=]{0,64})([@-~])")
_UNFINISHED: Final = re.compile(rb"\x1b(\[[0-9;:?<>=]{0,64}|O)?\Z")
_ARROWS: Final = {b"A": "up", b"B": "down", b"C": "right", b"D": "left"}
_NAMES: Final = {9: "tab", 10: "enter", 13: "enter", 27: "escape", 32: "space", 127: "backspace", 8: "backspace"}
_CONTROL: Final = 4  # in the protocol's modifiers, which are sent plus one
_RELEASED: Final = 3


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """A key, or news of the terminal.

    Attributes:
        kind: `press` (and repeat), `release`, `interrupt` (Ctrl-C as a sequence), `blur` (the focus is elsewhere) or
            `protocol` (the terminal can tell releases).
        key: The key's name: a lower-case letter, `up`, `down`, `left`, `right`, `space`, `enter`, ...
        is_told_release: Whether a release will follow.
    """

    kind: Literal["press", "release", "interrupt", "blur", "protocol"]
    key: str = ""
    is_told_release: bool = False


class KeyCodes:
    """Turns bytes into events; a sequence may come in pieces."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[KeyEvent]:
        """Return the events in `data`, of which the last bytes may be kept for the next call."""
        data, self._rest = self._rest + data, b""
        events: list[KeyEvent] = []
        place = 0
        while place < len(data):
            byte = data[place]
            if byte != 0x1B:
                events += _plain_key(byte)
                place += 1
            elif match := _CSI.match(data, place):
                events += _sequence(match[1], match[2])
                place = match.end()
            elif data[place + 1 : place + 2] == b"O" and len(data) > place + 2:
                if key := _ARROWS.get(data[place + 2 : place + 3]):  # arrows in application mode
                    events.append(KeyEvent("press", key))
                place += 3
            elif _UNFINISHED.match(data, place):
                self._rest = data[place:]
                break
            else:
                place += 1  # escape itself, or alt with the key that follows
        return events


def _plain_key(byte: int) -> list[KeyEvent]:
    if byte in _NAMES:
        return [KeyEvent("press", _NAMES[byte])]
    if byte == 3:
        return [KeyEvent("interrupt")]
    return [KeyEvent("press", chr(byte).lower())] if 32 < byte < 127 else []


def _sequence(parameters: bytes, final: bytes) -> list[KeyEvent]:
    if final == b"O" and not parameters:
        return [KeyEvent("blur")]
    if final == b"u" and parameters.startswith(b"?"):
        return [KeyEvent("protocol")]
    try:
        fields = [[int(part or b"0") for part in field.split(b":")] for field in parameters.split(b";")]
    except ValueError:
        return []
    modifiers = fields[1] if len(fields) > 1 else [1]
    is_told_release = final == b"u" or len(modifiers) > 1
    if final in _ARROWS:
        key = _ARROWS[final]
    elif final == b"u" and 0 < fields[0][0] < 0xE000:
        code = fields[0][0]
        if code == ord("c") and modifiers[0] - 1 & _CONTROL:
            return [KeyEvent("interrupt")]
        key = _NAMES.get(code) or chr(code).lower()
    else:
        return []
    if len(modifiers) > 1 and modifiers[1] == _RELEASED:
        return [KeyEvent("release", key)]
    return [KeyEvent("press", key, is_told_release)]
