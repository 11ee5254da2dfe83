"""The maps that are learned alone, as races of two: somebody may play against the table that was learned there.

Each is a game by name, such as `rollback.agents.races:halls`. Knows maps and games; knows no checkpoint.
"""

from __future__ import annotations

from typing import Final

from rollback.errors import UsageError
from rollback.games.gridworld import GridWorld
from rollback.games.gridworld_layouts import LAYOUTS, Layout

__all__ = ["RACES", "TITLES", "cliff", "halls", "keys", "race", "race_of", "race_on", "rooms"]

ROUNDS: Final = 3  # times the goal has to be reached


def race_on(layout: Layout) -> Layout:
    """Return a map for one as a map for two, who start equally far from the goal, or as nearly so as it can be.

    What a table learned on the map stays true: nothing on it changes but where the second player starts.

    Raises:
        UsageError: There is no goal, or only one cell to start from.
    """
    if len(layout.starts) > 1:
        return layout
    far = _distances(layout)
    first = layout.starts[0]
    cells = [cell for cell in layout.homes if cell in far and cell != first]
    if first not in far or not cells:
        raise UsageError(f"the map {layout.name} is not for a race: it needs a goal, and cells for two to start from")
    width = layout.width

    def fitness(cell: int) -> tuple[int, int, int]:
        apart = abs(cell % width - first % width) + abs(cell // width - first // width)
        return abs(far[cell] - far[first]), -apart, cell

    second = min(cells, key=fitness)
    row, column = divmod(second, width)
    rows = list(layout.rows)
    rows[row] = f"{rows[row][:column]}2{rows[row][column + 1 :]}"
    return Layout(layout.name, tuple(rows), goals=ROUNDS, reward=1, price=0, fall=0)


def _distances(layout: Layout) -> dict[int, int]:
    """Return by cell the moves from the first spot of the goal, round the cliffs."""
    safe = {cell for cell, kind in enumerate(layout.floor) if kind and cell not in layout.cliffs}
    far = {spot: 0 for spot in layout.spots[:1]}
    edge = list(far)
    while edge:
        following = []
        for cell in edge:
            for offset in layout.offsets[1:]:
                if (there := cell + offset) in safe and there not in far:
                    far[there] = far[cell] + 1
                    following.append(there)
        edge = following
    return far


def race_of(name: str) -> GridWorld:
    """Return the race of two on a built-in map."""
    return GridWorld(2, race_on(LAYOUTS[name]))


def halls() -> GridWorld:
    """Return the race through nine halls."""
    return race_of("halls")


def rooms() -> GridWorld:
    """Return the race through four rooms."""
    return race_of("rooms")


def cliff() -> GridWorld:
    """Return the race along the cliff."""
    return race_of("cliff")


def keys() -> GridWorld:
    """Return the map with keys and doors, on which both play together."""
    return race_of("keys")


def race() -> GridWorld:
    """Return the race to a goal that moves."""
    return race_of("race")


# By the map's name: the name under which commands and pages take the race.
RACES: Final = {made.__name__: f"{__name__}:{made.__name__}" for made in (halls, rooms, cliff, keys, race)}
# What people choose by, where all of them stand side by side: the first words tell them apart.
TITLES: Final = {
    RACES["halls"]: "Halls, a race",
    RACES["rooms"]: "Rooms, a race",
    RACES["cliff"]: "Cliff, a race",
    RACES["keys"]: "Keys, together",
    RACES["race"]: "Moving goal",
}
