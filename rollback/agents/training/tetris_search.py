"""The best place for a piece by weighted features, as fast as plain Python finds it. Knows a field; knows no game.

It is what `afterstates` and `features` come to, in one flat loop, for fields of up to 23 rows: a training looks at tens of
millions. It takes 42 us a piece where these take 73 (Python 3.11, well-played fields); that they agree is a test.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from rollback.games.tetris_board import FULL_ROW, ROWS, action_of
from rollback.games.tetris_pieces import COLUMNS, ORIENTED, PIECES, TURNS

__all__ = ["Found", "best_place"]


class Found(NamedTuple):
    """Where a piece goes.

    Attributes:
        value: The weighted features of the field it leads to.
        action: The placement, see `tetris_board.action_of`.
        board: The field with full rows taken out.
        lines: Rows taken out.
    """

    value: int
    action: int
    board: int
    lines: int


_EVERY_ROW: Final = sum(1 << COLUMNS * row for row in range(ROWS + 1))


def _rows(bits: int, rows: int) -> int:
    """Return a row's bits repeated in so many rows."""
    return (_EVERY_ROW & (1 << COLUMNS * rows) - 1) * bits


# By the rows a field has: most are low, and on small numbers every operation is cheaper.
_ALL: Final = tuple(_rows(FULL_ROW, rows) for rows in range(ROWS + 1))
_LEFT: Final = tuple(_rows(1, rows) for rows in range(ROWS + 1))
_RIGHT: Final = tuple(_rows(1 << COLUMNS - 1, rows) for rows in range(ROWS + 1))
_BUT_LAST: Final = tuple(_rows(FULL_ROW >> 1, rows) for rows in range(ROWS + 1))
_COLUMN: Final = tuple(_rows(1 << column, ROWS) for column in range(COLUMNS))


def _shapes(piece: int) -> tuple[tuple[int, int, int, tuple[int, ...], tuple[int, ...]], ...]:
    """Return for each turn: first action, cells, places, the lowest row in each column, and the cells of each row."""
    found = []
    for rotation in range(TURNS[piece]):
        oriented = ORIENTED[4 * piece + rotation]
        bottoms = tuple(
            next(row for row, bits in enumerate(oriented.row_masks) if bits >> column & 1) for column in range(oriented.width)
        )
        counts = tuple(bits.bit_count() for bits in oriented.row_masks)
        found.append((action_of(rotation, 0), oriented.mask, COLUMNS + 1 - oriented.width, bottoms, counts))
    return tuple(found)


_SHAPES: Final = ((), *(_shapes(piece) for piece in PIECES))


def _landings(board: int, piece: int, rows: int) -> list[tuple[int, int, int, tuple[int, ...]]]:
    """Return each place a piece comes to lie in: action, its cells, its lowest row, and how many cells its rows have."""
    found = []
    if board >> COLUMNS * rows:  # it reaches above the field: what falls from there may pass below what lies there
        for first, mask, places, _, counts in _SHAPES[piece]:
            for column in range(places):
                row, falling = rows, mask << COLUMNS * rows + column
                if board & falling:
                    continue
                while row and not board & falling >> COLUMNS:
                    falling >>= COLUMNS
                    row -= 1
                if row < rows:
                    found.append((first + column, falling, row, counts))
        return found
    tops = [((board & mask).bit_length() + COLUMNS - 1) // COLUMNS for mask in _COLUMN]
    for first, mask, places, bottoms, counts in _SHAPES[piece]:
        column, width = 0, len(bottoms)
        # A column's top less the shape's bottom there, the highest of all; by width, for a loop would take three times as long.
        if width == 2:
            left, right = bottoms
            lowest = [max(tops[at] - left, tops[at + 1] - right) for at in range(places)]
        elif width == 3:
            left, middle, right = bottoms
            lowest = [max(tops[at] - left, tops[at + 1] - middle, tops[at + 2] - right) for at in range(places)]
        elif width == 1:
            lowest = tops
        else:
            lowest = [max(tops[at : at + 4]) for at in range(places)]
        for column, row in enumerate(lowest):
            if row < rows:
                found.append((first + column, mask << COLUMNS * row + column, row, counts))
    return found


def best_place(board: int, piece: int, weights: Sequence[int], rows: int = 20) -> Found | None:
    """Return the best place for a piece dropped from above; of equally good ones that of the smallest action.

    Args:
        board: The field, see `tetris_board`.
        piece: 1 to 7.
        weights: One whole number for each of `tetris_features.FEATURES`.
        rows: Of the field; a piece that lies wholly above them is the end, and no place for it.

    Returns:
        The place, or None where every place is the end.
    """
    of_landing, of_eroded, of_rows, of_columns, of_holes, of_wells, of_depth, of_marked = weights
    full_row, columns = FULL_ROW, COLUMNS
    fill = [(board >> shift & full_row).bit_count() for shift in range(0, board.bit_length() + 4 * columns, columns)]
    fill += [0] * 4
    fill_of = fill.__getitem__
    best: tuple[int, int, int, int] | None = None
    most = 0
    for action, lying, row, counts in _landings(board, piece, rows):
        after = board | lying
        height = len(counts)
        lines = eroded = 0
        for index in range(height - 1, -1, -1):
            count = counts[index]
            if fill_of(row + index) + count == 10:
                shift = columns * (row + index)
                after = after & (1 << shift) - 1 | after >> shift + columns << shift
                lines += 1
                eroded += count
        tall = (after.bit_length() + 9) // 10
        empty = after ^ _ALL[tall]
        left, right = _LEFT[tall], _RIGHT[tall]
        down = after >> 10
        value = (
            of_landing * (2 * row + height - 1)
            + of_rows
            * (
                ((after ^ after >> 1) & _BUT_LAST[tall]).bit_count()
                + (empty & left).bit_count()
                + (empty & right).bit_count()
                + 2 * (24 - tall)
            )
            + of_columns * (after ^ (after << 10 | full_row)).bit_count()
        )
        if lines:
            value += of_eroded * lines * eroded
        narrow = empty & (after << 1 | left) & (after >> 1 | right)
        if narrow:
            wells = 0
            while narrow:
                wells += narrow.bit_count()
                narrow &= narrow >> 10
            value += of_wells * wells
        under = down | down >> 10
        under |= under >> 20
        under |= under >> 40
        if tall > 9:
            under |= under >> 80
            under |= under >> 160
        holes = under & empty
        if holes:
            depth = 0
            while down:
                depth += (holes & down).bit_count()
                down >>= 10
            but_last = _BUT_LAST[tall]
            marked = (((holes & but_last) + but_last) | holes) & right
            value += of_holes * holes.bit_count() + of_depth * depth + of_marked * marked.bit_count()
        if best is None or value > most:
            most = value
            best = value, action, after, lines
    return None if best is None else Found(*best)
