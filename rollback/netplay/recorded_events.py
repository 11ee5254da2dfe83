"""Which events of a session a replay tells, and before which frame each of them happened. Knows events; writes nothing."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final, NamedTuple

from rollback.types import (
    Cut,
    DesyncFound,
    Event,
    Mismatch,
    Paused,
    PeerJoined,
    PeerLeft,
    PeerLost,
    Resumed,
    Resynced,
    TookOver,
)

__all__ = ["EventLog", "Noted"]

KINDS: Final[dict[type, str]] = {
    Cut: "cut",
    DesyncFound: "desync",
    Mismatch: "mismatch",
    Paused: "paused",
    PeerJoined: "peer joined",
    PeerLeft: "peer left",
    PeerLost: "peer lost",
    Resumed: "resumed",
    Resynced: "resynced",
    TookOver: "took over",
}  # the events that tell how a match went; a peer that is silent for a moment is no part of it
TEXT: Final = 500  # characters of a text in an event: enough for a sentence
LIST: Final = 32  # entries of a list in an event


class Noted(NamedTuple):
    """An event as a replay tells it."""

    frame: int
    kind: str
    data: dict[str, Any]


class EventLog:
    """Turns events into what a replay tells; remembers from where on lost players do nothing."""

    def __init__(self) -> None:
        self._idle_from: dict[int, int] = {}

    def note(self, event: Event, now: int) -> Noted | None:
        """Return what to record of an event, None if it is none of those.

        Args:
            event: What the session told.
            now: The frame that is due in the recording, for events that say none.
        """
        kind = KINDS.get(type(event))
        if kind is None:
            return None
        return Noted(self._frame(event, now), kind, {entry.name: _plain(getattr(event, entry.name)) for entry in fields(event)})

    def _frame(self, event: Event, now: int) -> int:
        match event:
            case Cut(players, last, _):
                self._idle_from.update(dict.fromkeys(players, last + 1))
                return last + 1
            case PeerJoined(_, players, frame):
                for player in players:
                    self._idle_from.pop(player, None)
                return frame
            case TookOver(player, _):
                return self._idle_from.get(player, now)
            case DesyncFound(frame=frame) | Resynced(frame=frame):
                return frame
        return now


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [each if isinstance(each, int) else str(each)[:TEXT] for each in value[:LIST]]
    return value if value is None or isinstance(value, int) else str(value)[:TEXT]
