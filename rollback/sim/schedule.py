"""What is to happen in a match, and when: who is lost, who comes, which lines are dead. Knows no session and no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

from rollback.config import MAX_DELAY
from rollback.errors import UsageError

__all__ = ["Incident", "Moment", "Schedule"]

Kind = Literal["kill", "leave", "rejoin", "join", "watch", "pause", "partition", "sever", "heal", "set_delay"]
FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "kill": ("peer",),
    "leave": ("peer",),
    "rejoin": ("peer",),
    "join": ("peer",),
    "watch": ("peer",),
    "pause": ("peer", "seconds"),
    "partition": ("groups",),
    "sever": ("peer", "other"),
    "heal": (),
    "set_delay": ("player", "frames"),
}
OPTIONAL: Final[dict[str, tuple[str, ...]]] = {
    "partition": ("one_way", "lobby"),
    "sever": ("one_way",),
    "heal": ("resets",),
}
LONGEST_PAUSE: Final = 3600.0
LONGEST_WAIT: Final = 3_600_000  # milliseconds


@dataclass(frozen=True, slots=True)
class Incident:
    """One thing that happens when the foremost peer has simulated `frame` frames.

    Attributes:
        frame: When.
        kind: What.
        peer: Whom it happens to; for `watch` whom the spectator watches, for `sever` whose datagrams are lost.
        other: To whom they would go.
        player: Whose delay changes.
        seconds: How long the process stands still.
        frames: The new delay.
        groups: The peers of each side of a partition.
        one_way: Only what goes from the first group to the others, or from `peer` to `other`, is lost.
        lobby: The only group that still reaches the lobby; -1: all do.
        resets: The connections over the lines that were dead are made anew, and what waited in them is lost.
        after_ms: At least so many milliseconds after the incident before it, None where the frame alone decides.
    """

    frame: int
    kind: Kind
    peer: int = -1
    player: int = -1
    seconds: float = 0.0
    frames: int = 0
    groups: tuple[tuple[int, ...], ...] = ()
    other: int = -1
    one_way: bool = False
    lobby: int = -1
    resets: bool = False
    after_ms: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as values that JSON can hold."""
        told: dict[str, Any] = {"frame": self.frame, "kind": self.kind}
        for name in FIELDS[self.kind]:
            value = getattr(self, name)
            told[name] = [list(group) for group in value] if name == "groups" else value
        for name in OPTIONAL.get(self.kind, ()):
            if getattr(self, name) != (-1 if name == "lobby" else False):
                told[name] = getattr(self, name)
        if self.after_ms is not None:
            told["after_ms"] = self.after_ms
        return told


class Schedule:
    """The incidents of a match, by frame; those of one frame happen in the order in which they were planned.

    Args:
        peers: How many there are.
        players: How many there are.
    """

    def __init__(self, peers: int, players: int) -> None:
        self.incidents: list[Incident] = []
        self._peers = peers
        self._players = players

    def add(self, incident: Incident) -> None:
        """Plan an incident.

        Raises:
            UsageError: It names a peer, player, duration or delay that cannot be.
        """
        self._check(incident)
        self.incidents.append(incident)
        self.incidents.sort(key=lambda planned: planned.frame)  # stable

    def add_dict(self, values: Mapping[str, Any]) -> None:
        """Plan what a JSON object describes.

        Raises:
            UsageError: It describes no incident.
        """
        kind = values.get("kind") if isinstance(values, Mapping) else None
        if not isinstance(kind, str) or kind not in FIELDS:
            raise UsageError(f"an event is an object with a kind from {', '.join(FIELDS)}, not {values!r:.80}")
        wanted = {"frame", "kind", *FIELDS[kind]}
        allowed = wanted | {"after_ms", *OPTIONAL.get(kind, ())}
        if not wanted <= set(values) <= allowed:
            raise UsageError(f"the event {kind} has {', '.join(sorted(wanted))}, not {', '.join(sorted(map(str, values)))}")
        told = dict(values)
        if "groups" in told:
            told["groups"] = _groups(told["groups"])
        self.add(Incident(**told))

    def _check(self, incident: Incident) -> None:
        kind, peers = incident.kind, self._peers - 1
        _whole("frame", incident.frame, 0, 1 << 40)
        if incident.after_ms is not None:
            _number(incident.after_ms, LONGEST_WAIT, lambda allowed, found: f"after_ms must be {allowed}, not {found}")
        for name in ("one_way", "resets"):
            if not isinstance(getattr(incident, name), bool):
                raise UsageError(f"{name} must be true or false, not {getattr(incident, name)!r:.80}")
        if "peer" in FIELDS[kind]:
            _whole("peer", incident.peer, 0, peers)
        if kind == "sever":
            _whole("other", incident.other, 0, peers)
            if incident.other == incident.peer:
                raise UsageError(f"a line goes from one peer to another, not from {incident.peer} to itself")
        if kind == "pause":
            _number(incident.seconds, LONGEST_PAUSE, lambda allowed, found: f"a pause takes {allowed} seconds, not {found}")
        if kind == "set_delay":
            _whole("player", incident.player, 0, self._players - 1)
            _whole("frames", incident.frames, 0, MAX_DELAY)
        if kind == "partition":
            named = sorted(peer for group in incident.groups for peer in group)
            if named != list(range(self._peers)) or len(incident.groups) < 2:
                raise UsageError(
                    f"a partition puts each of the peers 0..{peers} into one of two or more groups, not"
                    f" {[list(group) for group in incident.groups]}"
                )
            _whole("lobby", incident.lobby, -1, len(incident.groups) - 1)


class Moment:
    """A frame of the plan; each method plans one incident there and returns the moment, so that more can follow."""

    def __init__(self, schedule: Schedule, frame: int, after_ms: float | None = None) -> None:
        self._schedule = schedule
        self._frame = frame
        self._after_ms = after_ms

    def later(self, milliseconds: float) -> Moment:
        """Return the moment so many milliseconds after what was planned last, for matches whose frames stand still."""
        return Moment(self._schedule, self._frame, milliseconds)

    def kill(self, peer: int) -> Self:
        """End a peer's process without a word."""
        return self._plan("kill", peer=peer)

    def leave(self, peer: int) -> Self:
        """Let a peer leave on purpose."""
        return self._plan("leave", peer=peer)

    def rejoin(self, peer: int) -> Self:
        """Let a new process take a peer's place; the old one is ended, if it was not killed before."""
        return self._plan("rejoin", peer=peer)

    def join(self, peer: int) -> Self:
        """Let a peer come that was not there when the match began."""
        return self._plan("join", peer=peer)

    def watch(self, host: int) -> Self:
        """Let a spectator come, whom a peer shows the match."""
        return self._plan("watch", peer=host)

    def pause(self, peer: int, *, seconds: float) -> Self:
        """Stop a peer's process for a while; what is sent to it waits for it."""
        return self._plan("pause", peer=peer, seconds=seconds)

    def partition(self, *groups: Iterable[int], one_way: bool = False, lobby: int = -1) -> Self:
        """Let nothing pass between groups of peers; each peer is in one of them.

        Args:
            groups: The groups; earlier partitions and dead lines end.
            one_way: Lose only what the first group sends to the others.
            lobby: The only group that reaches the lobby, -1 for all.
        """
        return self._plan("partition", groups=_groups(groups), one_way=one_way, lobby=lobby)

    def sever(self, peer: int, other: int, *, one_way: bool = False) -> Self:
        """Let nothing pass between two peers, or only nothing from the first to the second."""
        return self._plan("sever", peer=peer, other=other, one_way=one_way)

    def heal(self, *, resets: bool = False) -> Self:
        """End all partitions and bring dead lines to life, with new connections that have lost what waited in the old."""
        return self._plan("heal", resets=resets)

    def set_delay(self, player: int, frames: int) -> Self:
        """Change a player's input delay."""
        return self._plan("set_delay", player=player, frames=frames)

    def _plan(self, kind: Kind, **what: Any) -> Self:
        self._schedule.add(Incident(self._frame, kind, after_ms=self._after_ms, **what))
        return self


def _groups(groups: Any) -> tuple[tuple[int, ...], ...]:
    try:
        rows = [list(group) for group in groups]
    except TypeError:
        rows = [[None]]
    if not all(isinstance(peer, int) and not isinstance(peer, bool) for row in rows for peer in row):
        raise UsageError(f"a partition needs groups of peer numbers, such as {{0}}, {{1, 2}}, not {groups!r:.80}")
    return tuple(tuple(sorted(row)) for row in rows)


def _whole(name: str, value: Any, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        allowed = f"from {low} to {high}" if high < 1 << 40 else f"from {low} on"
        raise UsageError(f"{name} must be a whole number {allowed}, not {value!r}")


def _number(value: Any, high: float, says: Callable[[str, str], str]) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= high:
        raise UsageError(says(f"0 to {high:g}", repr(value)))
