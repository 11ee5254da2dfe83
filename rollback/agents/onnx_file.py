"""What stands in an ONNX file, looked at before anything runs it. Knows the format's bytes; knows no runtime and no game.

A model is a program in the Protocol Buffers of ONNX (onnx.proto3 names the field numbers used here). The runtime would also
follow it to other files, to operators of others, to loops without an end and to dice of its own: none of that is a policy
that plays alike everywhere, so it is refused here, before the runtime sees a byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from rollback.agents.checkpoints.limits import MAX_FILE
from rollback.errors import CheckpointError

__all__ = ["ENDING", "KINDS", "ModelFacts", "Tensor", "facts_of"]

ENDING: Final = ".onnx"

# Kinds of numbers by their number in `TensorProto.DataType`; of others no observation, memory or action is made.
KINDS: Final = {1: "float32", 2: "uint8", 6: "int32", 7: "int64", 9: "bool", 10: "float16", 11: "float64"}

MOST_NODES: Final = 10_000  # a network of a hundred layers has some hundred
MOST_TENSORS: Final = 16  # that go in, and that come out
MOST_DIMENSIONS: Final = 8
_LONGEST_NAME: Final = 200  # characters

_STANDARD: Final = ("", "ai.onnx", "ai.onnx.ml")
_DICE: Final = ("Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike")
_EXTERNAL: Final = 1  # `TensorProto.DataLocation`


@dataclass(frozen=True, slots=True)
class Tensor:
    """What goes into a model, or comes out of it.

    Attributes:
        name: Its name.
        kind: Of its numbers, in NumPy's words.
        shape: Its sizes; None where any will do.
    """

    name: str
    kind: str
    shape: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a model takes and gives, in its order."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


def facts_of(content: bytes, name: str = "the model") -> ModelFacts:
    """Return what a model takes and gives.

    Args:
        content: The bytes of the file.
        name: What messages call it.

    Raises:
        CheckpointError: It is too large, no ONNX model, or one that needs what is refused here.
    """
    if len(content) > MAX_FILE:
        raise CheckpointError(f"{name} is larger than {MAX_FILE >> 20} MiB: a policy of that size is not played here")
    try:
        return _facts(content, name)
    except _Unreadable as error:
        raise CheckpointError(f"{name} is no ONNX model: {error}") from None


class _Unreadable(Exception):
    """Bytes that are not what they should be."""


def _facts(content: bytes, name: str) -> ModelFacts:
    graphs = []
    for number, value in _fields(content):
        if number == 7:
            graphs.append(_message(value))
        elif number == 20:
            raise CheckpointError(f"{name} holds how it is trained besides: export it for inference alone")
        elif number == 25:
            raise CheckpointError(f"{name} defines functions of its own: export it with standard operators alone")
    if len(graphs) != 1:
        raise _Unreadable("its end is cut off, or it is another kind of file")
    nodes = 0
    weights: set[str] = set()
    inputs: list[bytes] = []
    outputs: list[bytes] = []
    for number, value in _fields(graphs[0]):
        if number == 1:
            nodes += 1
            if nodes > MOST_NODES:
                raise CheckpointError(f"{name} has more than {MOST_NODES} operators: a policy of that size is not played here")
            _check_node(_message(value), name)
        elif number == 5:
            weights.add(_check_weights(_message(value), name))
        elif number == 15:
            for part, inner in _fields(_message(value)):
                if part in (1, 2):
                    weights.add(_check_weights(_message(inner), name))
        elif number == 11:
            inputs.append(_message(value))
        elif number == 12:
            outputs.append(_message(value))
    # Older files list the weights among what goes in.
    taken = [tensor for tensor in (_named(value) for value in inputs) if tensor[0] not in weights]
    given = [_named(value) for value in outputs]
    for what, found in (("takes", taken), ("gives", given)):
        if not 1 <= len(found) <= MOST_TENSORS:
            raise CheckpointError(f"{name} {what} {len(found)} tensors: a policy {what} 1 to {MOST_TENSORS}")
    return ModelFacts(tuple(_tensor(*each, name) for each in taken), tuple(_tensor(*each, name) for each in given))


def _check_node(node: bytes, name: str) -> None:
    kind = ""
    for number, value in _fields(node):
        if number == 4:
            kind = _text(value)
        elif number == 7 and _text(value) not in _STANDARD:
            raise CheckpointError(
                f"{name} needs operators of {_text(value)!r:.80}: export it with those of the ONNX standard alone"
            )
        elif number == 5:
            _check_attribute(_message(value), name)
    if kind in _DICE:
        raise CheckpointError(f"{name} throws dice of its own ({kind}), and a replay would differ: export it deterministic")


def _check_attribute(attribute: bytes, name: str) -> None:
    for number, value in _fields(attribute):
        if number in (6, 11):
            raise CheckpointError(f"{name} has branches or loops, which need not end: export it without control flow")
        if number in (5, 10):
            _check_weights(_message(value), name)
        elif number in (22, 23):
            for part, inner in _fields(_message(value)):
                if part in (1, 2):
                    _check_weights(_message(inner), name)


def _check_weights(tensor: bytes, name: str) -> str:
    """Return the name of a tensor whose numbers stand in the file itself."""
    called = ""
    for number, value in _fields(tensor):
        if number == 8:
            called = _text(value)
        elif number == 13 or (number == 14 and value == _EXTERNAL):
            raise CheckpointError(f"{name} keeps its weights in another file: save it as one file, without external data")
    return called


def _named(value: bytes) -> tuple[str, bytes]:
    name, kind = "", b""
    for number, found in _fields(value):
        if number == 1:
            name = _text(found)
        elif number == 2:
            kind = _message(found)
    return name, kind


def _tensor(called: str, kind: bytes, name: str) -> Tensor:
    element: Any = None
    shape: list[int | None] = []
    has_shape = False
    for number, value in _fields(kind):
        if number != 1:
            continue
        for part, inner in _fields(_message(value)):
            if part == 1:
                element = inner
            elif part == 2:
                has_shape = True
                shape += [_size(_message(each)) for key, each in _fields(_message(inner)) if key == 1]
    found = KINDS.get(element)
    if found is None:
        raise CheckpointError(f"{called!r} of {name} is none of {', '.join(KINDS.values())}: export it so that it is")
    if not has_shape or len(shape) > MOST_DIMENSIONS:
        raise CheckpointError(f"{called!r} of {name} has no shape of at most {MOST_DIMENSIONS} dimensions: export it with one")
    return Tensor(called, found, tuple(shape))


def _size(dimension: bytes) -> int | None:
    size = None
    for number, value in _fields(dimension):
        if number == 1 and isinstance(value, int):
            size = value if value < 1 << 31 else None  # a negative size means any
    return size


def _text(value: int | bytes) -> str:
    try:
        text = _message(value).decode()
    except UnicodeDecodeError:
        raise _Unreadable("a name in it is no text") from None
    if len(text) > _LONGEST_NAME:
        raise _Unreadable(f"a name in it is longer than {_LONGEST_NAME} characters")
    return text


def _message(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise _Unreadable("a number stands where there should be more")
    return value


def _fields(content: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Walk over the fields of a message: their numbers, and a whole number or bytes."""
    at, end = 0, len(content)
    while at < end:
        tag, at = _varint(content, at)
        kind = tag & 7
        if kind == 0:
            number, at = _varint(content, at)
            yield tag >> 3, number
            continue
        if kind == 2:
            length, at = _varint(content, at)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise _Unreadable("it is written as no model is")
        if at + length > end:
            raise _Unreadable("its end is cut off, or it is another kind of file")
        yield tag >> 3, content[at : at + length]
        at += length


def _varint(content: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while at < len(content) and shift < 70:
        byte = content[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7
    raise _Unreadable("its end is cut off, or it is another kind of file")
