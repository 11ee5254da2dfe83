"""What a peer can be to us, as a table. Knows causes; knows no clock and no bytes."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

__all__ = ["LIVE", "TRANSITIONS", "Cause", "Peer", "after"]


class Peer(Enum):
    """The state of the line to one peer."""

    SYNCHRONIZING = auto()  # the handshake is going on
    RUNNING = auto()
    INTERRUPTED = auto()  # silent for longer than `interrupt_after`
    LOST = auto()  # silent for longer than `disconnect_after`; it may still come back where the match waits for it
    LEFT = auto()  # said goodbye
    REFUSED = auto()  # cannot play with us
    GONE = auto()  # nobody is there: lost or left for good, so that its players are cut, or never seen yet
    ADMITTED = auto()  # may come into the running match: it greets, and is fed
    JOINING = auto()  # is given our inputs, and has none of its own before all have agreed


class Cause(Enum):
    """Why the state of a peer changes."""

    AGREED = auto()
    MISMATCH = auto()
    SILENCE = auto()
    HEARD = auto()
    TIMEOUT = auto()
    BYE = auto()
    CUT = auto()
    ADMITTED = auto()
    PROPOSED = auto()
    JOINED = auto()
    WITHDRAWN = auto()  # the proposal, not the admission


TRANSITIONS: Final[dict[Peer, dict[Cause, Peer]]] = {
    Peer.SYNCHRONIZING: {
        Cause.AGREED: Peer.RUNNING,
        Cause.MISMATCH: Peer.REFUSED,
        Cause.TIMEOUT: Peer.LOST,
        Cause.BYE: Peer.LEFT,
    },
    Peer.RUNNING: {
        Cause.SILENCE: Peer.INTERRUPTED,
        Cause.TIMEOUT: Peer.LOST,
        Cause.BYE: Peer.LEFT,
        Cause.CUT: Peer.GONE,
    },
    Peer.INTERRUPTED: {
        Cause.HEARD: Peer.RUNNING,
        Cause.TIMEOUT: Peer.LOST,
        Cause.BYE: Peer.LEFT,
        Cause.CUT: Peer.GONE,
    },
    Peer.LOST: {Cause.HEARD: Peer.RUNNING, Cause.BYE: Peer.LEFT, Cause.CUT: Peer.GONE},
    Peer.LEFT: {Cause.CUT: Peer.GONE},
    Peer.REFUSED: {},
    Peer.GONE: {Cause.ADMITTED: Peer.ADMITTED},
    Peer.ADMITTED: {Cause.PROPOSED: Peer.JOINING, Cause.CUT: Peer.GONE},
    Peer.JOINING: {Cause.JOINED: Peer.RUNNING, Cause.WITHDRAWN: Peer.ADMITTED},
}

LIVE: Final = frozenset({Peer.SYNCHRONIZING, Peer.RUNNING, Peer.INTERRUPTED})


def after(state: Peer, cause: Cause) -> Peer:
    """Return the state that `cause` leads to; a cause that means nothing in this state changes nothing."""
    return TRANSITIONS[state].get(cause, state)
