"""What plays Pong or Duel by a table of self-play. Knows what a checkpoint must hold; learns nothing."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

from rollback.agents.checkpoints import Checkpoint
from rollback.agents.tables import TABLE
from rollback.agents.training.coarse import COARSE, Coarse, greedy
from rollback.errors import CheckpointError

__all__ = ["CoarseBot", "checked_table", "coarse_bot"]


class CoarseBot:
    """Makes the choice of the highest value; a policy. Its memory is the choice, and the frames of it so far.

    Args:
        view: How the game is seen.
        choices: The choice for each row.
    """

    def __init__(self, view: Coarse, choices: bytes) -> None:
        self.choices = choices
        self._row, self._look, self._pressed = view.row, view.look, view.pressed

    def act(self, observation: Sequence[int], memory: Any) -> tuple[Any, tuple[int, int]]:
        """Return the action and the memory."""
        choice, frame = memory or (0, 0)
        if frame % self._look == 0:
            row = self._row(observation)
            choice, frame = self.choices[row] if row >= 0 else 0, 0
        return self._pressed[choice][frame], (choice, frame + 1)


def checked_table(checkpoint: Checkpoint, view: Coarse) -> list[list[float]]:
    """Return the table of a checkpoint.

    Raises:
        CheckpointError: It is none of this game.
    """
    if checkpoint.config_hash != view.hash:
        raise CheckpointError(f"the checkpoint of {checkpoint.environment} sees other things than these: train anew")
    table = checkpoint.arrays.get(TABLE)
    if table is None or table.typecode != "d" or table.shape != (view.rows, len(view.choices)):
        raise CheckpointError(f"the checkpoint holds no table of {view.rows} rows and {len(view.choices)} choices: train anew")
    if not all(map(isfinite, table.data)):
        raise CheckpointError("the table of the checkpoint holds values that are no finite numbers: train anew")
    rows: list[list[float]] = table.nested()
    return rows


def coarse_bot(checkpoint: Checkpoint, game: Any, player: int, seed: int) -> CoarseBot:
    """Return what plays by the table of a checkpoint; `player` and `seed` make no difference.

    Raises:
        CheckpointError: It holds no table for this game.
    """
    view = COARSE.get(checkpoint.environment)
    if view is None or not isinstance(game, view.kind):
        raise CheckpointError(f"the checkpoint was trained on {checkpoint.environment}, and cannot play {type(game).__name__}")
    return CoarseBot(view, greedy(checked_table(checkpoint, view)))
