"""What a page is told of an event: the sentence, and how it is meant. Knows events; posts nothing."""

from __future__ import annotations

from typing import Final, Literal

from rollback.net.transport import PathChanged
from rollback.netplay.telling.event_texts import sentence_of
from rollback.types import (
    DesyncFound,
    Event,
    Mismatch,
    PeerInterrupted,
    PeerJoined,
    PeerLeft,
    PeerLost,
    PeerResumed,
    Resumed,
    Resynced,
    Synchronized,
    VoteWanted,
)

__all__ = ["Kind", "news_of"]

Kind = Literal["info", "good", "warning", "error"]

_KINDS: Final[dict[type, Kind]] = {
    DesyncFound: "error",
    Mismatch: "error",
    PeerInterrupted: "warning",
    PeerJoined: "good",
    PeerLeft: "warning",
    PeerLost: "error",
    PeerResumed: "good",
    Resumed: "good",
    Resynced: "good",
    Synchronized: "good",
    VoteWanted: "warning",
}


def news_of(event: Event | PathChanged, *, watched: bool = False) -> tuple[str, Kind] | None:
    """Return the sentence about an event and its kind, None where there is nothing to tell.

    Args:
        event: The event.
        watched: Whether we only watch: who is ready then is who shows us the match.
    """
    if isinstance(event, PathChanged):
        return sentence_of(event, flags=False), "warning" if event.path == "none" else "info"
    if watched and isinstance(event, Synchronized):
        return f"the match is shown by {event.peer}", "good"
    sentence = sentence_of(event, flags=False)
    return (sentence, _KINDS.get(type(event), "info")) if sentence else None
