"""The messages a client may send, checked before python-socketio sees them. Knows their form; knows no events' meaning.

The library trusts its clients more than a public server can: an event called `disconnect` runs the server's own
handler, a placeholder may point at an attachment that is not there, NaN travels on to browsers that cannot read it, and
a message it cannot decode leaves its tasks behind. What passes here is what an honest client sends, and none of that.

Forms, with Engine.IO's and Socket.IO's type digits: `1` close, `3` pong, `40` connect, `41` disconnect,
`42<id>[event, ...]`, and `451-<id>[event, ...]` followed by one binary message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any, Final

__all__ = ["FrameCheck"]

DEEPEST: Final = 32  # levels of lists and mappings; signals need three
_FORM: Final = re.compile(r"4(?:(?P<connect>0)(?=$|\{)|2(?P<plain>[0-9]{0,9})(?=\[)|51-(?P<binary>[0-9]{0,9})(?=\[))")


class FrameCheck:
    """Checks the messages of one connection, in their order.

    Args:
        events: The names a client may use.
        largest_binary: Bytes of a binary message.
    """

    __slots__ = ("_connected", "_events", "_largest_binary", "_wants_binary")

    def __init__(self, events: Collection[str], largest_binary: int) -> None:
        self._events = events
        self._largest_binary = largest_binary
        self._connected = False
        self._wants_binary = False

    def is_fine(self, message: str | bytes) -> bool:
        """Tell whether the message may pass; after a False the connection is to be ended."""
        if isinstance(message, bytes):
            fine = self._wants_binary and len(message) <= self._largest_binary
            self._wants_binary = False
            return fine
        if self._wants_binary:
            return False
        if message in ("1", "3", "41"):
            return True
        form = _FORM.match(message)
        if form is None:
            return False
        payload = message[form.end() :]
        if form["connect"]:
            fine = not self._connected and (not payload or _is_plain(_read(payload), attachments=0))
            self._connected = True
            return fine
        self._wants_binary = form["binary"] is not None
        arguments = _read(payload)
        return (
            self._connected
            and isinstance(arguments, list)
            and len(arguments) > 0
            and isinstance(arguments[0], str)
            and arguments[0] in self._events
            and _is_plain(arguments, attachments=int(self._wants_binary))
        )


class _NotJson(ValueError):
    """Python reads it, other languages do not."""


def _refuse(constant: str) -> Any:
    raise _NotJson(constant)


def _read(text: str) -> Any:
    """Return what the JSON says, None where it is none."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _is_plain(value: Any, *, attachments: int) -> bool:
    """Tell whether a value is there, is shallow enough, and has placeholders only for attachments that exist."""
    if value is None:
        return False
    level = [value]
    for _ in range(DEEPEST):
        below: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                if attachments and "_placeholder" in each and not (type(each.get("num")) is int and each["num"] == 0):
                    return False
                below.extend(each.values())
            elif isinstance(each, list):
                below.extend(each)
        if not below:
            return True
        level = below
    return False
