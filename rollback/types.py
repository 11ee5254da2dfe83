"""The words of a session as data: who plays, what a tick said, what happened, what was measured. No behaviour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

__all__ = [
    "Confirmed",
    "Cut",
    "DesyncFound",
    "Ended",
    "Event",
    "Local",
    "Mismatch",
    "Open",
    "Paused",
    "PeerInterrupted",
    "PeerJoined",
    "PeerLeft",
    "PeerLost",
    "PeerResumed",
    "PeerStats",
    "Policy",
    "Reason",
    "Remote",
    "Resumed",
    "Resynced",
    "SessionStats",
    "Synchronized",
    "Tick",
    "TookOver",
    "VoteWanted",
]

Reason = Literal["running", "synchronizing", "stalled", "paused", "ended"]


class Policy(Protocol):
    """Something that plays: a scripted bot or a trained agent."""

    def act(self, observation: Any, memory: Any) -> tuple[Any, Any]:
        """Return the action and the new memory; memory is a state tree, None before the first call."""


@dataclass(frozen=True, slots=True)
class Local:
    """A player whose actions are given to `tick` on this peer.

    Attributes:
        controller: `human`, `bot`, or a name of your own; the other peers are told.
    """

    controller: str = "human"


@dataclass(frozen=True, slots=True)
class Remote:
    """A player of another peer.

    Attributes:
        peer: A label for that peer, local to this session; the same peer may stand for several players.
    """

    peer: str


@dataclass(frozen=True, slots=True)
class Open:
    """A player of nobody yet: it idles until somebody is admitted to it, see `session.admit`."""


class Progress(Protocol):
    """What a tick looks up where it stands: a session."""

    @property
    def frame(self) -> int:
        """Frames simulated."""

    @property
    def known(self) -> int:
        """Newest frame whose inputs are all here."""

    @property
    def confirmed(self) -> int:
        """Newest frame simulated on known inputs only."""


class Tick:
    """What a tick did; one object a session, refreshed in place. All values are those after the tick.

    Attributes:
        advanced: Whether this tick simulated a new frame and took the local actions.
        reason: Why it did, or did not.
        resimulated: Frames replayed by this tick's rollback, 0 without one.
        frames_ahead: Lead over the other peers in frames, the mean over live peers; positive: slow down.
    """

    __slots__ = ("_progress", "advanced", "frames_ahead", "reason", "resimulated")

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.advanced = False
        self.reason: Reason = "synchronizing"
        self.resimulated = 0
        self.frames_ahead = 0.0

    @property
    def frame(self) -> int:
        """Frames simulated so far; the state is S_frame."""
        return self._progress.frame

    @property
    def known(self) -> int:
        """Newest frame whose inputs are all here, -1 before the first."""
        return self._progress.known

    @property
    def confirmed(self) -> int:
        """Newest frame simulated on known inputs only."""
        return self._progress.confirmed

    @property
    def predicted(self) -> int:
        """Frames of the present that stand on guesses."""
        return self.frame - 1 - self.confirmed

    def __repr__(self) -> str:
        return (
            f"Tick(frame={self.frame}, advanced={self.advanced}, reason={self.reason!r}, resimulated={self.resimulated},"
            f" known={self.known}, confirmed={self.confirmed}, frames_ahead={self.frames_ahead:.2f},"
            f" predicted={self.predicted})"
        )


class Confirmed(NamedTuple):
    """A settled frame: the same on every peer for ever.

    Attributes:
        frame: The frame.
        actions: One action a player, as the game saw them.
        inputs: One input a player, as they travelled.
    """

    frame: int
    actions: Sequence[Any]
    inputs: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Synchronized:
    """The handshake with a peer is done."""

    peer: str


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A peer cannot play with us: `field` differs. The session ends; `mend` says what to do."""

    peer: str
    field: str
    ours: Any
    theirs: Any
    mend: str = ""


@dataclass(frozen=True, slots=True)
class PeerInterrupted:
    """Nothing was heard of a peer for `interrupt_after` seconds."""

    peer: str


@dataclass(frozen=True, slots=True)
class PeerResumed:
    """An interrupted peer is heard again."""

    peer: str


@dataclass(frozen=True, slots=True)
class PeerLost:
    """A peer is gone without a word: nothing was heard for `disconnect_after` seconds."""

    peer: str
    players: tuple[int, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class PeerLeft:
    """A peer left on purpose."""

    peer: str
    players: tuple[int, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Cut:
    """The survivors agreed that `frame` is the last one with inputs of these players."""

    players: tuple[int, ...]
    frame: int
    epoch: int


@dataclass(frozen=True, slots=True)
class VoteWanted:
    """Exactly half of the peers are left here: whoever has the lobby at hand asks it, and passes the answer to `decide`.

    Attributes:
        roster: Who is left: a bit mask of seats, the lowest player number of each peer.
        epoch: Number of the change it would vote on.
    """

    roster: int
    epoch: int


@dataclass(frozen=True, slots=True)
class PeerJoined:
    """A peer joined, or came back, and plays from `frame` on."""

    peer: str
    players: tuple[int, ...]
    frame: int


@dataclass(frozen=True, slots=True)
class TookOver:
    """A surviving peer (empty: this one) plays on for a lost player."""

    player: int
    by: str


@dataclass(frozen=True, slots=True)
class Paused:
    """A peer (empty: this one) asked everybody to wait."""

    peer: str
    reason: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """The pause is over."""

    peer: str


@dataclass(frozen=True, slots=True)
class DesyncFound:
    """Two peers hold different states for the same confirmed frame.

    Attributes:
        frame: The frame.
        peer: The other side.
        differences: What differs, where it could be found out; see `rollback.state.Difference`.
        bundle: Path of the file with all that is needed to look into it, or None.
    """

    frame: int
    peer: str
    differences: tuple[Any, ...] = ()
    bundle: str | None = None


@dataclass(frozen=True, slots=True)
class Resynced:
    """The peers took over one state at `frame` and go on."""

    frame: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The match is over on this peer.

    Attributes:
        reason: `over`, `end_at`, `left`, or a sentence that says what went wrong.
        frame: The last state is S_frame.
    """

    reason: str
    frame: int


Event = (
    Synchronized
    | Mismatch
    | PeerInterrupted
    | PeerResumed
    | PeerLost
    | PeerLeft
    | Cut
    | VoteWanted
    | PeerJoined
    | TookOver
    | Paused
    | Resumed
    | DesyncFound
    | Resynced
    | Ended
)


@dataclass(frozen=True, slots=True)
class PeerStats:
    """The line to one peer.

    Attributes:
        rtt: Round trip in seconds, smoothed.
        jitter: Mean deviation of the round trip, in seconds.
        loss: Share of the peer's datagrams that did not arrive, 0 to 1.
        kbps_in: Kilobits a second received.
        kbps_out: Kilobits a second sent.
        frames_ahead: Our lead over this peer.
        queued: Own inputs the peer has not acknowledged; 0 for one the match does not count on.
        quality: `good`, `fair` or `poor`.
        why: One sentence that says why.
    """

    rtt: float
    jitter: float
    loss: float
    kbps_in: float
    kbps_out: float
    frames_ahead: float
    queued: int
    quality: Literal["good", "fair", "poor"]
    why: str


@dataclass(frozen=True, slots=True)
class SessionStats:
    """Counters since the start of the session.

    Attributes:
        frames: Frames simulated.
        rollbacks: Rollbacks served.
        resimulated: Frames replayed by them.
        stalls: Ticks that had to wait for inputs.
        depths: How many rollbacks had which depth in frames.
        known: See `Tick`.
        confirmed: See `Tick`.
        settled: Newest frame every live peer confirmed.
        dropped: Datagrams and inputs dropped, by reason.
        peers: The line to each peer.
    """

    frames: int
    rollbacks: int
    resimulated: int
    stalls: int
    depths: Mapping[int, int]
    known: int
    confirmed: int
    settled: int
    dropped: Mapping[str, int]
    peers: Mapping[str, PeerStats] = field(default_factory=dict)
