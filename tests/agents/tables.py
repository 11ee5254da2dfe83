"""Tables to play by that nobody had to train: the shortest ways, written down."""

from __future__ import annotations

from typing import Any

from rollback.agents.checkpoints import Array, Checkpoint
from rollback.agents.fitting import map_hash
from rollback.agents.tables import MOVES, TABLE, rows_of
from rollback.games.gridworld_layouts import layout_named
from rollback.games.gridworld_sight import ways


def shortest_ways(layout: str = "rooms", **changes: Any) -> Checkpoint:
    """Return a checkpoint that walks to each spot of the goal from everywhere; of maps without keys."""
    found = layout_named(layout)
    spots = len(found.spots)
    table = [[0.0] * MOVES for _ in range(rows_of(found, by_spot=True))]
    for cell, rank in enumerate(found.rank):
        for spot, goal in enumerate(found.spots):
            way = ways(found, cell, 0, ()).get(goal) if rank >= 0 else None
            if way is not None and way.action:
                table[rank * spots + spot][way.action - 1] = 1.0
    given = {
        "algorithm": "q-learning",
        "environment": f"gym:rollback/GridWorld-v0?layout={layout}",
        "config_hash": map_hash(found),
        "arrays": {TABLE: Array.of(table)},
    }
    return Checkpoint(**{**given, **changes})
