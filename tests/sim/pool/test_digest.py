"""The digest: what it is made of, and that nothing of it is lost."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from rollback.errors import UsageError
from rollback.game import Raw, UInt
from rollback.sim.pool.digest import Tape, scores_of
from rollback.state import checksum
from tests.sim.pool.games import Endless, Opaque, Sums

BYTES = (UInt(8), UInt(8))


class Odd(Sums):
    def __init__(self, scores: Sequence[Any]) -> None:
        super().__init__()
        self.wanted = scores

    def scores(self) -> Sequence[Any]:
        return self.wanted


def test_a_digest_is_the_hash_of_inputs_frames_final_checksum_and_scores() -> None:
    """Golden: whoever holds old results compares them with new ones."""
    game = Sums()
    tape = Tape((UInt(8), Raw(2)))
    tape.inputs += b"\1\2\3" + b"\4\5\6"
    found = tape.digest(game, 2, (1, 2.5))
    written = b"rollback match 1" + bytes([2, 1, 2]) + b"\1\2\3\4\5\6" + f"2 {checksum(game.save()):016x} (1, 2.5)".encode()
    assert found == hashlib.sha256(written).hexdigest()


def test_winding_the_tape_changes_nothing_but_what_it_takes() -> None:
    one, two = Tape((UInt(8),)), Tape((UInt(8),))
    for value in range(200):
        one.inputs += bytes([value])
        two.inputs += bytes([value])
        if value % 7 == 0:
            two.wind()
            assert len(two.inputs) == 0
    assert one.digest(Sums(), 200, ()) == two.digest(Sums(), 200, ())


def test_everything_that_was_played_is_in_the_digest() -> None:
    def digest(codecs: Any = BYTES, inputs: bytes = b"\1\2", frames: int = 1, scores: Any = (1,), value: int = 0) -> str:
        game = Sums()
        game.value = value
        tape = Tape(codecs)
        tape.inputs += inputs
        return tape.digest(game, frames, scores)

    others = [
        digest(),
        digest(codecs=(Raw(2),)),
        digest(inputs=b"\2\1"),
        digest(frames=2),
        digest(scores=(2,)),
        digest(scores=(1.0,)),
        digest(scores=()),
        digest(value=1),
    ]
    assert len(set(others)) == len(others) and digest() == others[0]


def test_an_opaque_snapshot_leaves_inputs_and_scores_to_decide() -> None:
    one, two = Opaque(), Opaque()
    two.value = 5
    assert (
        Tape((UInt(8),)).digest(one, 1, (1,)) == Tape((UInt(8),)).digest(two, 1, (1,)) != Tape((UInt(8),)).digest(two, 1, (2,))
    )
    two.digest = lambda: {"value": two.value}  # type: ignore[attr-defined]
    assert Tape(BYTES).digest(one, 1, (1,)) != Tape(BYTES).digest(two, 1, (1,))


def test_a_digest_method_that_returns_no_tree_is_told() -> None:
    game = Sums()
    game.digest = lambda: object()  # type: ignore[attr-defined]
    with pytest.raises(UsageError):
        Tape((UInt(8),)).digest(game, 1, ())


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ([1, 2.5], (1, 2.5)),
        ((np.int64(3), np.float32(0.5)), (3, 0.5)),
        (np.array([1, 2], np.uint8), (1, 2)),
        (np.array([0.25]), (0.25,)),
        ([True, np.bool_(False)], (1, 0)),
        ([np.longdouble(0.5)], (0.5,)),
        ([], ()),
    ],
)
def test_scores_are_pythons_own_numbers(given: Any, wanted: tuple[float, ...]) -> None:
    found = scores_of(Odd(given))
    assert found == wanted and all(type(score) in (int, float) for score in found)
    assert json.loads(json.dumps(found)) == list(wanted)


def test_a_game_that_counts_nothing_has_no_scores() -> None:
    assert scores_of(Endless()) == ()
