"""The messages a page may send, checked before python-socketio sees them. Knows their form; knows no command.

The library trusts its clients: an event called `disconnect` runs the server's own handler, and a message it cannot decode
leaves its tasks behind. What passes here are Engine.IO's `1` and `3`, and Socket.IO's `40` connect, `41` disconnect,
`42<id>[event, ...]` and `43<id>[...]`, the answer to an event; no attachments, and no other namespaces.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

__all__ = ["FrameCheck"]

DEEPEST: Final = 8  # levels; commands need two
LONGEST: Final = 30  # digits; the library's own reader gives up at some hundred
RESERVED: Final = ("connect", "connect_error", "disconnect", "*")
_FORM: Final = re.compile(r"4(?:0(?=$|\{)|2[0-9]{0,9}(?=\[)|3[0-9]{1,9}(?=\[))")


class FrameCheck:
    """Checks the messages of one connection, in their order.

    Args:
        largest: Bytes of a message.
    """

    __slots__ = ("_is_connected", "_largest")

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._is_connected = False

    def is_fine(self, message: str | bytes) -> bool:
        """Tell whether the message may pass; after a False the connection is to be ended."""
        if not isinstance(message, str) or len(message) > self._largest:
            return False
        if message in ("1", "3", "41"):
            return True
        form = _FORM.match(message)
        if form is None:
            return False
        payload = message[form.end() :]
        if form[0] == "40":
            is_fine = not self._is_connected and (not payload or _is_plain(_read(payload)))
            self._is_connected = True
            return is_fine
        arguments = _read(payload)
        if not self._is_connected or not isinstance(arguments, list) or not _is_plain(arguments):
            return False
        if form[0].startswith("43"):
            return True
        return len(arguments) in (1, 2) and isinstance(arguments[0], str) and arguments[0] not in RESERVED


def _refuse(constant: str) -> Any:
    raise ValueError(constant)  # NaN: Python reads it, other languages do not


def _whole(digits: str) -> int:
    if len(digits) > LONGEST:
        raise ValueError(digits)
    return int(digits)


def _read(text: str) -> Any:
    """Return what the JSON says, None where it is none."""
    try:
        return json.loads(text, parse_constant=_refuse, parse_int=_whole)
    except (ValueError, RecursionError):
        return None


def _is_plain(value: Any) -> bool:
    """Tell whether a value is there and shallow enough."""
    if value is None:
        return False
    level = [value]
    for _ in range(DEEPEST):
        below: list[Any] = []
        for each in level:
            below.extend(each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
        if not below:
            return True
        level = below
    return False
