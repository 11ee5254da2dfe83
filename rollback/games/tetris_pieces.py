"""The seven pieces: their cells, how they turn and how they kick off walls. Knows no field and no player.

Shapes, turns and kicks are those of the standard rotation system (Tetris guideline; the tables as listed at
tetris.wiki/Super_Rotation_System). A piece lies in a square box, y upwards; `x` and `y` of a piece are the place of the
box's lower left corner, so they may lie outside the field while the cells do not.
"""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

__all__ = ["COLUMNS", "HALF_TURN", "KICKS", "NAMES", "ORIENTED", "PIECES", "SPAWN_X", "SPAWN_Y", "TURNS", "Cell", "Oriented"]

Cell: TypeAlias = tuple[int, int]

COLUMNS: Final = 10
NAMES: Final = " IJLOSTZ"  # by number: 0 is no piece
PIECES: Final = range(1, 8)
SPAWN_X: Final = 3
SPAWN_Y: Final = (0, 18, 19, 19, 19, 19, 19, 19)  # the lowest cells of every piece appear in the first hidden row

_SIDES: Final = (0, 4, 3, 3, 4, 3, 3, 3)
_CELLS: Final[tuple[tuple[Cell, ...], ...]] = (
    (),
    ((0, 2), (1, 2), (2, 2), (3, 2)),
    ((0, 2), (0, 1), (1, 1), (2, 1)),
    ((2, 2), (0, 1), (1, 1), (2, 1)),
    ((1, 1), (2, 1), (1, 2), (2, 2)),
    ((0, 1), (1, 1), (1, 2), (2, 2)),
    ((1, 2), (0, 1), (1, 1), (2, 1)),
    ((0, 2), (1, 2), (1, 1), (2, 1)),
)

# How many different shapes the turns of a piece give, wherever it lies in its box.
TURNS: Final = (0, 2, 4, 4, 1, 2, 4, 2)


class Oriented(NamedTuple):
    """A piece as it is turned.

    Attributes:
        mask: Its cells with the lowest row and the leftmost column at 0, ten bits a row.
        least_x: Where the box is when the cells touch the left wall.
        greatest_x: Where it is when they touch the right one.
        least_y: Where it is when they touch the floor.
        offset: Bits from the box's corner to the lowest row and leftmost column of the cells.
        width: Columns of the cells.
        height: Rows of the cells.
        row_masks: The bits of each row, the lowest first.
    """

    mask: int
    least_x: int
    greatest_x: int
    least_y: int
    offset: int
    width: int
    height: int
    row_masks: tuple[int, ...]


def _turned(cells: tuple[Cell, ...], side: int) -> tuple[Cell, ...]:
    """Return the cells after a quarter turn to the right in a box of this side."""
    return tuple((y, side - 1 - x) for x, y in cells)


def _oriented(cells: tuple[Cell, ...]) -> Oriented:
    left, right = min(x for x, _ in cells), max(x for x, _ in cells)
    bottom, top = min(y for _, y in cells), max(y for _, y in cells)
    rows = tuple(sum(1 << x - left for x, y in cells if y == row) for row in range(bottom, top + 1))
    return Oriented(
        mask=sum(bits << COLUMNS * row for row, bits in enumerate(rows)),
        least_x=-left,
        greatest_x=COLUMNS - 1 - right,
        least_y=-bottom,
        offset=COLUMNS * bottom + left,
        width=right - left + 1,
        height=top - bottom + 1,
        row_masks=rows,
    )


def _all_oriented() -> tuple[Oriented, ...]:
    table = [Oriented(0, 0, 0, 0, 0, 0, 0, ())] * 4
    for piece in PIECES:
        cells, side = _CELLS[piece], _SIDES[piece]
        for _ in range(4):
            table.append(_oriented(cells))
            if NAMES[piece] != "O":  # the square stays where it is, though its box is no square around it
                cells = _turned(cells, side)
    return tuple(table)


ORIENTED: Final = _all_oriented()  # by 4 * piece + rotation; rotations: 0 as it appears, 1 right, 2 half, 3 left

# What is tried when a turn does not fit, in order; x to the right and y upwards. By rotation before, then after.
_TO_R: Final = ((0, 0), (-1, 0), (-1, 1), (0, -2), (-1, -2))
_FROM_R: Final = ((0, 0), (1, 0), (1, -1), (0, 2), (1, 2))
_TO_L: Final = ((0, 0), (1, 0), (1, 1), (0, -2), (1, -2))
_FROM_L: Final = ((0, 0), (-1, 0), (-1, -1), (0, 2), (-1, 2))
_OTHERS: Final = {
    (0, 1): _TO_R,
    (2, 1): _TO_R,
    (1, 0): _FROM_R,
    (1, 2): _FROM_R,
    (0, 3): _TO_L,
    (2, 3): _TO_L,
    (3, 0): _FROM_L,
    (3, 2): _FROM_L,
}
_LONG_A: Final = ((0, 0), (-2, 0), (1, 0), (-2, -1), (1, 2))
_LONG_B: Final = ((0, 0), (2, 0), (-1, 0), (2, 1), (-1, -2))
_LONG_C: Final = ((0, 0), (-1, 0), (2, 0), (-1, 2), (2, -1))
_LONG_D: Final = ((0, 0), (1, 0), (-2, 0), (1, -2), (-2, 1))
_LONG: Final = {
    (0, 1): _LONG_A,
    (3, 2): _LONG_A,
    (1, 0): _LONG_B,
    (2, 3): _LONG_B,
    (1, 2): _LONG_C,
    (0, 3): _LONG_C,
    (2, 1): _LONG_D,
    (3, 0): _LONG_D,
}
HALF_TURN: Final = ((0, 0), (0, 1))  # the standard has none: in place, one row higher, or not at all


def _kicks(piece: int) -> dict[tuple[int, int], tuple[Cell, ...]]:
    table = _LONG if NAMES[piece] == "I" else _OTHERS
    return {
        (before, after): HALF_TURN if (after - before) % 4 == 2 else table[before, after]
        for before in range(4)
        for after in range(4)
        if before != after
    }


# The square needs no kicks: wherever it lies, it has room to turn.
KICKS: Final = ({}, *(_kicks(piece) for piece in PIECES))
