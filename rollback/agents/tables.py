"""What plays GridWorld by a table of values, one row for each situation. Knows how they are counted; learns nothing.

Pure Python, and what it does is decided by what it sees alone: whoever holds the same table can say what it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from rollback.agents.checkpoints import Array, Checkpoint
from rollback.agents.fitting import map_hash
from rollback.agents.leading import leading
from rollback.agents.races import RACES
from rollback.errors import CheckpointError
from rollback.games.dice import advance, below, spread
from rollback.games.gridworld import STAY, GridWorld
from rollback.games.gridworld_layouts import Layout
from rollback.games.gridworld_sight import Sight, sight_of, ways

__all__ = ["MOVES", "TABLE", "TableBot", "rows_of", "table_bot"]

TABLE: Final = "q"  # the name of the array
MOVES: Final = 4  # its columns: up, down, left, right; to stay or to act is never of use where a table can be learned
_MOST_DETOURS: Final = 10_000  # to look one up takes a microsecond, to find it twenty; few matches have so many
_ENVIRONMENT: Final = "gym:rollback/GridWorld-v0"  # as a training names it
_PATIENCE: Final = 3  # one time in so many it lets another pass: two who always give way to each other never get on


def rows_of(layout: Layout, *, by_spot: bool = False) -> int:
    """Return how many rows a table for a map has: cells, own keys and open doors, and with `by_spot` the goal's spots."""
    keys = 1 << len(layout.keys)
    return (max(layout.rank) + 1) * keys**2 * (len(layout.spots) if by_spot else 1)


class _Way(NamedTuple):
    """Where a player is led: the first move, 0 for none; the cells, and the last of them."""

    move: int
    cells: frozenset[int]
    end: int


class TableBot:
    """Makes the move of the highest value, the first of several; a policy that keeps nothing in mind.

    From some cells the best moves of a table lead in a circle. There it goes, by the map, to the nearest cell from where
    they do lead on; where there is none, and in a situation that the training never met (all moves are worth the same), it
    wanders. No evaluation of a training has this help: its figures are of the bare table.

    A table that was learned alone knows of nobody else. Where another player stands on the way that its moves lead along,
    it goes around, by the map, to where that way leads; where there is no way around, it makes the next best move, or waits.

    Args:
        table: The values: a row for each state, and the columns up, down, left, right.
        layout: The map that it was learned on.
        players: How many play.
    """

    def __init__(self, table: Array, layout: Layout, players: int) -> None:
        self.layout = layout
        self.players = players
        self.values = table.data
        self.rows = table.shape[0]
        self._keys = 1 << len(layout.keys)
        by_spot = len(layout.spots) > 1 and self.rows == rows_of(layout, by_spot=True)
        self._spots = {cell: number for number, cell in enumerate(layout.spots)} if by_spot else {}
        self._situations = self._keys**2 * (len(self._spots) or 1)
        self._cells = [cell for cell, rank in enumerate(layout.rank) if rank >= 0]  # by rank
        self._leading: dict[int, tuple[int, ...]] = {}  # by situation: the move of each cell
        self._ways: dict[tuple[int, int], _Way] = {}  # by cell and situation; no more than the table has rows
        self._detours: dict[tuple[int, int, int, tuple[int, ...]], int] = {}

    def act(self, observation: Any, memory: Any) -> tuple[int, None]:
        """Return the action for what `GridWorld.observe` returned, or `state_index` of the game; there is no memory."""
        if isinstance(observation, int):
            only = len(self._spots) if self._spots and self.players == 1 else 1  # one player's goal is at the first spot
            rank, situation = divmod(observation * only, self._situations)
            values = self._row(observation * only)
            return self._led(situation)[self._cells[rank]] or 1 + values.index(max(values)), None
        sight = sight_of(self.layout, self.players, observation)
        return STAY if sight.pause else self._move(sight, observation), None

    def _row(self, number: int) -> list[float]:
        found: list[float] = self.values[number * MOVES : (number + 1) * MOVES].tolist()
        return found

    def _move(self, sight: Sight, observation: Any) -> int:
        own = sight.own
        situation = own.held * self._keys + sight.doors
        if self._spots:
            situation = situation * len(self._spots) + self._spots[sight.goal]
        way = self._ways.get((own.cell, situation))
        if way is None:
            way = self._ways[own.cell, situation] = self._way(own.cell, situation)
        occupied = sight.occupied
        if way.cells.isdisjoint(occupied):
            if way.move:
                return way.move
        elif way.move:
            around = self._around(own.cell, way.end, own.held | sight.doors, tuple(occupied))
            if around:
                return around
        return self._aside(own.cell, situation, occupied, observation[-1], is_lost=not way.move)

    def _around(self, cell: int, end: int, keys: int, occupied: tuple[int, ...]) -> int:
        """Return the first move of the shortest way by the map that nobody stands on, 0 for none."""
        asked = (cell, end, keys, occupied)
        found = self._detours.get(asked)
        if found is None:
            if len(self._detours) >= _MOST_DETOURS:
                self._detours.clear()
            way = ways(self.layout, cell, keys, occupied).get(end)
            found = self._detours[asked] = way.action if way is not None else 0
        return found

    def _known(self, situation: int) -> tuple[set[int], set[int]]:
        """Return the cells of the doors that are locked in a situation, and those where something new happens."""
        layout = self.layout
        rest, spot = divmod(situation, len(self._spots) or 1)
        held, doors = divmod(rest, self._keys)
        closed = {cell: door for cell, door in layout.doors.items() if not doors >> door & 1}
        shut = {cell for cell, door in closed.items() if not held >> door & 1}
        news = {cell for cell, key in layout.keys.items() if not held >> key & 1}
        return shut, news | (closed.keys() - shut) | set(layout.spots[spot : spot + 1])

    def _led(self, situation: int) -> tuple[int, ...]:
        """Return the move of each cell; to find them takes about a millisecond, once for each situation."""
        found = self._leading.get(situation)
        if found is None:
            ranks, many = self.layout.rank, self._situations
            found = self._leading[situation] = leading(
                self.layout, lambda cell: self._row(ranks[cell] * many + situation), *self._known(situation)
            )
        return found

    def _way(self, cell: int, situation: int) -> _Way:
        """Return where one is led from a cell, until something happens there or there is no further move."""
        led, offsets = self._led(situation), self.layout.offsets
        _, news = self._known(situation)  # what comes then is another situation
        cells = [cell]
        while (move := led[cells[-1]]) and (len(cells) == 1 or cells[-1] not in news):
            cells.append(cells[-1] + offsets[move])
        return _Way(led[cell], frozenset(cells[1:]), cells[-1])

    def _aside(self, cell: int, situation: int, occupied: Sequence[int], left: int, *, is_lost: bool) -> int:
        """Return the best move to a cell that is free, or any where all are worth the same or none leads on; or to stay."""
        layout = self.layout
        values = self._row(layout.rank[cell] * self._situations + situation)
        word = advance(spread(left * len(layout.floor) + cell))  # by the time that is left, and the place
        is_known = not is_lost and min(values) != max(values)
        targets = [cell + step for step in layout.offsets]
        free = [move for move in range(1, MOVES + 1) if layout.floor[targets[move]] and targets[move] not in occupied]
        if not free or (is_known and not below(word, _PATIENCE)):
            return STAY
        return max(free, key=lambda move: values[move - 1]) if is_known else free[below(word, len(free))]


def _mended(environment: str, layout: Layout) -> str:
    """Return what to do where the map is another one than that of a checkpoint."""
    _, _, query = environment.partition("?")
    game = RACES.get(dict(parse_qsl(query)).get("layout", ""))
    ways_out = [] if layout.is_kitchen else ["train one there"]  # whose situations no table holds
    ways_out += [f"take --game {game}"] if game else []
    return ", or ".join(ways_out) or "take the map that it was trained on"


def _told(environment: str) -> str:
    """Return the environment of a checkpoint as people write it."""
    return environment.replace(_ENVIRONMENT, "gridworld", 1) if environment.startswith(_ENVIRONMENT) else environment


def table_bot(checkpoint: Checkpoint, game: Any, player: int, seed: int) -> TableBot:
    """Return what plays by the table of a checkpoint; `player` and `seed` make no difference.

    Raises:
        CheckpointError: The table is none of this game, or of another map.
    """
    trained_on = _told(checkpoint.environment)
    if not isinstance(game, GridWorld):
        raise CheckpointError(f"the checkpoint was trained on {trained_on}, and cannot play {type(game).__name__}")
    layout = game.layout
    if checkpoint.config_hash != map_hash(layout):
        raise CheckpointError(
            f"the checkpoint was trained on {trained_on}, and cannot play on the map {layout.name}:"
            f" {_mended(checkpoint.environment, layout)}"
        )
    table = checkpoint.arrays.get(TABLE)
    plain, by_spot = rows_of(layout), rows_of(layout, by_spot=True)
    if table is None or table.typecode not in "df" or len(table.shape) != 2 or table.shape[1] != MOVES:
        raise CheckpointError(f"the checkpoint holds no table {TABLE!r} of {MOVES} moves: train one by q-learning")
    if table.shape[0] not in (plain, by_spot):
        raise CheckpointError(
            f"the table of the checkpoint has {table.shape[0]} rows, and this map needs {by_spot}: train anew"
        )
    if not all(map(isfinite, table.data)):
        raise CheckpointError("the table of the checkpoint holds values that are no finite numbers: train anew")
    if table.shape[0] != by_spot and game.players > 1:
        raise CheckpointError(
            f"the checkpoint was trained with the goal where it is at first, and here it moves among {len(layout.spots)} spots"
        )
    return TableBot(table, layout, game.players)
