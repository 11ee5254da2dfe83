"""Who controlled which player in which frame, told by settled events, so the same on every peer. Knows no game, no session."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Final

__all__ = ["IDLE", "TAKE_OVER", "Controllers"]

IDLE: Final = "idle"  # nobody plays it: it does nothing
TAKE_OVER: Final = "take-over"  # its peer is gone, and another one lets a policy play it


class Controllers:
    """A line of time for each player; None stands for what cannot be known here.

    Args:
        first: Who controls each player in the beginning: `human`, `bot` or a name.
    """

    def __init__(self, first: Sequence[str | None]) -> None:
        self._frames: list[list[int]] = [[0] for _ in first]
        self._names: list[list[str | None]] = [[name] for name in first]

    def at(self, frame: int) -> tuple[str | None, ...]:
        """Return who controlled each player in a frame."""
        return tuple(
            [
                names[-1] if frame >= frames[-1] else names[max(0, bisect_right(frames, frame) - 1)]
                for frames, names in zip(self._frames, self._names, strict=True)
            ]
        )

    def cut(self, players: Sequence[int], frame: int) -> None:
        """Players do nothing from a frame on."""
        for player in players:
            self._turn(player, frame, IDLE)

    def taken_over(self, player: int) -> None:
        """A policy plays for a player, from where it was cut."""
        if self._known(player) and self._names[player][-1] == IDLE:
            self._names[player][-1] = TAKE_OVER

    def joined(self, players: Sequence[int], frame: int, names: Mapping[int, str]) -> None:
        """Somebody plays from a frame on."""
        for player in players:
            self._turn(player, frame, names.get(player) or None)

    def vacant(self, player: int, frame: int, *, is_played: bool) -> None:
        """Nobody of its own plays a player, as somebody who comes later is told."""
        self._turn(player, frame, TAKE_OVER if is_played else IDLE)

    def _turn(self, player: int, frame: int, name: str | None) -> None:
        if not self._known(player):
            return
        frames, names = self._frames[player], self._names[player]
        while len(frames) > 1 and frames[-1] >= frame:  # two changes at one frame: the later one counts
            frames.pop()
            names.pop()
        if frame <= frames[-1]:
            names[-1] = name
        else:
            frames.append(frame)
            names.append(name)

    def _known(self, player: int) -> bool:
        return 0 <= player < len(self._names)
