"""Small ONNX models, written byte by byte, and what computes them where onnxruntime is not installed."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rollback.agents.onnx_file import KINDS, _fields, facts_of

NUMBERS = {kind: number for number, kind in KINDS.items()} | {"string": 8}
Put = tuple[str, str, Sequence[int | str | None]]  # name, kind, shape


def varint(number: int) -> bytes:
    number &= 2**64 - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def field(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def node(kind: str, taken: Sequence[str], given: Sequence[str], domain: str = "", more: bytes = b"", **whole: int) -> bytes:
    attributes = [field(5, field(1, name) + field(3, value) + field(20, 2)) for name, value in whole.items()]
    return b"".join(
        [*(field(1, each) for each in taken), *(field(2, each) for each in given), field(4, kind), *attributes, more]
        + ([field(7, domain)] if domain else [])
    )


def weights(name: str, values: Any, more: bytes = b"") -> bytes:
    array = np.asarray(values)
    sizes = b"".join(field(1, size) for size in array.shape)
    return sizes + field(2, NUMBERS[array.dtype.name]) + field(8, name) + field(9, array.tobytes()) + more


def tensor(name: str, kind: str, shape: Sequence[int | str | None]) -> bytes:
    sizes = b"".join(field(1, field(1, size) if isinstance(size, int) else field(2, size) if size else b"") for size in shape)
    return field(1, name) + field(2, field(1, field(1, NUMBERS[kind]) + field(2, sizes)))


def model(
    nodes: Sequence[bytes],
    taken: Sequence[Put],
    given: Sequence[Put],
    kept: Sequence[bytes] = (),
    more: bytes = b"",
    graph: bytes = b"",
) -> bytes:
    parts = [(1, nodes), (5, kept), (11, [tensor(*each) for each in taken]), (12, [tensor(*each) for each in given])]
    inside = b"".join(field(number, each) for number, several in parts for each in several)
    return field(1, 8) + field(7, field(2, "policy") + inside + graph) + field(8, field(1, "") + field(2, 17)) + more


def linear(table: Any, bias: Any, name: str = "action", batch: int | str | None = 1) -> bytes:
    """Return a model that answers `observation @ table + bias`."""
    matrix, row = np.asarray(table, np.float32), np.asarray(bias, np.float32)
    return model(
        [node("MatMul", ["observation", "w"], ["x"]), node("Add", ["x", "b"], [name])],
        [("observation", "float32", [batch, matrix.shape[0]])],
        [(name, "float32", [batch, matrix.shape[1]])],
        [weights("w", matrix), weights("b", row)],
    )


def chaser() -> bytes:
    """Return a model for Pong that follows the ball: up where it is above the own paddle, down where it is below."""
    table = np.zeros((9, 2))
    table[0], table[3] = (1, -1), (-1, 1)
    return linear(table, [-300, -300], "logits")


def counter(limit: int = 3) -> bytes:
    """Return a model for Pong with a memory: it presses up in every frame after the first `limit`."""
    return model(
        [
            node("Add", ["count", "one"], ["count_out"]),
            node("Concat", ["count", "zero"], ["both"], axis=1),
            node("Sub", ["both", "limit"], ["logits"]),
        ],
        [("observation", "float32", [None, 9]), ("count", "float32", [None, 1])],
        [("logits", "float32", [None, 2]), ("count_out", "float32", [None, 1])],
        [
            weights("one", np.ones((1, 1), np.float32)),
            weights("zero", np.zeros((1, 1), np.float32)),
            weights("limit", np.full((1, 2), limit - 0.5, np.float32)),
        ],
    )


class StandIn:
    """A runtime for the few operators that are needed here, as strict as the true one about what goes in."""

    made: list[Any] = []  # noqa: RUF012 - the options of every session, for tests to look at

    def __init__(self, content: bytes, sess_options: Any, providers: list[str]) -> None:
        self.made.append((vars(sess_options), providers))
        graph = next(value for number, value in _fields(content) if number == 7)
        assert isinstance(graph, bytes)
        self.facts = facts_of(content)
        self.nodes = [_node(value) for number, value in _fields(graph) if number == 1]
        self.kept = dict(_weights(value) for number, value in _fields(graph) if number == 5)
        for kind, *_ in self.nodes:
            if kind not in OPERATORS:
                raise RuntimeError(f"no operator {kind}\nand a second line")

    def run(self, wanted: list[str], feeds: Mapping[str, Any]) -> list[Any]:
        for each in self.facts.inputs:
            given = feeds[each.name]
            if given.dtype != each.kind or len(given.shape) != len(each.shape):
                raise ValueError(f"{each.name} is {given.dtype} {given.shape}")
        values = {**self.kept, **feeds}
        for kind, taken, (given,), settings in self.nodes:
            with np.errstate(all="ignore"):
                values[given] = OPERATORS[kind](*(values[name] for name in taken), **settings)
        return [values[name] for name in wanted]


OPERATORS: dict[str, Any] = {
    "MatMul": np.matmul,
    "Add": np.add,
    "Sub": np.subtract,
    "Identity": np.copy,
    "Concat": lambda *parts, axis: np.concatenate(parts, axis),
    "ArgMax": lambda values, axis, keepdims: values.argmax(axis, keepdims=bool(keepdims)),
    "Cast": lambda values, to: values.astype(KINDS[to]),
}


def _node(content: Any) -> tuple[str, list[str], list[str], dict[str, int]]:
    taken, given, kind, settings = [], [], "", {}
    for number, value in _fields(content):
        if number == 5:
            attribute: Any = dict(_fields(value))  # type: ignore[arg-type]
            settings[attribute[1].decode()] = attribute[3]
        elif isinstance(value, bytes):
            text = value.decode()
            if number == 4:
                kind = text
            elif number in (1, 2):
                (taken if number == 1 else given).append(text)
    return kind, taken, given, settings


def _weights(content: Any) -> tuple[str, Any]:
    parts = list(_fields(content))
    sizes = [value for number, value in parts if number == 1]
    found: Any = dict(parts)
    return found[8].decode(), np.frombuffer(found[9], KINDS[found[2]]).reshape(sizes)  # type: ignore[arg-type]


def stand_in() -> ModuleType:
    module = ModuleType("onnxruntime")
    module.SessionOptions = SimpleNamespace  # type: ignore[attr-defined]
    module.ExecutionMode = SimpleNamespace(ORT_SEQUENTIAL="sequential")  # type: ignore[attr-defined]
    module.InferenceSession = StandIn  # type: ignore[attr-defined]
    return module


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let models be computed: by onnxruntime where it is installed, by the stand-in elsewhere."""
    if find_spec("onnxruntime") is None:
        monkeypatch.setitem(sys.modules, "onnxruntime", stand_in())
