"""Where a scripted player of GridWorld wants to go. Knows what is worth doing; knows no way there and no dice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rollback.games.gridworld_kitchen import DISH
from rollback.games.gridworld_layouts import Layout
from rollback.games.gridworld_sight import Sight, Way

__all__ = ["reach_of", "wish"]


def wish(layout: Layout, sight: Sight, near: Mapping[int, Way], *, bold: bool) -> int:
    """Return the cell to walk to or to use, -1 for none.

    Args:
        layout: The map.
        sight: What is seen.
        near: The ways from here, as if nobody stood in them.
        bold: Whether to go also for what somebody else is nearer to.
    """
    if layout.is_kitchen:
        return _Cook(layout, sight, near, bold=bold).choice()
    if sight.goal in near:
        return sight.goal
    own = [cell for cell, door in layout.doors.items() if (sight.own.held & ~sight.doors) >> door & 1 and cell in near]
    loose = [cell for cell, key in layout.keys.items() if sight.loose >> key & 1 and cell in near]
    if not bold:
        loose = [cell for cell in loose if not _is_behind(layout, sight, cell, near, range(8))]
    return min([*own, *loose], key=lambda cell: (near[cell].length, cell), default=-1)


def reach_of(layout: Layout, near: Mapping[int, Way], cell: int) -> int:
    """Return how many moves it is to a cell, or to what it is used from; -1 if there is no way."""
    if cell in near:
        return near[cell].length
    around = [near[cell + step].length for step in layout.offsets[1:] if cell + step in near]
    return min(around, default=-1)


def _is_behind(layout: Layout, sight: Sight, cell: int, near: Mapping[int, Way], hands: Iterable[int]) -> bool:
    """Return whether another player on this side, with one of these things in hand, is nearer to a cell."""
    hands = tuple(hands)
    own = (reach_of(layout, near, cell), sight.own.cell)
    for other in sight.others:
        if other.cell in near and other.carried in hands:
            down, across = abs(other.cell // layout.width - cell // layout.width), abs((other.cell - cell) % layout.width)
            away = down + min(across, layout.width - across) - (cell not in near)  # used from beside it
            if (away, other.cell) < own:
                return True
    return False


class _Cook:
    """One decision in a kitchen."""

    def __init__(self, layout: Layout, sight: Sight, near: Mapping[int, Way], *, bold: bool) -> None:
        self.layout, self.sight, self.near, self.bold = layout, sight, near, bold
        self.hands = sight.own.carried
        self.at = {letter: self.found(letter) for letter in "OT=PH"}
        self.counters = [(cell, sight.counters[number]) for cell, number in self.at["="]]
        self.free = [cell for cell, item in self.counters if not item]
        self.pots = [(cell, sight.pots[number], sight.cooking[number]) for cell, number in self.at["P"]]
        self.needs = [sight.wanted - DISH, sight.following - DISH]

    def found(self, letter: str) -> list[tuple[int, int]]:
        """Return cell and number of the stations of a letter within reach."""
        stations = self.layout.stations.items()
        return [(cell, at) for cell, (kind, at) in stations if kind == letter and reach_of(self.layout, self.near, cell) >= 0]

    def nearest(self, cells: Sequence[int], hands: Sequence[int] = ()) -> int:
        """Return the nearest of some cells, but not what others with `hands` are nearer to; -1 for none."""
        if not self.bold:
            cells = [cell for cell in cells if not _is_behind(self.layout, self.sight, cell, self.near, hands)]
        return min(cells, key=lambda cell: (reach_of(self.layout, self.near, cell), cell), default=-1)

    def choice(self) -> int:
        if self.hands > DISH:
            return self.with_dish()
        if self.hands:
            return self.with_food()
        if self.at["H"]:
            found = self.at_the_hatch()
            if found >= 0 or not (self.at["O"] or self.at["T"]):
                return found
        return self.at_the_source()

    def with_dish(self) -> int:
        if self.hands == self.sight.wanted and self.at["H"]:
            return self.nearest([cell for cell, _ in self.at["H"]])
        return self.nearest(self.free)

    def with_food(self) -> int:
        empty = [cell for cell, inside, _ in self.pots if not inside]
        if not self.pots or (self.hands not in self.needs and len(self.free) > 1):
            return self.nearest(self.free)
        if empty:
            return self.nearest(empty, (self.hands,)) if len(empty) < 2 else self.nearest(empty)
        return self.nearest(self.free) if self.dishes() else -1

    def dishes(self) -> list[int]:
        """Return where the dish that is wanted can be taken."""
        lying = [cell for cell, item in self.counters if item == self.sight.wanted]
        return lying + [cell for cell, inside, left in self.pots if inside + DISH == self.sight.wanted and not left]

    def lacking(self, *, cooked: bool) -> list[int]:
        """Return what has to be cooked, or also fetched, for the two orders that are known; the more urgent first."""
        sight = self.sight
        there = [item for item in sight.counters if item > DISH or (item and not cooked)]
        there += [inside + DISH for inside in sight.pots if inside]
        hatch_side = [
            other.carried for other in sight.others if other.carried and not (cooked and self.is_supplier(other.cell))
        ]
        kinds = [(item - 1) % DISH + 1 for item in there + hatch_side]
        lacks = []
        for need in self.needs:
            if need in kinds:
                kinds.remove(need)
            else:
                lacks.append(need)
        return lacks

    def is_supplier(self, cell: int) -> bool:
        """Return whether whoever stands there cannot come to the pots."""
        return bool(self.pots) and cell not in self.near

    def at_the_hatch(self) -> int:
        sight = self.sight
        found = self.nearest(self.dishes(), (0,))
        if found >= 0:
            return found
        empty = [cell for cell, inside, _ in self.pots if not inside]
        for lack in self.lacking(cooked=True):
            lying = [cell for cell, item in self.counters if item == lack]
            if lying and not empty:  # room has to be made
                done = [cell for cell, inside, left in self.pots if not left and inside + DISH != sight.wanted]
                found = self.nearest(done, (0,)) if len(self.free) > 1 else -1
            else:
                found = self.nearest(lying, (0,))
            if found >= 0:
                return found
        boiling = [cell for cell, inside, _ in self.pots if inside + DISH == sight.wanted]
        return self.nearest(boiling, (0,))

    def at_the_source(self) -> int:
        coming = sum(other.carried > 0 and other.cell in self.near for other in self.sight.others)
        if len(self.free) > coming:
            for lack in self.lacking(cooked=False):
                found = self.nearest([cell for cell, _ in self.at["OT"[lack - 1]]], (0,))
                if found >= 0:
                    return found
        return -1
