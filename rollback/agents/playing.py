"""From a saved agent to what plays: a policy for one player of any game it fits. Knows which player each algorithm makes.

A saved agent is a checkpoint of ours, `.npz`, or anybody's ONNX model, `.onnx`.

```python
policy = policy_from("runs/rooms/best.npz", GridWorld(layout="rooms", players=1), player=0)
await rollback.play(game, lobby, act=act_from("runs/rooms/best.npz"))
SessionConfig(on_disconnect=TakeOver(act_from("runs/rooms/best.npz")))
```
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from rollback.agents.checkpoints import Checkpoint
from rollback.agents.seats import Unwrapping, seated
from rollback.errors import CheckpointError
from rollback.game import Game
from rollback.types import Policy

if TYPE_CHECKING:
    from rollback.agents.onnx import OnnxModel

__all__ = ["PLAYERS", "act_from", "policy_from", "saved_agent"]

Source: TypeAlias = "Checkpoint | OnnxModel | str | os.PathLike[str] | bytes"

# What makes a policy of a checkpoint, by the algorithm that trained it: `function(checkpoint, game, player, seed)` with the
# built-in game, also where that is inside an environment. It raises `CheckpointError` where the checkpoint does not fit.
PLAYERS: Final[Mapping[str, str]] = {
    "q-learning": "rollback.agents.tables:table_bot",
    "cross-entropy": "rollback.agents.training.tetris_player:tetris_bot",
    "self-play": "rollback.agents.training.self_play_player:self_play_bot",
    "self-play-q-learning": "rollback.agents.training.coarse_player:coarse_bot",
}

_ONNX: Final = ".onnx"
_IR_VERSION: Final = b"\x08"  # writers of ONNX put this field first, in which no checkpoint begins


def saved_agent(source: Source, name: str = "") -> Checkpoint | OnnxModel:
    """Return the checkpoint or the ONNX model of a file, or of its bytes; what was read already as it is.

    Args:
        source: Where it is. A path's ending says which of the two, the first bytes where there is no path.
        name: What it is called in messages; the path, if nothing else is given.

    Raises:
        CheckpointError: It cannot be read, or is neither.
        MissingPackage: It is an ONNX model, and onnxruntime is not installed.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        content = bytes(source)
        is_onnx = name.endswith(_ONNX) or content.startswith(_IR_VERSION)
    elif isinstance(source, str | os.PathLike):
        is_onnx = os.fspath(source).endswith(_ONNX)
    else:
        return source
    if is_onnx:
        # Only here: it needs NumPy and a runtime, which a browser has not.
        from rollback.agents.onnx import OnnxModel

        return OnnxModel(source, name)
    return Checkpoint.load(source, name)


def policy_from(source: Source, game: Game, player: int = 0, seed: int = 0) -> Policy:
    """Return what plays for a player by what a checkpoint, or an ONNX model, has learned.

    Args:
        source: The checkpoint or the model, its file, or the file's bytes.
        game: The game, or the environment as a game; it is looked at and not kept.
        player: For whom.
        seed: Of its dice, where it has any.

    Raises:
        CheckpointError: It cannot be read, does not fit the game, or nothing here plays what its algorithm makes.
        MissingPackage: It is an ONNX model, and onnxruntime is not installed.
    """
    checkpoint = saved_agent(source)
    if not isinstance(checkpoint, Checkpoint):
        from rollback.agents.onnx import OnnxPolicy

        return OnnxPolicy(checkpoint, game, player)
    place = PLAYERS.get(checkpoint.algorithm)
    if place is None:
        raise CheckpointError(
            f"the checkpoint was trained by {checkpoint.algorithm}, and only those by {', '.join(PLAYERS)} can play"
        )
    seat = seated(game, player)
    module, _, function = place.partition(":")
    make: Callable[[Checkpoint, Any, int, int], Policy] = getattr(import_module(module), function)
    policy = make(checkpoint, seat.game, seat.player, seed)
    return Unwrapping(policy) if seat.is_inside else policy


def act_from(source: Source, seed: int = 0) -> Callable[[Any, int], Any]:
    """Return a function of game and player that plays any player by a checkpoint, as `rollback.play` and `TakeOver` take it.

    The file is read now, and never again; each player's memory is kept here.

    Raises:
        CheckpointError: It cannot be read. The function raises it where the checkpoint does not fit the game.
    """
    checkpoint = saved_agent(source)
    acts: dict[int, tuple[Policy, Any]] = {}

    def act(game: Any, player: int) -> Any:
        policy, memory = acts.get(player) or (policy_from(checkpoint, game, player, seed), None)
        observe = getattr(game, "observe", None)
        action, memory = policy.act(None if observe is None else observe(player), memory)
        acts[player] = policy, memory
        return action

    return act
