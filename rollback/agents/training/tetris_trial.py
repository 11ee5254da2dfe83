"""A game of Tetris alone, by placements and without hold, as a trial of weights. Knows no generation and no algorithm.

On a field of 20 rows it is what `rollback.games.Tetris` plays with `actions="placements"`, piece by piece; on a lower one
games end sooner, which costs less and tells good players apart that would all reach the last piece.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from rollback.agents.training.tetris_search import best_place
from rollback.errors import CheckpointError
from rollback.games.tetris_board import FULL_ROW, ROWS, board_of, rows_of
from rollback.games.tetris_pieces import COLUMNS, ORIENTED, SPAWN_X
from rollback.games.tetris_stack import Stack
from rollback.sim.pool.played import Played, Shared

__all__ = ["TetrisTrial", "TetrisTrialSpec"]

# The cells in which each piece appears, its lowest row being 0: it does so right above the field.
_APPEARS: Final = tuple(oriented.mask << SPAWN_X - oriented.least_x for oriented in ORIENTED[::4])


@lru_cache(maxsize=64)  # all candidates of a generation get the same ones
def pieces_of(seed: int, count: int) -> bytes:
    """Return the pieces that a seed gives, the first so many."""
    stack = Stack(seed, 1)
    return bytes([stack.draw_piece() for _ in range(count)])


class TetrisTrial:
    """One game under way.

    Args:
        weights: Whole numbers, one for each of `tetris_features.FEATURES`.
        seed: Of the pieces.
        rows: Of the field, 4 to 20.
        pieces: After how many it is over.

    Attributes:
        board: The field, see `tetris_board`.
        placed: Pieces so far.
        lines: Rows taken out so far.
        is_over: Whether it has ended.
    """

    __slots__ = ("_sequence", "board", "is_over", "lines", "pieces", "placed", "rows", "weights")

    def __init__(self, weights: Sequence[int], seed: int, rows: int, pieces: int) -> None:
        self.weights, self.rows, self.pieces = tuple(weights), rows, pieces
        self._sequence = pieces_of(seed, pieces)
        self.board = self.placed = self.lines = 0
        self.is_over = False

    def run(self, pieces: int) -> int:
        """Place so many pieces, or as many as there are; return how many."""
        board, placed, lines, rows, weights = self.board, self.placed, self.lines, self.rows, self.weights
        above = COLUMNS * rows
        for piece in self._sequence[placed : placed + pieces]:
            found = None if board >> above & _APPEARS[piece] else best_place(board, piece, weights, rows)
            if found is None:
                break
            _, _, board, cleared = found
            lines += cleared
            placed += 1
        made = placed - self.placed
        self.board, self.placed, self.lines = board, placed, lines
        self.is_over = placed >= self.pieces or not self._goes_on()
        return made

    def _goes_on(self) -> bool:
        """Return whether the next piece has a place: that the game has ended is told with its last piece, and not later."""
        piece = self._sequence[self.placed]
        if self.board >> COLUMNS * self.rows & _APPEARS[piece]:
            return False
        return best_place(self.board, piece, self.weights, self.rows) is not None

    def next(self, count: int) -> list[int]:
        """Return the pieces that come, the one to be placed now first."""
        return list(self._sequence[self.placed : self.placed + count])

    def result(self) -> tuple[int, int]:
        """Return lines and pieces."""
        return self.lines, self.placed

    def saved(self) -> dict[str, Any]:
        """Return what has changed since its start, as plain values."""
        return {"rows": list(rows_of(self.board, ROWS)), "placed": self.placed, "lines": self.lines}


@dataclass(frozen=True, slots=True)
class TetrisTrialSpec:
    """A whole trial as a match of `rollback.sim.simulate`: its score is the lines, and the frames are the pieces.

    Attributes:
        weights: Of whom.
        seed: Of the pieces.
        rows: Of the field.
        pieces: After how many it is over.
    """

    weights: tuple[int, ...]
    seed: int
    rows: int
    pieces: int

    def begin(self, saved: Mapping[str, Any] | None = None) -> TetrisTrial:
        """Return the trial at its start, or as it was saved.

        Raises:
            CheckpointError: What was saved is none of it.
        """
        trial = TetrisTrial(self.weights, self.seed, self.rows, self.pieces)
        if saved is None:
            return trial
        rows, placed, lines = saved.get("rows"), saved.get("placed"), saved.get("lines")
        if not isinstance(rows, list) or len(rows) != ROWS or not all(type(row) is int and 0 <= row < FULL_ROW for row in rows):
            raise CheckpointError(f"the game in the checkpoint has no field of {ROWS} rows: it cannot go on from there")
        if type(placed) is not int or type(lines) is not int or not (0 <= placed < self.pieces and 0 <= lines <= placed):
            raise CheckpointError("the game in the checkpoint has no count of pieces and lines: it cannot go on from there")
        trial.board, trial.placed, trial.lines = board_of(rows), placed, lines
        return trial

    @property
    def tags(self) -> Mapping[str, Any]:
        """Nothing: results come in the order of the specs."""
        return {}

    @property
    def name(self) -> str:
        """The game, for messages."""
        return "tetris"

    def play(self, seed: int, shared: Shared) -> Played:
        """Play it to its end."""
        trial = self.begin()
        trial.run(self.pieces)
        digest = hashlib.sha256(repr((trial.board, trial.placed, trial.lines)).encode()).hexdigest()
        return Played(digest, (trial.lines,), {"frames": trial.placed}, is_truncated=trial.placed == self.pieces)

    def to_dict(self) -> dict[str, Any]:
        """Return it as values that JSON can hold."""
        told = {"weights": list(self.weights), "seed": self.seed, "rows": self.rows, "pieces": self.pieces}
        return {"kind": "tetris trial", **told}

    def parcels(self) -> Mapping[str, Path | bytes]:
        """Return nothing: all of it is in the spec."""
        return {}
