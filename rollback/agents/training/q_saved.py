"""A table of Q-learning in a checkpoint, and back. Knows what may stand there; learns nothing."""

from __future__ import annotations

import random
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

from rollback.agents.checkpoints import Array, Checkpoint, generator_from
from rollback.agents.fitting import map_hash
from rollback.agents.tables import MOVES, TABLE
from rollback.agents.training.grid_course import Course
from rollback.errors import CheckpointError, GameError, WireError
from rollback.games.gridworld import GridWorld
from rollback.wire import pack_tree, unpack_tree

__all__ = ["Parts", "arrays_of", "parts_of"]

SNAPSHOT: Final = "snapshot"  # of the environment, where an episode was under way
_MOST: Final = 64 * 1024  # bytes of it


@dataclass(frozen=True, slots=True)
class Parts:
    """What a training is put together from."""

    table: list[list[float]]
    dice: random.Random
    game: GridWorld
    is_between: bool


def arrays_of(table: Sequence[Sequence[float]], snapshot: Mapping[str, Any] | None) -> dict[str, Array]:
    """Return the arrays of a checkpoint: the table, and the game's snapshot where an episode is under way."""
    flat = array("d", [value for row in table for value in row])
    arrays = {TABLE: Array((len(table), len(table[0])), "d", flat)}
    if snapshot is not None:
        packed = array("B", pack_tree(dict(snapshot)))
        arrays[SNAPSHOT] = Array((len(packed),), "B", packed)
    return arrays


def parts_of(checkpoint: Checkpoint, algorithm: str, course: Course) -> Parts:
    """Return what a training goes on with.

    Raises:
        CheckpointError: The checkpoint is of another algorithm or environment, or what it holds cannot be gone on with.
    """
    if checkpoint.algorithm != algorithm:
        raise CheckpointError(f"the checkpoint is of {checkpoint.algorithm}, and cannot be gone on with by {algorithm}")
    if checkpoint.environment != course.environment or checkpoint.config_hash != map_hash(course.layout):
        raise CheckpointError(
            f"the checkpoint was trained on {checkpoint.environment}, and this training is on {course.environment}:"
            " start one there to go on with it"
        )
    table = checkpoint.arrays.get(TABLE)
    if table is None or table.typecode != "d" or table.shape != (course.rows, MOVES):
        raise CheckpointError(f"the checkpoint holds no table of {course.rows} situations and {MOVES} moves: train anew")
    if not all(map(isfinite, table.data)):
        raise CheckpointError("the table of the checkpoint holds values that are no finite numbers: train anew")
    dice = generator_from(checkpoint.random_state)
    game = course.game()
    course.begin(game, course.starts[0])
    packed = checkpoint.arrays.get(SNAPSHOT)
    if packed is not None:
        _load(game, packed)
    return Parts(table.nested(), dice, game, packed is None)


def _load(game: GridWorld, packed: Array) -> None:
    try:
        if packed.typecode != "B" or packed.size > _MOST:
            raise ValueError("no snapshot")
        game.load(unpack_tree(packed.data.tobytes()))
        if game.over:
            raise ValueError("no episode under way")
    except (WireError, GameError, ValueError):
        raise CheckpointError(
            "the snapshot in the checkpoint is none of this environment: it cannot go on from there"
        ) from None
