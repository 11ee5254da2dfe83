"""One hash of what was played: the confirmed inputs, the final state, the scores. Knows bytes; knows no match.

It is the same in every process and on every machine, and says nothing of how the match was played: what was predicted,
resimulated or measured is no part of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

from rollback.errors import UsageError
from rollback.game import ActionCodec
from rollback.state import checksum

__all__ = ["Tape", "scores_of"]

FORMAT: Final = b"rollback match 1"


class Tape:
    """Takes the inputs of a match, frame by frame and player by player, and makes the digest.

    Args:
        codecs: One a player; their widths tell the inputs apart.

    Attributes:
        inputs: What waits to be hashed; append each frame's inputs, and call `wind` now and then.
    """

    __slots__ = ("_hash", "inputs")

    def __init__(self, codecs: Sequence[ActionCodec]) -> None:
        self.inputs = bytearray(FORMAT + bytes([len(codecs), *(codec.size for codec in codecs)]))
        self._hash = sha256()

    def wind(self) -> None:
        """Hash what waits."""
        self._hash.update(self.inputs)
        self.inputs.clear()

    def digest(self, game: Any, frames: int, scores: tuple[float, ...]) -> str:
        """Return the digest of a match that ended in this state; where a snapshot is no state tree, inputs and scores decide.

        Args:
            game: In its final state.
            frames: How many were played.
            scores: As `scores_of` returns them.
        """
        digest = getattr(game, "digest", None)
        try:
            value = checksum(digest() if digest is not None else game.save())
        except UsageError:
            if digest is not None:
                raise  # it is there to be a state tree
            value = 0
        self.inputs += f"{frames} {value:016x} {scores!r}".encode()
        self.wind()
        return self._hash.hexdigest()


def scores_of(game: Any) -> tuple[float, ...]:
    """Return the scores of a game as Python's own numbers, those that JSON can hold; empty where it counts none."""
    scores = getattr(game, "scores", None)
    return () if scores is None else tuple([_plain(score) for score in scores()])


def _plain(score: Any) -> float:
    if type(score) is int or type(score) is float:
        return score
    if isinstance(score, int):
        return int(score)
    item = getattr(score, "item", None)  # NumPy's numbers, and arrays of one
    value = item() if item is not None else score
    return int(value) if isinstance(value, int) else float(value)
