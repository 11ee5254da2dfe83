"""A game played beside the training, by what has been learned so far, for a page to draw. The training knows nothing of it.

```
{"kind": "tetris", "columns": 10, "visible": 20, "rows": [0, ...], "piece": 3, "next": [1, 5, ...], "lines": 12, "pieces": 31,
 "placements": [{"cells": [[4, 0], ...], "value": -5120, "action": 14}, ...],
 "weights": {"landing height": -1263, ...}, "generation": 3}
```

`rows` are ten-bit masks, the bottom row first, bit 0 at the left; pieces are numbers into " IJLOSTZ"; `placements` are the best
places for the piece, the best first, their cells as column and row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rollback.agents.training.tetris_trial import TetrisTrial
from rollback.games.tetris_board import VISIBLE, afterstates, rows_of
from rollback.games.tetris_features import FEATURES, value
from rollback.games.tetris_pieces import COLUMNS, ORIENTED
from rollback.games.tetris_rules import NEXT

__all__ = ["Show"]

LONGEST: Final = 5_000  # pieces of a game
SHOWN: Final = 5  # placements


class Show:
    """One game after the other.

    Args:
        seed: Of the first game's pieces; the others follow.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._trial = TetrisTrial((0,) * len(FEATURES), seed, VISIBLE, LONGEST)
        self._generation = 0

    def move(self, weights: Sequence[int], generation: int) -> None:
        """Place a piece; where the game is over, begin one with these weights instead."""
        if self._trial.is_over or not self._trial.placed:
            self._seed += 1
            self._trial = TetrisTrial(weights, self._seed, VISIBLE, LONGEST)
            self._generation = generation
        self._trial.run(1)

    def picture(self) -> dict[str, Any]:
        """Return what a page draws."""
        trial = self._trial
        piece, *following = trial.next(1 + NEXT) or [0]
        return {
            "kind": "tetris",
            "columns": COLUMNS,
            "visible": VISIBLE,
            "rows": list(rows_of(trial.board)),
            "piece": piece,
            "next": following,
            "lines": trial.lines,
            "pieces": trial.placed,
            "placements": [] if trial.is_over else placements(trial.board, piece, trial.weights),
            "weights": dict(zip(FEATURES, trial.weights, strict=True)),
            "generation": self._generation,
        }


def placements(board: int, piece: int, weights: Sequence[int]) -> list[dict[str, Any]]:
    """Return the best places for a piece, the best first."""
    judged = sorted([(-value(after, weights), after.action, after.landing) for after in afterstates(board, piece)])
    found = []
    for lack, action, landing in judged[:SHOWN]:
        rotation, column = divmod(action, COLUMNS)
        masks = ORIENTED[4 * piece + rotation].row_masks
        lowest = (landing - len(masks) + 1) // 2
        cells = [[column + x, lowest + y] for y, bits in enumerate(masks) for x in range(4) if bits >> x & 1]
        found.append({"cells": cells, "value": -lack, "action": action})
    return found
