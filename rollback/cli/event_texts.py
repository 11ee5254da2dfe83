"""What happened in a match, in sentences for the people in it. Knows events; shows nothing."""

from __future__ import annotations

from rollback.net.transport import PathChanged
from rollback.types import (
    Cut,
    DesyncFound,
    Ended,
    Event,
    Mismatch,
    Paused,
    PeerInterrupted,
    PeerJoined,
    PeerLeft,
    PeerLost,
    PeerResumed,
    Resumed,
    Resynced,
    Synchronized,
    TookOver,
)

__all__ = ["sentence_of"]

_WAYS = {"webrtc": "directly", "relay": "through the lobby"}


def sentence_of(event: Event | PathChanged) -> str:
    """Return the sentence about an event; empty where there is nothing to tell."""
    match event:
        case PathChanged(peer, path, reason):
            way = _WAYS.get(path)
            told = f"{peer} is reached {way}" if way else f"{peer} cannot be reached now"
            return f"{told}: {reason}" if reason else told
        case Synchronized(peer):
            return f"{peer} is ready"
        case Mismatch(peer, field, ours, theirs):
            return f"{peer} cannot play with us: {field} is {ours!r} here and {theirs!r} there; {event.mend}"
        case PeerInterrupted(peer):
            return f"nothing is heard of {peer}"
        case PeerResumed(peer):
            return f"{peer} is heard again"
        case PeerLost(peer, _, reason):
            return f"{peer} is lost: {reason}"
        case PeerLeft(peer, _, reason):
            return (
                "" if reason == "ended" else f"{peer} left: {reason}" if reason not in ("", "left") else f"{peer} left"
            )
        case PeerJoined(peer, _, frame):
            return f"{peer} plays from frame {frame} on"
        case Cut(players, frame, _):
            named = ", ".join(str(player + 1) for player in players)
            return f"player {named} stands idle after frame {frame}"
        case TookOver(player, by):
            return f"{by or 'this side'} plays on for player {player + 1}"
        case Paused(peer, reason):
            return f"{peer or 'this side'} asked everybody to wait: {reason}"
        case Resumed(peer):
            return f"{peer or 'this side'} goes on"
        case DesyncFound(frame, peer):
            return f"the states of frame {frame} differ from those of {peer}"
        case Resynced(frame):
            return f"both sides took over one state at frame {frame}"
        case Ended():
            return ""
