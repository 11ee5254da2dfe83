"""Files that are no checkpoints: cut, flipped, foreign, or built by somebody who knows the format. None does any harm."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.agents.checkpoints import Array, Checkpoint
from rollback.agents.checkpoints.arrays import npy_from_array
from rollback.errors import CheckpointError
from tests.agents.checkpoints.made import made, rebuilt, retold, with_facts

GOOD = made().to_bytes()
SMALL = Checkpoint(algorithm="q", environment="e", versions={}, arrays={"q": Array.of([1.0])}).to_bytes()


def refused(content: bytes) -> str:
    with pytest.raises(CheckpointError) as caught:
        Checkpoint.load(content, "it.npz")
    sentence = str(caught.value)
    assert sentence.startswith("it.npz ") and "\n" not in sentence and len(sentence) < 400
    return sentence


def test_the_files_to_spoil_are_good_ones() -> None:
    assert Checkpoint.load(GOOD) == made() and Checkpoint.load(SMALL).arrays["q"].nested() == [1.0]
    assert Checkpoint.load(with_facts(GOOD)) == made() and rebuilt(GOOD, dict) == GOOD


def test_a_file_cut_at_any_byte_is_refused() -> None:
    for end in range(len(SMALL)):
        refused(SMALL[:end])


def test_a_file_with_any_byte_flipped_is_refused() -> None:
    dice = random.Random(3)
    whole = bytearray(SMALL)
    for place in range(len(whole)):
        kept, whole[place] = whole[place], whole[place] ^ dice.randrange(1, 256)
        refused(bytes(whole))
        whole[place] = kept


@settings(max_examples=200)
@given(st.binary(max_size=400))
def test_any_bytes_are_refused(content: bytes) -> None:
    refused(content)
    refused(b"PK\x03\x04" + content)
    refused(SMALL[:-93] + content + b"\0" + SMALL[-93:])


NUMBER = npy_from_array(Array.of([1.0]))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda members: {"q.npy": NUMBER}, "it does not say which agent it holds"),
        (lambda members: {}, "does not begin as an .npz file does"),
        (lambda members: {**members, "b.npy": b"text"}, "its array 'b.npy' is no array in the .npy format 1.0"),
        (lambda members: {**members, "b.txt": NUMBER}, "'b.txt' cannot be the name of an array"),
        (lambda members: {**members, "../../b.npy": NUMBER}, "'../../b' cannot be the name of an array"),
        (lambda members: {**members, "z": NUMBER}, "it is not written as checkpoints are"),
        (lambda members: {**members, "a.npy": NUMBER}, "it is not written as checkpoints are"),
        (lambda members: dict(reversed(members.items())), "it is not written as checkpoints are"),
        (lambda members: {**members, "meta.npy": NUMBER}, "what it says of itself is no row of at most 1048576 bytes"),
        (lambda members: {**members, "meta.npy": b""}, "what it says of itself is no array"),
        (lambda members: {**members, "q.npy": npy_from_array(made().arrays["q"]).replace(b"<f8", b">f8")}, "no array"),
        (lambda members: {**members, "q.npy": npy_from_array(made().arrays["q"]).replace(b"<f8", b"|O8")}, "no array"),
        (lambda members: {**members, "q.npy": npy_from_array(made().arrays["q"]).replace(b"2)", b"3)")}, "another count"),
    ],
    ids=range(13),
)
def test_other_contents_are_refused_under_a_right_hash_too(change: Any, told: str) -> None:
    assert told in refused(rebuilt(GOOD, change))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", "is no JSON"),
        (b"[]", "does not name exactly"),
        (b"{}", "does not name exactly"),
        (b'{"a":' * 100_000, "is nested deeper than 16 levels"),
        (b"[" * 1_000_000, "is nested deeper than 16 levels"),
        (b"x" * (1024 * 1024 + 1), "is no row of at most 1048576 bytes"),
        (b"\x80\x04\x95", "is no JSON"),
    ],
    ids=range(7),
)
def test_words_that_are_none_are_refused(text: bytes, told: str) -> None:
    assert told in refused(retold(GOOD, lambda _: text))


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"format": 2}, "format must be 1, not 2"),
        ({"more": 1}, "does not name exactly"),
        ({"algorithm": "../x"}, "cannot be the name of an algorithm"),
        ({"environment": "\x1b[2J"}, "the environment must be one line"),
        ({"environment": None}, "the environment must be one line"),
        ({"config_hash": 1}, "config_hash must be 64 hexadecimal digits"),
        ({"parameters": []}, "parameters must be a dict"),
        ({"parameters": {"a": "\ud800"}}, "no valid Unicode"),
        ({"step": -1}, "step must be a whole number"),
        ({"step": 1e3}, "step must be a whole number"),
        ({"episode": 10**30}, "episode must be a whole number"),
        ({"epsilon": 7}, "epsilon must be a number from 0 to 1"),
        ({"epsilon": 0}, "it is not written as checkpoints are"),
        ({"metrics": {"a": "high"}}, "the metric a must be a finite number"),
        ({"versions": {"a": "b\nc"}}, "the version of a must be one line"),
        ({"parent": "runs/x/best.npz"}, "parent must be 64 hexadecimal digits"),
        ({"random_state": [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}, "is nested deeper than 16 levels"),
    ],
)
def test_values_out_of_their_limits_are_refused_under_a_right_hash_too(facts: dict[str, Any], told: str) -> None:
    assert told in refused(with_facts(GOOD, **facts))


def test_the_same_value_written_another_way_is_refused() -> None:
    """So that one agent has one hash, which peers compare."""
    refused(retold(GOOD, lambda text: text.replace(b"0.25", b"0.250")))
    refused(retold(GOOD, lambda text: text + b" "))
    refused(retold(GOOD, lambda text: text.replace(b'"step":12345', b'"step":12345,"step":12345')))
    refused(retold(GOOD, lambda text: text.replace(b"0.25", b"1e999")))
    refused(retold(GOOD, lambda text: text.replace(b"0.25", b"NaN")))


@settings(max_examples=150)
@given(st.data())
def test_any_change_under_a_right_hash_is_refused_or_loads_exactly_what_stands_there(data: st.DataObject) -> None:
    def spoilt(members: dict[str, bytes]) -> None:
        name = data.draw(st.sampled_from(sorted(members)))
        content = bytearray(members[name])
        for _ in range(data.draw(st.integers(1, 3))):
            place = data.draw(st.integers(0, len(content) - 1))
            content[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
        members[name] = bytes(content)

    content = rebuilt(GOOD, spoilt)
    try:
        found = Checkpoint.load(content, "it.npz")
    except CheckpointError as error:
        assert str(error).startswith("it.npz ")
        return
    assert found.to_bytes() == content


def test_a_file_larger_than_any_checkpoint_is_not_read_whole(tmp_path: Path) -> None:
    with open(tmp_path / "x.npz", "wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(10 * 1024**3)  # a hole: it takes no room
    with pytest.raises(CheckpointError, match="it is no checkpoint"):
        Checkpoint.load(tmp_path / "x.npz")
