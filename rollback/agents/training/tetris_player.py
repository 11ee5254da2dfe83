"""What plays Tetris by learned weights, with buttons or placements. Knows what a checkpoint must hold; learns nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rollback.agents.checkpoints import Array, Checkpoint
from rollback.agents.fitting import hash_of
from rollback.errors import CheckpointError
from rollback.games.tetris import Tetris
from rollback.games.tetris_bot import TetrisBot
from rollback.games.tetris_features import FEATURES

__all__ = ["WEIGHTS", "fields_hash", "saved_weights", "tetris_bot"]

WEIGHTS: Final = "weights"
GREATEST: Final = 1_000_000


def fields_hash() -> str:
    """Return the hash of what the weights are of; how many play and what an action is makes no difference to them."""
    return hash_of(["tetris", list(FEATURES)])


def saved_weights(weights: Sequence[int]) -> Array:
    """Return the array in which weights are saved."""
    return Array.of(list(weights), "i")


def tetris_bot(checkpoint: Checkpoint, game: Any, player: int, seed: int) -> TetrisBot:
    """Return what plays by the weights of a checkpoint, as well as they let it; `player` makes no difference.

    Raises:
        CheckpointError: It holds no weights for Tetris, or the game is another one.
    """
    if not isinstance(game, Tetris):
        raise CheckpointError(f"the checkpoint was trained on {checkpoint.environment}, and cannot play {type(game).__name__}")
    if checkpoint.config_hash != fields_hash():
        raise CheckpointError(f"the checkpoint of {checkpoint.environment} weighs other features than these: train anew")
    weights = checkpoint.arrays.get(WEIGHTS)
    if weights is None or weights.typecode != "i" or weights.shape != (len(FEATURES),):
        raise CheckpointError(f"the checkpoint holds no {len(FEATURES)} whole numbers {WEIGHTS!r}: train anew")
    if any(abs(weight) > GREATEST for weight in weights.data):
        raise CheckpointError(f"the weights of the checkpoint must lie between -{GREATEST} and {GREATEST}: train anew")
    return TetrisBot(1, seed, game.actions, weights.data.tolist())
