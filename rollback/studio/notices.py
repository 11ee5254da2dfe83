"""What happened to the runs that somebody would want to know who was away. Knows the words of events; knows no page."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["Notices"]

MOST: Final = 50  # newest ones that are told
# Of which events, and what of each is kept; a checkpoint that was saved by itself is none.
KEPT: Final[Mapping[str, tuple[str, ...]]] = {
    "complete": ("run", "episode"),
    "error": ("run", "message"),
    "save_complete": ("run", "name", "names", "episode", "by_hand"),
    "load_complete": ("run", "name", "episode"),
    "reset_complete": ("run", "aside"),
    "evaluated": ("run", "metrics"),
}


class Notices:
    """The newest notices of a studio, numbered from 1.

    Attributes:
        studio: A word that another start of the studio does not have: its numbers begin anew.
    """

    def __init__(self) -> None:
        self.studio = secrets.token_hex(8)
        self._newest: deque[dict[str, Any]] = deque(maxlen=MOST)
        self._number = 0

    def noted(self, event: str, payload: dict[str, Any], at: float) -> dict[str, Any]:
        """Return the payload of an event, with the number of the notice where it is one: who has seen that needs no other.

        Args:
            event: Its name.
            payload: What is told.
            at: When, in seconds since 1970.
        """
        kept = KEPT.get(event)
        if kept is None or (event == "save_complete" and not payload.get("by_hand")):
            return payload
        self._number += 1
        told = {name: payload[name] for name in kept if name in payload}
        self._newest.append({"number": self._number, "event": event, "at": at, "told": told})
        return {**payload, "notice": self._number}

    def told(self) -> dict[str, Any]:
        """Return the newest ones, the oldest of them first, as a page gets them that connects."""
        return {"studio": self.studio, "newest": list(self._newest)}
