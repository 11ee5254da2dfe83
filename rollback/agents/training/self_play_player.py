"""A player of Pong that weighs what it sees, and no more; and what plays by the weights of a checkpoint. Keeps nothing.

It presses up or down by the sign of a weighted sum, which is the same sum mirrored when the field is mirrored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rollback.agents.checkpoints import Array, Checkpoint
from rollback.agents.fitting import hash_of
from rollback.agents.training.duel_player import WEIGHTS_OF_DUEL, LinearDuel, duel_hash
from rollback.errors import CheckpointError
from rollback.games.duel import Duel
from rollback.games.pong import Pong

__all__ = ["SEEN", "WEIGHTS", "LinearPong", "checked_weights", "pong_hash", "pressed", "saved_weights", "self_play_bot"]

WEIGHTS: Final = "weights"
GREATEST: Final = 1_000_000

SEEN: Final = (
    "own paddle",
    "other paddle",
    "ball y",
    "ball vy",  # times 20, which makes it as large as the others
    "ball y while it comes",
    "way of the ball while it comes",  # what it will move up or down before it is here, as if there were no walls
    "calm",  # not seen: how large the sum must be, in hundreds, before a key is pressed
)

_UP: Final = (True, False)
_DOWN: Final = (False, True)
_NONE: Final = (False, False)
_REACH: Final = 14_500  # where the ball's middle is when a paddle hits it
_FARTHEST: Final = 20_000
_SPEED: Final = 20
_CALM: Final = 100


def pressed(weights: Sequence[int], observation: Sequence[int]) -> tuple[bool, bool]:
    """Return the buttons; `weights` has a whole number for each of `SEEN`."""
    own, other, x, y, vx, vy, _, _, pause = observation
    of_own, of_other, of_y, of_vy, of_coming, of_way, calm = weights
    total = of_own * own + of_other * other + of_y * y + of_vy * vy * _SPEED
    if vx < 0 and not pause:
        way = vy * ((x + _REACH) // -vx)
        total += of_coming * y + of_way * (_FARTHEST if way > _FARTHEST else -_FARTHEST if way < -_FARTHEST else way)
    calm = abs(calm) * _CALM
    return _DOWN if total > calm else _UP if total < -calm else _NONE


class LinearPong:
    """Plays Pong by weights; a policy, see `rollback.types.Policy`. It looks at every frame and has no memory.

    Args:
        weights: A whole number for each of `SEEN`.
    """

    def __init__(self, weights: Sequence[int]) -> None:
        self.weights = tuple(weights)

    def act(self, observation: Sequence[int], memory: Any) -> tuple[tuple[bool, bool], Any]:
        """Return the buttons, and the memory as it is."""
        return pressed(self.weights, observation), memory


def pong_hash() -> str:
    """Return the hash of what the weights are of."""
    return hash_of(["pong", list(SEEN)])


def saved_weights(rows: Sequence[Sequence[int]] | Sequence[int]) -> Array:
    """Return the array in which weights are saved, of one player or of several."""
    return Array.of([list(row) if isinstance(row, Sequence) else row for row in rows], "i")


def checked_weights(checkpoint: Checkpoint, name: str, dimensions: int, count: int = len(SEEN)) -> Any:
    """Return weights of a checkpoint as lists.

    Raises:
        CheckpointError: They are not there, or no weights of such a player.
    """
    weights = checkpoint.arrays.get(name)
    if weights is None or weights.typecode != "i" or len(weights.shape) != dimensions or weights.shape[-1] != count:
        raise CheckpointError(f"the checkpoint holds no {count} whole numbers {name!r}: train anew")
    if any(abs(weight) > GREATEST for weight in weights.data):
        raise CheckpointError(f"the {name} of the checkpoint must lie between -{GREATEST} and {GREATEST}: train anew")
    return weights.nested()


def self_play_bot(checkpoint: Checkpoint, game: Any, player: int, seed: int) -> LinearPong | LinearDuel:
    """Return what plays by the weights of a checkpoint; `player` and `seed` make no difference.

    Raises:
        CheckpointError: It holds no weights for this game.
    """
    trained_on, found = checkpoint.environment, type(game).__name__
    is_fit = isinstance(game, Pong) if trained_on == "pong" else isinstance(game, Duel) and trained_on == "duel"
    if not is_fit:
        raise CheckpointError(f"the checkpoint was trained on {trained_on}, and cannot play {found}")
    if checkpoint.config_hash != (pong_hash() if isinstance(game, Pong) else duel_hash()):
        raise CheckpointError(f"the checkpoint of {trained_on} weighs other things than these: train anew")
    if isinstance(game, Pong):
        return LinearPong(checked_weights(checkpoint, WEIGHTS, 1))
    return LinearDuel(checked_weights(checkpoint, WEIGHTS, 1, len(WEIGHTS_OF_DUEL)))
