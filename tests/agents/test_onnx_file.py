"""What stands in an ONNX file is told, and what would reach beyond it is refused, in one sentence each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rollback.agents import onnx_file
from rollback.agents.onnx_file import Tensor, facts_of
from rollback.errors import CheckpointError
from tests.agents.onnx_models import chaser, counter, field, linear, model, node, tensor, weights

IN = [("observation", "float32", [1, 9])]
OUT = [("action", "float32", [1, 2])]
SAME = [node("Identity", ["observation"], ["action"])]
ONE = np.ones(1, np.float32)
SPARSE = field(1, weights("s", ONE, field(14, 1))) + field(2, weights("i", ONE))


def test_what_goes_in_and_comes_out_is_told_in_order() -> None:
    facts = facts_of(counter())
    assert facts.inputs == (Tensor("observation", "float32", (None, 9)), Tensor("count", "float32", (None, 1)))
    assert facts.outputs == (Tensor("logits", "float32", (None, 2)), Tensor("count_out", "float32", (None, 1)))


@pytest.mark.parametrize("kind", sorted(set(onnx_file.KINDS.values())))
def test_every_kind_of_number_is_known_by_its_name(kind: str) -> None:
    facts = facts_of(model(SAME, [("observation", kind, [1, "many", None, -1])], OUT))
    assert facts.inputs == (Tensor("observation", kind, (1, None, None, None)),)


def test_the_weights_that_older_files_list_as_inputs_are_none() -> None:
    content = model(SAME, [("w", "float32", [1]), *IN], OUT, [weights("w", ONE)])
    assert [each.name for each in facts_of(content).inputs] == ["observation"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (model(SAME, IN, OUT, [weights("w", ONE, field(14, 1))]), "keeps its weights in another file"),
        (model(SAME, IN, OUT, [weights("w", ONE, field(13, field(1, "location")))]), "keeps its weights in another file"),
        (model(SAME, IN, OUT, [weights("w", ONE, field(14, 1) + field(14, 0))]), "keeps its weights in another file"),
        (model(SAME, IN, OUT, graph=field(15, SPARSE)), "keeps its weights in another file"),
        (
            model([node("Constant", [], ["c"], more=field(5, field(5, weights("", ONE, field(14, 1)))))], IN, OUT),
            "keeps its weights in another file",
        ),
        (
            model([node("Constant", [], ["c"], more=field(5, field(22, SPARSE)))], IN, OUT),
            "keeps its weights in another file",
        ),
        (model([node("Gelu", ["observation"], ["action"], "com.microsoft")], IN, OUT), "needs operators of 'com.microsoft'"),
        (model([node("Mine", ["observation"], ["action"], "evil.example")], IN, OUT), "with those of the ONNX standard alone"),
        (model([node("Loop", [], ["action"], more=field(5, field(6, b"")))], IN, OUT), "has branches or loops"),
        (model([node("Scan", [], ["action"], more=field(5, field(11, b"")))], IN, OUT), "has branches or loops"),
        (model([node("RandomNormal", [], ["action"])], IN, OUT), "throws dice of its own (RandomNormal)"),
        (model([node("Bernoulli", ["observation"], ["action"])], IN, OUT), "throws dice of its own (Bernoulli)"),
        (model(SAME, IN, OUT, more=field(25, b"")), "defines functions of its own"),
        (model(SAME, IN, OUT, more=field(20, b"")), "holds how it is trained besides"),
        (model(SAME, [], OUT), "takes 0 tensors: a policy takes 1 to 16"),
        (model(SAME, IN, OUT * 17), "gives 17 tensors: a policy gives 1 to 16"),
        (model(SAME, [("observation", "string", [1])], OUT), "'observation' of m.onnx is none of float32, "),
        (model(SAME, [("observation", "float32", [1] * 9)], OUT), "has no shape of at most 8 dimensions"),
        (model(SAME, IN, [], graph=field(12, field(1, "a") + field(2, field(1, field(1, 1))))), "has no shape of at most 8"),
        (b"", "m.onnx is no ONNX model: its end is cut off, or it is another kind of file"),
        (b"PK\3\4 and so on", "m.onnx is no ONNX model"),
        (chaser()[:-20], "m.onnx is no ONNX model: its end is cut off"),
        (chaser() * 2, "m.onnx is no ONNX model"),
        (field(7, 5), "a number stands where there should be more"),
        (field(7, field(1, field(4, b"\xff"))), "a name in it is no text"),
        (field(7, field(1, field(4, "x" * 201))), "a name in it is longer than 200 characters"),
        (b"\x0b", "it is written as no model is"),
        (b"\xff" * 20, "its end is cut off"),
        (field(8, b"")[:-1] + b"\xff\xff\xff\xff\x7f", "its end is cut off"),
    ],
)
def test_what_is_no_policy_alone_is_refused_in_one_sentence(content: bytes, told: str) -> None:
    with pytest.raises(CheckpointError) as caught:
        facts_of(content, "m.onnx")
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_too_many_operators_and_too_many_bytes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    many = model(SAME * 11, IN, OUT)
    assert facts_of(many)
    monkeypatch.setattr(onnx_file, "MOST_NODES", 10)
    with pytest.raises(CheckpointError, match="more than 10 operators"):
        facts_of(many)
    monkeypatch.setattr(onnx_file, "MAX_FILE", len(many) - 1)
    with pytest.raises(CheckpointError, match="larger than 0 MiB"):
        facts_of(many)


@given(st.binary(max_size=200))
@example(tensor("a", "float32", [1]))
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    with pytest.raises(CheckpointError):
        facts_of(content)


@given(st.data())
def test_no_flipped_byte_raises_anything_else(data: st.DataObject) -> None:
    content = bytearray(linear([[1.0], [2.0]], [3.0]))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] = data.draw(st.integers(0, 255))
    found: Any = None
    try:
        found = facts_of(bytes(content))
    except CheckpointError as error:
        assert "\n" not in str(error)
    else:
        assert 1 <= len(found.inputs) <= 16 and 1 <= len(found.outputs) <= 16
