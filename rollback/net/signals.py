"""What two sides say to each other through the lobby to bring a direct connection about. Knows no connection.

A signal is a mapping with the key `webrtc`:

| webrtc | other keys | says |
| --- | --- | --- |
| `offer` | `attempt`, `sdp` | from the side with the lower seat; `attempt` names this try |
| `answer` | `attempt`, `sdp` | the answer to that offer |
| `candidate` | `attempt`, `candidate`, `mid` | one more address of this side, found after its description and sent after it |
| `want` | `have` | from the other side: send me an offer; `have` is the attempt it holds, or empty |
| `refused` | `attempt`, `reason` | that attempt leads nowhere; an empty `attempt` is for a side that has none yet |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from rollback.net.words import plain_words

__all__ = ["MAX_CANDIDATE", "MAX_SDP", "MAX_TEXT", "Said", "candidate_fits", "read_signal"]

MAX_SDP: Final = 64 * 1024  # characters; a data channel's description takes about a thousand
MAX_TEXT: Final = 300  # characters of an attempt's name or a reason
MAX_CANDIDATE: Final = 500  # characters of an address; with all its extensions it takes two hundred
MAX_MID: Final = 32  # characters of the name of a section in a description: `0`


@dataclass(frozen=True, slots=True)
class Said:
    """A signal of the other side; `text` is a description, a reason or a candidate."""

    what: str
    attempt: str
    text: str = ""
    mid: str = ""


def read_signal(signal: Any) -> Said | None:
    """Return what a signal says, None where it breaks the rules."""
    match signal:
        case {"webrtc": "offer" | "answer" as what, "attempt": str(attempt), "sdp": str(sdp)}:
            fits = 0 < len(attempt) <= MAX_TEXT and len(sdp) <= MAX_SDP
            return Said(what, attempt, sdp) if fits else None
        case {"webrtc": "candidate", "attempt": str(attempt), "candidate": str(candidate), "mid": str(mid)}:
            fits = 0 < len(attempt) <= MAX_TEXT and candidate_fits(candidate, mid)
            return Said("candidate", attempt, candidate, mid) if fits else None
        case {"webrtc": "want", "have": str(attempt)}:
            return Said("want", attempt) if len(attempt) <= MAX_TEXT else None
        case {"webrtc": "refused", "attempt": str(attempt), "reason": str(reason)}:
            return Said("refused", attempt, plain_words(reason)) if len(attempt) + len(reason) <= 2 * MAX_TEXT else None
        case _:
            return None


def candidate_fits(candidate: str, mid: str) -> bool:
    """Return whether this may be the line of an address, and the section it belongs to: one line, and not too long."""
    if not candidate.startswith("candidate:") or len(candidate) > MAX_CANDIDATE or len(mid) > MAX_MID:
        return False
    return (candidate + mid).isascii() and (candidate + mid).isprintable()
