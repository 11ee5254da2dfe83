"""The eight features of a field after a placement that the strongest linear players of Tetris use. Knows no game.

They are those of Pierre Dellacherie (six, told by Colin Fahey, "Tetris AI", 2003) and of Christophe Thiery and Bruno
Scherrer, "Improvements on Learning Tetris with Cross Entropy", ICGA Journal 32 (2009), whose controller BCTS adds the
last two; its weights are `BCTS`. Everything is counted on the field as one number, whole rows at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rollback.games.tetris_board import ROWS, Afterstate
from rollback.games.tetris_pieces import COLUMNS

__all__ = ["BCTS", "FEATURES", "features", "value"]

FEATURES: Final = (
    "landing height",  # of the piece's middle, in half rows: its lowest row plus its highest, the floor's being 0
    "eroded cells",  # rows taken out, times the piece's cells that went with them
    "row transitions",  # changes between full and empty along the rows; the walls are full, so an empty row has two
    "column transitions",  # the same along the columns, from the floor, which is full, up to the highest row
    "holes",  # empty cells with a full one anywhere above
    "wells",  # empty cells between two full ones (or walls); n of them on top of each other count 1 + 2 + ... + n
    "hole depth",  # full cells above a hole in its column, summed over the holes
    "rows with holes",
)

# The published weights times 200, that of the landing height times 100, since here it is counted in half rows.
BCTS: Final = (-1_263, 1_320, -1_844, -3_954, -2_616, -2_098, -322, -4_808)

_EVERY_ROW: Final = sum(1 << COLUMNS * row for row in range(ROWS))
_LEFT_WALL: Final = _EVERY_ROW  # the leftmost cell of every row
_RIGHT_WALL: Final = _LEFT_WALL << COLUMNS - 1
_BUT_LAST: Final = _EVERY_ROW * ((1 << COLUMNS - 1) - 1)  # every cell but the rightmost of every row
_ALL: Final = (1 << COLUMNS * ROWS) - 1
_FLOOR: Final = (1 << COLUMNS) - 1


def features(after: Afterstate) -> tuple[int, int, int, int, int, int, int, int]:
    """Return the features that `FEATURES` names, in that order."""
    _, board, _, landing, eroded = after
    empty = board ^ _ALL
    rows = ((board ^ board >> 1) & _BUT_LAST).bit_count() + (empty & _LEFT_WALL).bit_count()
    rows += (empty & _RIGHT_WALL).bit_count()
    columns = (board ^ (board << COLUMNS | _FLOOR) & _ALL).bit_count()
    under = board >> COLUMNS  # what has a full cell above: each step reaches twice as far
    under |= under >> COLUMNS
    under |= under >> 2 * COLUMNS
    under |= under >> 4 * COLUMNS
    under |= under >> 8 * COLUMNS
    under |= under >> 16 * COLUMNS
    holes = under & empty
    wells = 0
    narrow = empty & (board << 1 | _LEFT_WALL) & (board >> 1 | _RIGHT_WALL)
    while narrow:  # cells that end a run of at least one, of two, ...
        wells += narrow.bit_count()
        narrow &= narrow >> COLUMNS
    if not holes:
        return landing, eroded, rows, columns, 0, wells, 0, 0
    depth = 0
    above = board >> COLUMNS
    while above:
        depth += (holes & above).bit_count()
        above >>= COLUMNS
    # A carry out of the first nine cells, or the tenth itself, marks a row that has any.
    marked = (((holes & _BUT_LAST) + _BUT_LAST) | holes) & _RIGHT_WALL
    return landing, eroded, rows, columns, holes.bit_count(), wells, depth, marked.bit_count()


def value(after: Afterstate, weights: Sequence[int] = BCTS) -> int:
    """Return how good a field is: its features, weighted."""
    return sum([weight * feature for weight, feature in zip(weights, features(after), strict=True)])
