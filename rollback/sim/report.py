"""What came out of a virtual match, as data. Knows JSON; knows no match."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self, get_args

from rollback.types import Event

__all__ = ["Failure", "MatchReport", "quantile"]

_EVENTS: Final = {kind.__name__: kind for kind in get_args(Event)}


@dataclass(frozen=True, slots=True)
class Failure:
    """An oracle that did not hold.

    Attributes:
        oracle: Its name; see `rollback.sim.oracles`.
        frame: Where, as near as is known.
        peer: At which peer, -1 where it is nobody's in particular.
        expected: What should have been.
        found: What was.
    """

    oracle: str
    frame: int
    peer: int
    expected: str
    found: str

    def __str__(self) -> str:
        where = f" at peer {self.peer}" if self.peer >= 0 else ""
        return f"{self.oracle}: frame {self.frame}{where}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True, slots=True)
class MatchReport:
    """A whole match; the lists have one entry a peer. The same seed makes the same report, byte for byte.

    Attributes:
        parity: Whether all peers settled the same inputs and held the same states, those of a plain run.
        first_divergence: The first frame at which that was not so, None where it always was.
        failures: The oracles that did not hold, the first of each kind and peer.
        frames: Frames every peer that was left had settled in the end.
        seconds: Virtual seconds from the first tick to the end.
        lost: Datagrams lost on the network.
        sent: Datagrams sent.
        rollbacks: Rollbacks served.
        resimulated: Frames replayed by them.
        stalls: Ticks that had to wait for inputs, from frame `warm_up` on.
        depths: How many rollbacks had which depth.
        bytes_per_second: Payload of everything sent, handshake and reliable channel included.
        confirmed: Newest confirmed frame.
        lag: Mean number of frames that stood on guesses after a tick, from frame `warm_up` on.
        frames_ahead: Mean lead, as the session measured it.
        gap: Most frames between the foremost peer and the last.
        ended: Why each peer's match ended, empty where it did not.
        inputs_varied: Whether every player did at least two different things in the settled frames.
        events: What each peer's session told, with the own time in seconds.
        dropped: Datagrams and inputs dropped, by reason.
    """

    parity: bool
    first_divergence: int | None
    failures: tuple[Failure, ...]
    frames: int
    seconds: float
    lost: int
    sent: int
    rollbacks: list[int]
    resimulated: list[int]
    stalls: list[int]
    depths: list[dict[int, int]]
    bytes_per_second: list[float]
    confirmed: list[int]
    lag: list[float]
    frames_ahead: list[float]
    gap: int
    ended: list[str]
    inputs_varied: bool
    events: list[list[tuple[float, Event]]] = field(default_factory=list)
    dropped: list[dict[str, int]] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether every oracle held."""
        return not self.failures

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as values that JSON can hold."""
        values = {
            each.name: getattr(self, each.name) for each in dataclasses.fields(self) if each.name not in ("events", "failures")
        }
        values["failures"] = [dataclasses.asdict(failure) for failure in self.failures]
        values["depths"] = [_with_words(depths) for depths in self.depths]
        values["events"] = [[_told(at, event) for at, event in events] for events in self.events]
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the report that `to_dict` told, also after it was JSON; its `to_dict` tells the same.

        Only what an event holds beyond numbers and texts, such as the states of a desync, stays the text that it was told as.

        Args:
            values: What `to_dict` returned; it comes from this program, not from a stranger.
        """
        told = dict(values)
        told["failures"] = tuple(Failure(**failure) for failure in values["failures"])
        told["depths"] = [{int(depth): times for depth, times in depths.items()} for depths in values["depths"]]
        told["events"] = [[_event(event) for event in events] for events in values["events"]]
        return cls(**told)


def quantile(depths: Mapping[int, int], share: float) -> int:
    """Return the smallest depth that `share` of the rollbacks did not exceed, 0 where there were none."""
    left = share * sum(depths.values())
    for depth in sorted(depths):
        left -= depths[depth]
        if left <= 0:
            return depth
    return max(depths, default=0)


def _with_words(depths: Mapping[int, int]) -> dict[str, int]:
    return {str(depth): depths[depth] for depth in sorted(depths)}


def _told(at: float, event: Event) -> dict[str, Any]:
    values = {name: _plain(value) for name, value in dataclasses.asdict(event).items()}
    return {"at": round(at, 6), "event": type(event).__name__, **values}


def _event(told: Mapping[str, Any]) -> tuple[float, Event]:
    fields = {name: value for name, value in told.items() if name not in ("at", "event")}
    return told["at"], _EVENTS[told["event"]](**fields)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_plain(item) for item in value]
    return repr(value)
