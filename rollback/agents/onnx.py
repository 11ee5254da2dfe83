"""Any ONNX policy as a player: its file, the runtime that computes it, its memory. Knows no algorithm and no match.

```python
policy = OnnxPolicy("pong.onnx", Pong(), player=0)
action, memory = policy.act(game.observe(0), None)
```
The model's first input is the observation and its first output the answer. Further inputs are its memory (a recurrent
state): they begin as zeros, and the outputs after the first are, in the same order, what they are in the next frame.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any, Final

import numpy as np

from rollback.agents.checkpoints.contents import content_of
from rollback.agents.onnx_actions import reader_for
from rollback.agents.onnx_file import Tensor, facts_of
from rollback.errors import ActionError, CheckpointError, MissingPackage
from rollback.game import Game, codecs_of

__all__ = ["OnnxModel", "OnnxPolicy"]

MAX_MEMORY: Final = 65_536  # bytes: a policy's memory may be part of every frame's snapshot
_NAMELESS: Final = "the model"
_SILENT: Final = 4  # the runtime's own log: what goes wrong is an exception, and told as one sentence
_WHOLE: Final = ("uint8", "int32", "int64")


class OnnxModel:
    """A model that was read, looked at, and made ready: what the policies of several players and matches share.

    It computes in one thread, so that it neither disturbs a frame loop nor adds in another order; it can be pickled (as the
    bytes of its file).

    Args:
        source: The file's path, or what is in it.
        name: What it is called in messages; the path, if nothing else is given.

    Attributes:
        content: The bytes of the file.
        name: What it is called.
        observation: What it sees.
        memory: What it remembers.
        answer: What it says.

    Raises:
        CheckpointError: It cannot be read, is no ONNX model, or is none that is played here.
        MissingPackage: onnxruntime is not installed.
    """

    def __init__(self, source: str | os.PathLike[str] | bytes, name: str = "") -> None:
        if isinstance(source, bytes | bytearray | memoryview):
            self.content, self.name = bytes(source), name or _NAMELESS
        else:
            self.name = name or os.fspath(source)
            self.content = content_of(Path(source), "ONNX model", "look whether its name is right")
        facts = facts_of(self.content, self.name)
        self.observation, *taken = facts.inputs
        self.answer, *given = facts.outputs
        self.memory = tuple(_remembered(tensor, self.name) for tensor in taken)
        if sum(_bytes(tensor) for tensor in self.memory) > MAX_MEMORY:
            raise CheckpointError(f"the memory of {self.name} is larger than {MAX_MEMORY} bytes: train it with a smaller one")
        for tensor, after in zip(self.memory, given, strict=False):
            if after.kind != tensor.kind or not _fits(after.shape, tensor.shape):
                raise CheckpointError(
                    f"{self.name} remembers {_sizes(tensor)} in {tensor.name!r} and gives {_sizes(after)} back in"
                    f" {after.name!r}: its memory must come out, in order, as it goes in"
                )
        if len(given) < len(self.memory):
            raise CheckpointError(
                f"{self.name} takes {len(self.memory)} tensors besides the observation and gives {len(given)} besides the"
                " answer: each further input is memory, and needs an output of what it is in the next frame"
            )
        self._wanted = [self.answer.name, *(tensor.name for tensor in given[: len(self.memory)])]
        self._session = _session(self.content, self.name)

    def __reduce__(self) -> tuple[type[OnnxModel], tuple[bytes, str]]:
        return OnnxModel, (self.content, self.name)

    def run(self, feeds: Mapping[str, Any]) -> list[Any]:
        """Return the answer and the new memory, as arrays.

        Raises:
            CheckpointError: The runtime cannot compute it.
        """
        try:
            found: list[Any] = self._session.run(self._wanted, feeds)
            return found
        except Exception as error:  # the runtime has kinds of its own, which are in none of its public modules
            raise CheckpointError(f"{self.name} cannot be computed: {_first_line(error)}") from None


class OnnxPolicy:
    """Plays for one player by an ONNX model; a policy, see `rollback.types.Policy`.

    It tries the model on what the game shows now, so that what does not fit is told here and not in a match. Its memory is a
    tuple of bytes, one for each tensor the model remembers.

    Args:
        source: The model, its file, or what is in the file.
        game: The game, or the environment as a game; it is looked at and not kept.
        player: For whom.

    Raises:
        CheckpointError: It cannot be read, or does not fit the game: another size of observation or answer, say.
        MissingPackage: onnxruntime is not installed.
    """

    def __init__(self, source: OnnxModel | str | os.PathLike[str] | bytes, game: Game, player: int = 0) -> None:
        model = self.model = source if isinstance(source, OnnxModel) else OnnxModel(source)
        kind = type(game).__name__
        if type(player) is not int or not 0 <= player < game.players:
            raise CheckpointError(f"{kind} has the players 0 to {game.players - 1}, and no player {player!r:.40}")
        observe: Any = getattr(game, "observe", None)
        if observe is None:
            raise CheckpointError(f"{kind} has no observe(player), so that {model.name} would see nothing: write one")
        seen = observe(player)
        self._shape = _shape_of(model, seen, kind)
        self._kind = np.dtype(model.observation.kind)
        self._blank = tuple(bytes(_bytes(tensor)) for tensor in model.memory)
        self._kept = [(tensor.name, np.dtype(tensor.kind), _known(tensor.shape)) for tensor in model.memory]
        self._read = reader_for(game, player, model.answer, model.name)
        try:
            codecs_of(game)[player].encode(self.act(seen, None)[0])
        except ActionError as error:
            raise CheckpointError(f"{model.name} does not fit {kind}: {error}") from None

    def act(self, observation: Any, memory: Any) -> tuple[Any, Any]:
        """Return the action for what the game's `observe` returned, and the new memory, None for a model without any.

        Raises:
            ActionError: The model answered with what is no action.
            CheckpointError: It cannot be computed, or the memory is another model's.
        """
        model = self.model
        feeds = {model.observation.name: np.asarray(observation).astype(self._kind).reshape(self._shape)}
        if not self._kept:
            return self._read(model.run(feeds)[0]), None
        before = self._blank if memory is None else memory
        if not isinstance(before, tuple | list) or [len(each) for each in before] != [len(each) for each in self._blank]:
            raise CheckpointError(f"what {model.name} is to remember is not of its making: begin with None")
        for (name, kind, shape), each in zip(self._kept, before, strict=True):
            feeds[name] = np.frombuffer(each, kind).reshape(shape)
        answer, *after = model.run(feeds)
        kept = tuple(each.tobytes() for each in after)
        if [len(each) for each in kept] != [len(each) for each in self._blank]:
            raise CheckpointError(f"the memory of {model.name} changes its size: export it with a fixed one")
        return self._read(answer), kept


def _session(content: bytes, name: str) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise MissingPackage(f"playing {name}, an ONNX policy,", "onnxruntime", "onnx") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.use_deterministic_compute = True
    options.log_severity_level = _SILENT
    try:
        # By name, for what a machine has besides (a graphics card) would compute otherwise. No library of operators is given.
        return onnxruntime.InferenceSession(content, sess_options=options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise CheckpointError(f"{name} cannot be made ready by onnxruntime: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]


def _known(shape: tuple[int | None, ...]) -> tuple[int, ...]:
    return tuple(1 if size is None else size for size in shape)


def _bytes(tensor: Tensor) -> int:
    return prod(_known(tensor.shape)) * np.dtype(tensor.kind).itemsize


def _remembered(tensor: Tensor, name: str) -> Tensor:
    """Return a tensor of the memory, after a look at its size: only that of the batch may be open."""
    if tensor.shape.count(None) > 1:
        raise CheckpointError(f"the memory {tensor.name!r} of {name} has no fixed size: export it with one")
    return tensor


def _fits(shape: tuple[int | None, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(
        one in (None, other) or other is None for one, other in zip(shape, wanted, strict=True)
    )


def _sizes(tensor: Tensor) -> str:
    return f"{' x '.join('any' if size is None else str(size) for size in tensor.shape) or 'one'} {tensor.kind}"


def _shape_of(model: OnnxModel, seen: Any, kind: str) -> tuple[int, ...]:
    """Return the shape in which a game's observation goes into a model, one row of a batch where it has room for one."""
    wanted = model.observation
    try:
        array = np.asarray(seen)
    except ValueError:  # of rows that are not equally long
        array = np.asarray(None)
    if array.dtype.kind not in "biuf":
        raise CheckpointError(
            f"{kind} shows {type(seen).__name__}, and {model.name} takes one array of numbers: flatten it first"
        )
    if wanted.kind in _WHOLE and array.dtype.kind == "f":
        raise CheckpointError(
            f"{model.name} takes {wanted.kind}, and {kind} shows {array.dtype.name}, which has fractions: export it for float32"
        )
    if wanted.kind in ("uint8", "float16", "bool") and array.dtype.name != wanted.kind:
        raise CheckpointError(
            f"{model.name} takes {wanted.kind}, into which not all of the {array.dtype.name} fit that {kind} shows:"
            " export it for float32"
        )
    for shape in ((1, *array.shape), array.shape, (1, array.size), (array.size,)):
        if _fits(wanted.shape, shape):
            return shape
    shown = " x ".join(map(str, array.shape)) or "one"
    raise CheckpointError(
        f"{model.name} takes an observation of {_sizes(wanted)}, and {kind} shows {shown} {array.dtype.name}:"
        " train one for this game"
    )
