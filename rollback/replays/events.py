"""What happened in a recorded match, and who played whose frames. Knows kinds and frames; knows no session and no file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

__all__ = ["CUT", "DESYNC", "JOINED", "MENDED", "TOOK_OVER", "ReplayEvent", "StandIn", "stand_ins"]

# The kinds that change how the file is read; all others only tell.
CUT: Final = "cut"
JOINED: Final = "peer joined"
TOOK_OVER: Final = "took over"
DESYNC: Final = "desync"
MENDED: Final = "resynced"


@dataclass(frozen=True, slots=True)
class ReplayEvent:
    """Something that happened.

    What a session records: `peer lost`, `peer left`, `cut` (its players do nothing from this frame on), `took over` (a bot
    plays them), `peer joined` (they are played again), `paused`, `resumed`, `desync` (the states of this frame differed) and
    `resynced` (the state of this frame was taken over). `data` holds what the event of that name in `rollback.types` says.

    Attributes:
        frame: Before which frame.
        kind: What, in a word.
        data: More of it.
    """

    frame: int
    kind: str
    data: Any = None

    @property
    def players(self) -> tuple[int, ...]:
        """Whom it concerns; empty where it does not say."""
        told = self._told("players", list) or self._told("players", tuple) or [self._told("player", int)]
        return tuple(player for player in told if type(player) is int)

    @property
    def peer(self) -> str:
        """Which peer it concerns; empty for the one that recorded it, or where it does not say."""
        return self._told("peer", str) or ""

    @property
    def since(self) -> int:
        """The frame from which it counts: of a desync the one whose states differed."""
        frame = self._told("frame", int)
        return frame if frame is not None and self.kind == DESYNC else self.frame

    def _told(self, name: str, kind: type) -> Any:
        value = self.data.get(name) if type(self.data) is dict else None
        return value if type(value) is kind else None


@dataclass(frozen=True, slots=True)
class StandIn:
    """Frames of a player that the player did not play.

    Attributes:
        player: Whose.
        start: The first of them.
        stop: The first that is the player's own again, or the end of the recording.
        by: A bot, or nobody: then the player did nothing.
    """

    player: int
    start: int
    stop: int
    by: Literal["bot", "nobody"]


def stand_ins(events: Iterable[ReplayEvent], players: int, end: int) -> tuple[StandIn, ...]:
    """Return who was away when, by player and frame, as far as the events of a recording that ends at `end` tell."""
    away: dict[int, tuple[int, Literal["bot", "nobody"]]] = {}
    found = []

    def back(player: int, frame: int) -> None:
        if player in away:
            start, by = away.pop(player)
            if start < min(frame, end):
                found.append(StandIn(player, start, min(frame, end), by))

    for event in sorted(events, key=lambda event: event.frame):
        for player in event.players:
            if 0 <= player < players and event.kind in (CUT, TOOK_OVER, JOINED):
                back(player, event.frame)
                if event.kind != JOINED:
                    away[player] = event.frame, "bot" if event.kind == TOOK_OVER else "nobody"
    for player in range(players):
        back(player, end)
    return tuple(sorted(found, key=lambda each: (each.player, each.start)))
