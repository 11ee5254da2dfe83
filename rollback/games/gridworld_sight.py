"""What a scripted player reads out of an observation of GridWorld, and which ways it sees. Knows no rule of play."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rollback.games.gridworld_layouts import Layout
from rollback.games.gridworld_view import FIELDS

__all__ = ["Seen", "Sight", "Way", "sight_of", "ways"]


class Seen(NamedTuple):
    """A player, as it is seen."""

    cell: int
    facing: int
    wait: int
    carried: int
    held: int


@dataclass(frozen=True, slots=True)
class Sight:
    """An observation in words: oneself, the others, and what lies where; nothing is 0."""

    own: Seen
    others: tuple[Seen, ...]
    counters: Sequence[int]
    pots: Sequence[int]
    cooking: Sequence[int]
    wanted: int
    following: int
    loose: int
    doors: int
    goal: int
    pause: int

    @property
    def occupied(self) -> list[int]:
        """The cells of the others."""
        return [other.cell for other in self.others]


def sight_of(layout: Layout, players: int, seen: Sequence[int]) -> Sight:
    """Return what `GridWorld.observe` told a player of this layout."""
    width, fields = layout.width, len(FIELDS)
    everybody = []
    for start in range(0, players * fields, fields):
        x, y, *rest = seen[start : start + fields]
        everybody.append(Seen(y * width + x, *rest))
    rest = list(seen[players * fields :])
    counters: list[int] = []
    pots: list[int] = []
    cooking: list[int] = []
    wanted = following = 0
    if layout.is_kitchen:
        count, many = len(layout.counters), 2 * len(layout.pots)
        counters, boiling, rest = rest[:count], rest[count : count + many], rest[count + many :]
        pots, cooking = boiling[::2], boiling[1::2]
        wanted, following = rest[:2]
        rest = rest[3:]
    loose = doors = 0
    if layout.keys or layout.doors:
        loose, doors, *rest = rest
    goal = rest[1] * width + rest[0] if layout.spots else -1
    return Sight(everybody[0], tuple(everybody[1:]), counters, pots, cooking, wanted, following, loose, doors, goal, seen[-2])


class Way(NamedTuple):
    """The shortest way to a cell."""

    length: int
    action: int


def ways(layout: Layout, start: int, keys: int, blocked: Collection[int], turn: int = 0) -> dict[int, Way]:
    """Return the shortest ways from a cell to all that can be reached, each with its first move.

    Args:
        layout: The map; cliffs are not stepped on.
        start: Where they begin.
        keys: The doors that are open, or for which there is a key in hand: 1, 2 and 4 added up.
        blocked: Cells not to step on.
        turn: Which of several equally short ways is taken: 0 to 3.
    """
    moves = [1 + (turn + number) % 4 for number in range(4)]
    found = {start: Way(0, 0)}
    edge = [start]
    shut = {cell for cell, door in layout.doors.items() if not keys >> door & 1}
    shut.update(layout.cliffs, blocked)
    while edge:
        following = []
        for cell in edge:
            length, first = found[cell]
            for action in moves:
                target = cell + layout.offsets[action]
                if layout.floor[target] and target not in found and target not in shut:
                    found[target] = Way(length + 1, first or action)
                    following.append(target)
        edge = following
    return found
