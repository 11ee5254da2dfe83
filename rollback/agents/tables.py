"""What plays GridWorld by a table of values, one row for each state. Knows how states are counted; learns nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rollback.agents.checkpoints import Array, Checkpoint
from rollback.agents.fitting import map_hash
from rollback.errors import CheckpointError
from rollback.games.gridworld import GridWorld
from rollback.games.gridworld_layouts import Layout
from rollback.games.gridworld_sight import sight_of

__all__ = ["TABLE", "TableBot", "rows_of", "table_bot"]

TABLE: Final = "q"  # the name of the array
_MOST_ACTIONS: Final = len(GridWorld.buttons)


def rows_of(layout: Layout, *, by_spot: bool = False) -> int:
    """Return how many rows a table for a map has: cells, own keys and open doors, and with `by_spot` the goal's spots."""
    keys = 1 << len(layout.keys)
    return (max(layout.rank) + 1) * keys**2 * (len(layout.spots) if by_spot else 1)


class TableBot:
    """Takes the action of the highest value, the first of several; a policy that keeps nothing in mind.

    Where another player stands on the cell it would go to, it takes the next best action instead. What it does is decided
    by what it sees alone, so whoever has the same table can say what it does.

    Args:
        table: The values: a row for each state, a column for each action from 0 on.
        layout: The map that it was learned on.
        players: How many play.
    """

    def __init__(self, table: Array, layout: Layout, players: int) -> None:
        self.layout = layout
        self.players = players
        self.actions = table.shape[1]
        self.values = table.data
        self.rows = table.shape[0]
        self._spots = {cell: number for number, cell in enumerate(layout.spots)} if self.rows != rows_of(layout) else {}

    def act(self, observation: Any, memory: Any) -> tuple[int, None]:
        """Return the action for what `GridWorld.observe` or `state_index` returned; there is no memory."""
        if isinstance(observation, int):
            return self._best(observation * (len(self._spots) or 1) if self.players == 1 else observation, ())[0], None
        sight = sight_of(self.layout, self.players, observation)
        own, layout = sight.own, self.layout
        keys = 1 << len(layout.keys)
        row = (layout.rank[own.cell] * keys + own.held) * keys + sight.doors
        if self._spots:
            row = row * len(self._spots) + self._spots[sight.goal]
        best = self._best(row, sight.occupied)
        for action in best:
            if action >= len(layout.offsets) or not action or own.cell + layout.offsets[action] not in sight.occupied:
                return action, None
        return best[0], None

    def _best(self, row: int, occupied: Sequence[int]) -> list[int]:
        """Return the actions, the best first; the best alone where nobody could be in its way."""
        values = self.values[row * self.actions : (row + 1) * self.actions]
        if not occupied:
            return [values.index(max(values))]
        return sorted(range(self.actions), key=lambda action: (-values[action], action))


def table_bot(checkpoint: Checkpoint, game: Any, player: int, seed: int) -> TableBot:
    """Return what plays by the table of a checkpoint; `player` and `seed` make no difference.

    Raises:
        CheckpointError: The table is none of this game, or of another map.
    """
    if not isinstance(game, GridWorld):
        raise CheckpointError(f"the checkpoint was trained on {checkpoint.environment}, and cannot play {type(game).__name__}")
    layout = game.layout
    if checkpoint.config_hash != map_hash(layout):
        raise CheckpointError(
            f"the checkpoint was trained on {checkpoint.environment}, and cannot play on the map {layout.name}: train one there"
        )
    table = checkpoint.arrays.get(TABLE)
    plain, by_spot = rows_of(layout), rows_of(layout, by_spot=True)
    if table is None or len(table.shape) != 2 or not 1 <= table.shape[1] <= _MOST_ACTIONS:
        raise CheckpointError(f"the checkpoint holds no table {TABLE!r} of 1 to {_MOST_ACTIONS} actions: save one")
    if table.shape[0] not in (plain, by_spot):
        raise CheckpointError(f"the table of the checkpoint has {table.shape[0]} rows, and this map needs {plain}: train anew")
    if any(value != value for value in table.data):
        raise CheckpointError("the table of the checkpoint holds values that are no numbers: train anew")
    if table.shape[0] != by_spot and game.players > 1:
        raise CheckpointError(
            f"the checkpoint was trained with the goal where it is at first, and here it moves among {len(layout.spots)} spots"
        )
    return TableBot(table, layout, game.players)
