"""What is to happen in a match, and at which frame: kills, pauses, partitions, delay changes. Knows no session and no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

from rollback.config import MAX_DELAY
from rollback.errors import UsageError

__all__ = ["Incident", "Moment", "Schedule"]

Kind = Literal["kill", "pause", "partition", "heal", "set_delay"]
FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "kill": ("peer",),
    "pause": ("peer", "seconds"),
    "partition": ("groups",),
    "heal": (),
    "set_delay": ("player", "frames"),
}
LONGEST_PAUSE: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Incident:
    """One thing that happens when the foremost peer has simulated `frame` frames.

    Attributes:
        frame: When.
        kind: What.
        peer: Whom it happens to (kill, pause).
        player: Whose delay changes.
        seconds: How long the process stands still.
        frames: The new delay.
        groups: The peers of each side of a partition.
    """

    frame: int
    kind: Kind
    peer: int = -1
    player: int = -1
    seconds: float = 0.0
    frames: int = 0
    groups: tuple[tuple[int, ...], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as values that JSON can hold."""
        told: dict[str, Any] = {"frame": self.frame, "kind": self.kind}
        for name in FIELDS[self.kind]:
            value = getattr(self, name)
            told[name] = [list(group) for group in value] if name == "groups" else value
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
        if set(values) != wanted:
            raise UsageError(f"the event {kind} has {', '.join(sorted(wanted))}, not {', '.join(sorted(map(str, values)))}")
        told = dict(values)
        if "groups" in told:
            told["groups"] = _groups(told["groups"])
        self.add(Incident(**told))

    def _check(self, incident: Incident) -> None:
        _whole("frame", incident.frame, 0, 1 << 40)
        if incident.kind in ("kill", "pause"):
            _whole("peer", incident.peer, 0, self._peers - 1)
        if incident.kind == "pause":
            seconds = incident.seconds
            if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 <= seconds <= LONGEST_PAUSE:
                raise UsageError(f"a pause takes 0 to {LONGEST_PAUSE:g} seconds, not {seconds!r}")
        if incident.kind == "set_delay":
            _whole("player", incident.player, 0, self._players - 1)
            _whole("frames", incident.frames, 0, MAX_DELAY)
        if incident.kind == "partition":
            named = sorted(peer for group in incident.groups for peer in group)
            if named != list(range(self._peers)) or len(incident.groups) < 2:
                raise UsageError(
                    f"a partition puts each of the peers 0..{self._peers - 1} into one of two or more groups, not"
                    f" {[list(group) for group in incident.groups]}"
                )


class Moment:
    """A frame of the plan; each method plans one incident there and returns the moment, so that more can follow."""

    def __init__(self, schedule: Schedule, frame: int) -> None:
        self._schedule = schedule
        self._frame = frame

    def kill(self, peer: int) -> Self:
        """End a peer's process without a word."""
        return self._plan(Incident(self._frame, "kill", peer=peer))

    def pause(self, peer: int, *, seconds: float) -> Self:
        """Stop a peer's process for a while; what is sent to it waits for it."""
        return self._plan(Incident(self._frame, "pause", peer=peer, seconds=seconds))

    def partition(self, *groups: Iterable[int]) -> Self:
        """Let nothing pass between groups of peers; each peer is in one of them."""
        return self._plan(Incident(self._frame, "partition", groups=_groups(groups)))

    def heal(self) -> Self:
        """End all partitions."""
        return self._plan(Incident(self._frame, "heal"))

    def set_delay(self, player: int, frames: int) -> Self:
        """Change a player's input delay."""
        return self._plan(Incident(self._frame, "set_delay", player=player, frames=frames))

    def _plan(self, incident: Incident) -> Self:
        self._schedule.add(incident)
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
