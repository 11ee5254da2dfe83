"""What a peer alone can tell of a frame: guesses, rollbacks, round trips, and what its players saw. Knows no game, no file."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from rollback.core.session import P2PSession
from rollback.types import Tick
from rollback.wire.limits import RING

__all__ = ["COLUMNS", "UNTOLD", "Timing", "TimingNotes"]

NOTED: Final = 4 * RING  # frames that notes are kept of: no frame settles later than a ring, and no delay reaches a ring ahead
MASK: Final = NOTED - 1
COLUMNS: Final = ("seconds", "predicted", "rollback_depth", "rtt_ms", "captured_frame", "input_delay")  # as data sets name them
TRIPS_EVERY: Final = 8  # frames between two looks at the round trips: lines are measured a few times a second

Seen = tuple[int, int] | None  # the frame whose state a player saw when acting, and the input delay at that time


class Timing(NamedTuple):
    """One frame, as one peer went through it; None and empty where it cannot tell.

    Attributes:
        seconds: When it was first simulated, on this peer's clock.
        predicted: Whether each player's action was a guess then.
        depth: Frames that the deepest rollback that replayed it went back; 0 if none did.
        rtt_ms: Round trip to each player's peer then, in milliseconds; None for one's own players.
        seen: Of each player the frame whose state it saw when it acted, and its input delay then.
    """

    seconds: float | None
    predicted: tuple[bool | None, ...]
    depth: int | None
    rtt_ms: tuple[float | None, ...]
    seen: tuple[Seen, ...]

    def columns(self, players: int) -> dict[str, Any]:
        """Return the entries of `COLUMNS`, in their order; one entry a player where each has its own, None for unknown."""
        unknown: tuple[None, ...] = (None,) * players
        seen = self.seen or unknown
        delays, captured = ([each and each[part] for each in seen] for part in (1, 0))
        entries = (self.seconds, self.predicted or unknown, self.depth, self.rtt_ms or unknown, captured, delays)
        return dict(zip(COLUMNS, entries, strict=True))


UNTOLD: Final = Timing(None, (), None, (), ())


class TimingNotes:
    """Notes of the frames that are not settled yet, in rings.

    `note` is called after every tick: then nothing has been taken in that the tick did not know.

    Args:
        session: The session; no tick of it was made yet.
        players: How many play.
    """

    def __init__(self, session: P2PSession, players: int) -> None:
        self._session = session
        self._players = players
        self._frame = session.frame  # frames simulated when we last looked
        self._newest = session.frame - 1  # newest frame that was noted
        self._known = (False,) * players
        self._seconds: list[float | None] = [None] * NOTED
        self._predicted: list[tuple[bool, ...]] = [()] * NOTED
        self._depths = [0] * NOTED
        self._measured: dict[int, float] = {}
        self._trips_until = 0
        self._trips: list[dict[int, float]] = [{}] * NOTED
        self._captured = session.captured
        self._own: dict[int, list[Seen]] = {player: [None] * NOTED for player in session.input_delays}
        self._next = dict(session.input_delays)  # the frame in which the next action of each takes effect at the earliest
        self._last: dict[int, Seen] = dict.fromkeys(self._next)
        self._told: dict[int, int] = {}
        self._from = dict.fromkeys(range(players), 0)  # the frame from which each player's actions are its own

    def note(self, tick: Tick, now: float) -> None:
        """Note what the newest tick did; most ticks simulated one frame on known inputs, or on the same guesses as the last."""
        session, frame = self._session, tick.frame
        if tick.resimulated:
            self._rolled_back(frame - tick.advanced - tick.resimulated, tick.resimulated)
        self._frame = frame
        if frame - 1 > self._newest:
            if not self._told:
                self._told = session.told_delays
            predicted = self._guessed(frame - 1)
            if frame >= self._trips_until:
                self._measured, self._trips_until = session.round_trips, frame + TRIPS_EVERY
            trips = self._measured
            for at in range(max(self._newest + 1, frame - NOTED), frame):  # one, but for somebody who catches up
                slot = at & MASK
                self._seconds[slot], self._depths[slot], self._trips[slot] = now, 0, trips
                self._predicted[slot] = predicted
            self._newest = frame - 1
        captured = session.captured
        if captured > self._captured:
            delays = session.input_delays
            for at in range(max(self._captured + 1, captured - NOTED), captured + 1):
                self._capture(at, delays)
            self._captured = captured

    def joined(self, players: tuple[int, ...], frame: int, *, is_own: bool) -> None:
        """Players are somebody's from a frame on."""
        self._told = {}
        self._from.update(dict.fromkeys(players, frame))
        if is_own:
            self._captured = frame - 1
            self._next = {player: frame + delay for player, delay in self._session.input_delays.items()}

    def take(self, frame: int) -> Timing:
        """Return what was noted of a frame; of one that was not simulated lately, nothing."""
        if not self._newest - NOTED < frame <= self._newest:
            return UNTOLD
        slot, trips, players = frame & MASK, self._trips[frame & MASK], range(self._players)
        return Timing(
            self._seconds[slot],
            self._predicted[slot],
            self._depths[slot],
            tuple([round(trips[player] * 1000, 3) if player in trips else None for player in players]),
            tuple([self._seen(player, frame) for player in players]),
        )

    def _rolled_back(self, first: int, replayed: int) -> None:
        depth, depths = self._frame - first, self._depths
        for at in range(first, first + replayed):
            if depths[at & MASK] < depth:
                depths[at & MASK] = depth

    def _guessed(self, frame: int) -> tuple[bool, ...]:
        session = self._session
        if session.known >= frame:
            return self._known
        return tuple([not session.is_known(player, frame) for player in range(self._players)])

    def _capture(self, frame: int, delays: dict[int, int]) -> None:
        """Follow what the session does with the actions of a frame, see `LocalInputs.capture`."""
        for player, seen in self._own.items():
            following, target = self._next[player], frame + delays[player]
            if following > target:
                continue  # the delay was lowered: these actions are skipped
            while following < target:  # it was raised: the last action is repeated
                seen[following & MASK] = self._last[player]
                following += 1
            seen[target & MASK] = self._last[player] = frame, delays[player]
            self._next[player] = target + 1

    def _seen(self, player: int, frame: int) -> Seen:
        begins = self._from[player]
        if player in self._own:
            seen = self._own[player][frame & MASK] if frame < self._next[player] else None
            return seen if seen is not None and seen[0] >= begins else None
        delay = self._told.get(player)
        return None if delay is None or frame - delay < begins else (frame - delay, delay)
