"""What happened in a match, in sentences for the people in it. Knows events; shows nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rollback.net.transport import PathChanged
from rollback.net.words import plain_words
from rollback.netplay.telling.sentences import with_flags
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
    VoteWanted,
)

__all__ = ["first_of", "sentence_of"]

_WAYS = {"webrtc": "directly", "relay": "through the lobby"}
_NAMED: Final = 3  # places named in a sentence; the bundle has all


def first_of(differences: Sequence[Any]) -> str:
    """Return the first places where two states differ, in a few words."""
    named = "; ".join(str(each) for each in differences[:_NAMED])
    more = len(differences) - _NAMED
    return f"{named}; and {more} more" if more > 0 else named


LONGEST = 2000  # characters of a sentence: a reason may hold the end of a traceback


def sentence_of(event: Event | PathChanged, *, flags: bool = True) -> str:
    """Return the sentence about an event; empty where there is nothing to tell.

    Peers may send anything as a reason: nothing of it steers the terminal.

    Args:
        event: The event.
        flags: Whether settings are called as on the command line.
    """
    return plain_words(_sentence_of(event, flags=flags), LONGEST)


def _sentence_of(event: Event | PathChanged, *, flags: bool) -> str:
    match event:
        case PathChanged(peer, path, reason):
            way = _WAYS.get(path)
            told = f"{peer} is reached {way}" if way else f"{peer} cannot be reached now"
            return f"{told}: {reason}" if reason else told
        case Synchronized(peer):
            return f"{peer} is ready"
        case Mismatch(peer, field, ours, theirs):
            told = f"{peer} cannot play with us: {field} is {ours!r} here and {theirs!r} there; {event.mend}"
            return with_flags(told) if flags else told
        case PeerInterrupted(peer):
            return f"nothing is heard of {peer}"
        case PeerResumed(peer):
            return f"{peer} is heard again"
        case PeerLost(peer, _, reason):
            return f"{peer} is lost: {reason}"
        case PeerLeft(peer, _, reason):
            return "" if reason == "ended" else f"{peer} left: {reason}" if reason not in ("", "left") else f"{peer} left"
        case VoteWanted():
            return "some of the others cannot be reached any more; the lobby is asked which side goes on"
        case PeerJoined(peer, _, frame):
            return f"{peer or 'this side'} plays from frame {frame} on"
        case Cut(players, frame, _):
            named = ", ".join(str(player + 1) for player in players)
            return f"player {named} stands idle after frame {frame}"
        case TookOver(player, by):
            return f"{by or 'this side'} plays on for player {player + 1}"
        case Paused(peer, reason):
            return f"{peer or 'this side'} asked everybody to wait{f': {reason}' if reason else ''}"
        case Resumed(peer):
            return f"{peer or 'this side'} goes on"
        case DesyncFound(frame, peer, differences, bundle):
            told = f"the state of frame {frame} differs from that of {peer}"
            told += f": {first_of(differences)}" if differences else ""
            return f"{told}; what is needed to look into it is in {bundle}" if bundle else told
        case Resynced(frame):
            return f"both sides took over one state at frame {frame}"
        case Ended():
            return ""
