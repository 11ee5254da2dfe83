"""The golden vectors: the format as bytes, held in both directions. A change here is a change of PROTOCOL."""

from __future__ import annotations

from collections import deque
from dataclasses import astuple
from typing import Any

import pytest

from rollback.wire import Line, decode_inputs, decode_message, encode_inputs, encode_message
from rollback.wire.inputs import (
    CHECKSUM,
    ECHO,
    FAR,
    INPUTS,
    LINE,
    MORE,
    encode_checksum,
    encode_line,
    encode_more,
)
from rollback.wire.limits import PROTOCOL
from rollback.wire.messages import KINDS
from rollback.wire.runs import change_between, encode_runs, payload_lengths
from tests.wire.golden import message_of, rows_of, vectors

GOLDEN = vectors()


@pytest.mark.parametrize("vector", GOLDEN["inputs"], ids=lambda vector: vector["note"])
def test_inputs_are_written_byte_for_byte(vector: dict[str, Any]) -> None:
    rows = rows_of(vector)
    changes: deque[Any] = deque()
    before = bytes(len(rows[0]))
    for frame, row in enumerate(rows):
        if row != before:
            changes.append((frame, *change_between(before, row)))
        before = row
    tokens, newest = encode_runs(changes, vector["acknowledged"], len(rows) - 1, 1_000)
    flags, blocks = vector["match"] << 5 | (ECHO if vector["echo"] else 0), b""
    if vector["checksum"]:
        flags, blocks = flags | CHECKSUM, blocks + encode_checksum(*vector["checksum"])
    if vector["line"]:
        flags, blocks = flags | LINE, blocks + encode_line(Line(*vector["line"]))
    if vector["more"]:
        flags, blocks = flags | MORE, blocks + encode_more(bytes.fromhex(vector["more"]))
    data = encode_inputs(flags, newest, vector["ack"], vector["advantage"], vector["confirmed"], blocks, tokens)
    assert data.hex() == vector["hex"]


@pytest.mark.parametrize("vector", GOLDEN["inputs"], ids=lambda vector: vector["note"])
def test_inputs_are_read_from_any_frame_that_was_acknowledged(vector: dict[str, Any]) -> None:
    rows = rows_of(vector)
    width = len(rows[0])
    for known in range(vector["acknowledged"], vector["newest"] + 1):
        last = rows[known] if known >= 0 else bytes(width)
        message = decode_inputs(bytes.fromhex(vector["hex"]), known, last, 1_000, payload_lengths(width))
        assert message.rows == rows[known + 1 :]
        for name in ("newest", "ack", "advantage", "confirmed"):
            assert getattr(message, name) == vector[name], name
        assert message.checksum == (tuple(vector["checksum"]) if vector["checksum"] else None)
        assert message.line == (Line(*vector["line"]) if vector["line"] else None)
        assert message.more == (bytes.fromhex(vector["more"]) if vector["more"] else None)
        assert (message.flags >> 5 & 3, bool(message.flags & ECHO)) == (vector["match"], vector["echo"])


@pytest.mark.parametrize("vector", GOLDEN["messages"], ids=lambda vector: vector["kind"])
def test_messages_are_written_and_read_byte_for_byte(vector: dict[str, Any]) -> None:
    message, data = message_of(vector), bytes.fromhex(vector["hex"])
    assert encode_message(message) == data
    assert repr(astuple(decode_message(data))) == repr(astuple(message))
    assert type(decode_message(data)) is type(message)


def test_every_kind_and_every_flag_has_a_vector() -> None:
    assert {vector["kind"] for vector in GOLDEN["messages"]} == {kind.__name__ for kind in KINDS.values()}
    seen = [bytes.fromhex(vector["hex"])[1] for vector in GOLDEN["inputs"]]
    for flag in (FAR, CHECKSUM, LINE, MORE, ECHO):
        assert any(flags & flag for flags in seen) and any(not flags & flag for flags in seen)
    assert all(flags & INPUTS for flags in seen)
    assert {flags >> 5 & 3 for flags in seen} >= {0, 1, 3}


def test_the_vectors_are_those_of_this_protocol() -> None:
    assert PROTOCOL == 2
    assert message_of(GOLDEN["messages"][0]).facts["protocol"] == PROTOCOL  # type: ignore[union-attr]
