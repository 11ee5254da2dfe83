"""The number of the match in every datagram and blob: marked, told apart, and taken off without a trace."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.errors import WireError
from rollback.wire import decode_message
from rollback.wire.blobs import KINDS as BLOBS
from rollback.wire.blobs import Reloaded, encode_blob
from rollback.wire.inputs import BLOCKS, ECHO, INPUTS
from rollback.wire.matches import MATCHES, mark, match_of, unmark
from rollback.wire.messages import KINDS as MESSAGES
from tests.wire.golden import vectors

GOLDEN = vectors()


@pytest.mark.parametrize("match", range(MATCHES))
def test_a_message_is_marked_and_comes_back_as_it_was(match: int) -> None:
    for data in [bytes.fromhex(vector["hex"]) for vector in GOLDEN["messages"]] + [encode_blob(Reloaded(60, 120))]:
        marked = mark(data, match)
        assert match_of(marked) == match and len(marked) == len(data)
        assert unmark(marked) == data
        assert (marked == data) == (match == 0)
        assert not marked[1] & INPUTS


def test_the_marks_are_these_bytes() -> None:
    bye = next(bytes.fromhex(vector["hex"]) for vector in GOLDEN["messages"] if vector["kind"] == "Bye")
    assert [mark(bye, match)[:2].hex() for match in range(MATCHES)] == ["0002", "0022", "0042", "0062"]


def test_a_marked_message_is_read_by_nobody_who_did_not_look_at_the_mark() -> None:
    for vector in GOLDEN["messages"]:
        for match in range(1, MATCHES):
            with pytest.raises(WireError, match="kind"):
                decode_message(mark(bytes.fromhex(vector["hex"]), match))


def test_the_hot_message_has_its_number_in_the_same_place() -> None:
    for vector in GOLDEN["inputs"]:
        assert match_of(bytes.fromhex(vector["hex"])) == vector["match"]
    assert {vector["match"] for vector in GOLDEN["inputs"]} > {0}


def test_no_kind_and_no_flag_stands_where_the_number_is() -> None:
    assert all(match_of(bytes((0, kind))) == 0 for kind in (*MESSAGES, *BLOBS))
    assert match_of(bytes((0, INPUTS | BLOCKS | ECHO))) == 0


@given(st.binary(max_size=20))
def test_any_bytes_have_a_number_and_lose_it(data: bytes) -> None:
    assert 0 <= match_of(data) < MATCHES
    assert match_of(unmark(data)) == 0 and len(unmark(data)) == len(data)
    assert unmark(data)[2:] == data[2:]
