"""A field as one whole number, and where a piece dropped from above comes to lie. Knows pieces; knows no player.

Bit `10 * row + column` is a cell, row 0 at the bottom, column 0 at the left. The walls need no bits: `ORIENTED` knows
where each shape touches them. As rows a field is a tuple of ten-bit masks, the bottom row first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from rollback.games.tetris_pieces import COLUMNS, ORIENTED, TURNS

__all__ = [
    "ACTIONS",
    "FULL_ROW",
    "HIDDEN",
    "ROWS",
    "VISIBLE",
    "Afterstate",
    "action_of",
    "after",
    "afterstates",
    "board_of",
    "dropped",
    "fits",
    "nearest",
    "rows_of",
]

VISIBLE: Final = 20
HIDDEN: Final = 4
ROWS: Final = VISIBLE + HIDDEN
FULL_ROW: Final = (1 << COLUMNS) - 1
ACTIONS: Final = 2 * 4 * COLUMNS  # of the placement mode: use hold or not, rotation, column of the leftmost cell


class Afterstate(NamedTuple):
    """A field after a placement, before any garbage comes.

    Attributes:
        action: The placement as one number, see `action_of`.
        board: The field as one number, full rows taken out.
        lines: Rows taken out.
        landing: Landing height in half rows: the lowest row of the piece (from 0) plus the highest.
        eroded: Rows taken out, times the cells of the piece that went with them.
    """

    action: int
    board: int
    lines: int
    landing: int
    eroded: int

    @property
    def rows(self) -> tuple[int, ...]:
        """The field as row masks, the bottom row first."""
        return rows_of(self.board)


def action_of(rotation: int, column: int, *, hold: bool = False) -> int:
    """Return a placement as one number: 40 for using hold, plus 10 a quarter turn, plus the leftmost cell's column."""
    return (4 * COLUMNS if hold else 0) + COLUMNS * rotation + column


def board_of(rows: Sequence[int]) -> int:
    """Return the field of row masks, the bottom row first."""
    board = 0
    for row in reversed(rows):
        board = board << COLUMNS | row
    return board


def rows_of(board: int, rows: int = ROWS) -> tuple[int, ...]:
    """Return the row masks of a field, the bottom row first."""
    return tuple([board >> shift & FULL_ROW for shift in range(0, COLUMNS * rows, COLUMNS)])


def fits(board: int, shape: int, x: int, y: int) -> bool:
    """Whether a shape (4 * piece + rotation) lies within the walls and on free cells; above the field all is free."""
    mask, least_x, greatest_x, least_y, offset, _, _, _ = ORIENTED[shape]
    return least_x <= x <= greatest_x and y >= least_y and not board >> COLUMNS * y + x + offset & mask


def dropped(board: int, shape: int, column: int) -> int:
    """Return the lowest row of a shape that falls from above with its leftmost cell in a column, or -1.

    It begins in the hidden rows; -1 is the answer where cells are in its way there, or let it no further down.
    """
    mask = ORIENTED[shape].mask << column
    row = VISIBLE
    falling = mask << COLUMNS * VISIBLE
    if board & falling:
        return -1
    while row:
        falling >>= COLUMNS
        if board & falling:
            return row if row < VISIBLE else -1
        row -= 1
    return 0


def afterstates(board: int, piece: int, *, hold: bool = False) -> Iterator[Afterstate]:
    """Yield every different field that dropping a piece from above leads to.

    Rotations that give the same shape count once, the smaller one.

    Args:
        board: The field.
        piece: 1 to 7.
        hold: Whether the actions are to say that the piece came by hold.
    """
    tall = max(1, (board.bit_length() + COLUMNS - 1) // COLUMNS)
    for rotation in range(TURNS[piece]):
        oriented = ORIENTED[4 * piece + rotation]
        first = action_of(rotation, 0, hold=hold)
        for column in range(COLUMNS + 1 - oriented.width):
            row = min(VISIBLE, tall)  # above the highest cell nothing is in the way
            falling = oriented.mask << COLUMNS * row + column
            if board & falling:
                continue  # only a stack that reaches into the hidden rows can be in the way here
            while row:
                if board & falling >> COLUMNS:
                    break
                falling >>= COLUMNS
                row -= 1
            if row < VISIBLE:
                yield _landed(board | falling, first + column, row, oriented.row_masks)


def after(board: int, piece: int, rotation: int, column: int, row: int, *, hold: bool = False) -> Afterstate:
    """Return the field with a piece whose leftmost cell lies in a column and whose lowest one in a row."""
    oriented = ORIENTED[4 * piece + rotation]
    lying = oriented.mask << COLUMNS * row + column
    return _landed(board | lying, action_of(rotation, column, hold=hold), row, oriented.row_masks)


def _landed(board: int, action: int, row: int, row_masks: tuple[int, ...]) -> Afterstate:
    height = len(row_masks)
    lines = eroded = 0
    for index in range(height - 1, -1, -1):
        shift = COLUMNS * (row + index)
        above = board >> shift
        if above & FULL_ROW == FULL_ROW:
            board = board & (1 << shift) - 1 | above >> COLUMNS << shift
            lines += 1
            eroded += row_masks[index].bit_count()
    return Afterstate(action, board, lines, 2 * row + height - 1, lines * eroded)


def nearest(board: int, piece: int, rotation: int, column: int) -> tuple[int, int, int] | None:
    """Return the legal placement nearest to the one wished for as rotation, column, lowest row; None if there is none.

    The column is first moved off the right wall; then columns are tried by their distance, the left one of two first;
    then the next rotation to the right in the same way.
    """
    for turns in range(4):
        turned = (rotation + turns) % 4
        last = COLUMNS - ORIENTED[4 * piece + turned].width
        start = min(column, last)
        for way in range(COLUMNS):
            for place in (start - way, start + way):
                if 0 <= place <= last:
                    row = dropped(board, 4 * piece + turned, place)
                    if row >= 0:
                        return turned, place, row
    return None
