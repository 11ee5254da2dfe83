"""From what a model answers to an action: numbers, scores, buttons, boxes. Knows spaces and codecs; knows no runtime."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, Final, TypeAlias

import numpy as np

from rollback.agents.onnx_file import Tensor
from rollback.errors import ActionError, CheckpointError
from rollback.game import Bits, Game, UInt, codecs_of
from rollback.games.tetris_board import ACTIONS

__all__ = ["Reader", "reader_for"]

Reader: TypeAlias = Callable[[Any], Any]  # from the array that a model gave to the action

SCORES: Final = "logits"  # an output of this name is weighed against 0; of any other name, numbers between 0 and 1 are meant
_HALF: Final = 0.5
_MOST_BITS: Final = 16  # of a number that is chosen by scores


def reader_for(game: Game, player: int, output: Tensor, name: str) -> Reader:
    """Return what makes an action of a model's first output.

    Where an action is a number, the output is that number, or a score for each, of which the first highest counts. Where
    it is a row of buttons, the output has a number for each: pressed is what is above a half, or above 0 if the output is
    called `logits`. Where it is several numbers, those. Where it is floats, those, no farther than the bounds.

    Args:
        game: The game, or the environment as a game.
        player: Whose actions.
        output: What the model says of its output.
        name: What messages call the model.

    Raises:
        CheckpointError: The output has another size, or the game has actions that no array is made into.
    """
    codec = codecs_of(game)[player]
    spaces: Any = getattr(game, "spaces", None)
    space: Any = None if spaces is None else spaces(player)[1]
    kind = type(codec if space is None else space).__name__
    threshold = 0 if output.name == SCORES else _HALF
    sizes: tuple[int, ...]
    if isinstance(codec, UInt) and space is None:
        choices = _choices(game, codec)
        reader, sizes = _number(0, max(choices), name), (1, *choices)
    elif isinstance(codec, Bits) and space is None:
        reader, sizes = _buttons(threshold, name, tuple), (codec.n,)
    elif kind == "Discrete":
        reader, sizes = _number(int(space.start), int(space.n), name), (1, int(space.n))
    elif kind == "MultiBinary":
        shape = tuple(space.shape)
        reader, sizes = _buttons(threshold, name, lambda row: np.array(row, np.int8).reshape(shape)), (prod(shape),)
    elif kind == "MultiDiscrete":
        reader, sizes = _numbers(space, name), (prod(space.shape),)
    elif kind == "Box":
        reader, sizes = _floats(space, name), (prod(space.shape),)
    else:
        raise CheckpointError(f"{name} answers with an array, and {type(game).__name__} takes {kind}: no policy for it is ONNX")
    if None not in output.shape[1:] and prod(size or 1 for size in output.shape) not in sizes:
        found = prod(size or 1 for size in output.shape)
        raise CheckpointError(
            f"{name} answers with {found} numbers, and {type(game).__name__} needs {_either(sizes)}: train one for this game"
        )
    return _sized(reader, frozenset(sizes), name)


def _choices(game: Game, codec: UInt) -> Sequence[int]:
    """Return how many actions a bare game of numbers may have."""
    if getattr(game, "actions", None) == "placements":
        return (ACTIONS,)
    buttons = getattr(game, "buttons", ())
    # Of somebody's own game nobody says how many of the numbers are used.
    return (len(buttons),) if buttons else range(2, (1 << min(codec.bits, _MOST_BITS)) + 1)


def _either(sizes: tuple[int, ...]) -> str:
    every = sorted(set(sizes))
    return " or ".join(map(str, every)) if len(every) <= 3 else f"{every[0]} to {every[-1]}"


def _sized(reader: Reader, sizes: frozenset[int], name: str) -> Reader:
    def read(answer: Any) -> Any:
        if answer.size not in sizes:
            raise ActionError(
                f"{name} answered with {answer.size} numbers where it has {_either(tuple(sizes))}: export it anew"
            )
        if not np.isfinite(answer).all():
            raise ActionError(f"{name} answered with what is no finite number: train it anew")
        return reader(answer.reshape(-1))

    return read


def _whole(value: float, least: int, count: int, name: str) -> int:
    number = round(value)
    if number != value or not least <= number < least + count:
        raise ActionError(
            f"{name} answered {value:g}, which is none of the actions {least} to {least + count - 1}: train it anew"
        )
    return number


def _number(start: int, count: int, name: str) -> Reader:
    def read(answer: Any) -> int:
        if answer.size > 1:
            return start + int(answer.argmax())
        return _whole(answer[0].item(), start, count, name)

    return read


def _buttons(threshold: float, name: str, made: Callable[[list[bool]], Any]) -> Reader:
    return lambda answer: made((answer > threshold).tolist())


def _numbers(space: Any, name: str) -> Reader:
    counts = np.asarray(space.nvec).reshape(-1).tolist()
    starts = np.broadcast_to(getattr(space, "start", 0), space.shape).reshape(-1).tolist()

    def read(answer: Any) -> Any:
        found = [_whole(*each, name) for each in zip(answer.tolist(), starts, counts, strict=True)]
        return np.array(found, space.dtype).reshape(space.shape)

    return read


def _floats(space: Any, name: str) -> Reader:
    low, high = space.low.reshape(-1), space.high.reshape(-1)
    return lambda answer: np.clip(answer, low, high).astype(space.dtype).reshape(space.shape)
