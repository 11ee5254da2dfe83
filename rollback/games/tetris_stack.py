"""What lies in a player's field, and what comes next. Knows clears, garbage and bags; knows no button and no opponent."""

from __future__ import annotations

from typing import Final

from rollback.games.dice import advance, below, spread
from rollback.games.tetris_board import FULL_ROW, ROWS, board_of
from rollback.games.tetris_pieces import COLUMNS, ORIENTED
from rollback.games.tetris_rules import (
    ATTACKS,
    BACK_TO_BACK_ATTACK,
    COMBO_ATTACKS,
    COMBO_POINTS,
    MOST_GARBAGE,
    MOST_PENDING,
    NEXT,
    PERFECT_ATTACK,
    POINTS,
)

__all__ = ["GARBAGE", "LONGEST_QUEUE", "TINT_BITS", "Stack"]

GARBAGE: Final = 8  # the tint of a cell that came as garbage; others have the number of their piece
TINT_BITS: Final = 4
_BAG: Final = 7
LONGEST_QUEUE: Final = NEXT + _BAG
_NO_ROWS: Final = (0,) * ROWS


def _spread_bits(bits: int) -> int:
    """Return a row of cells with `TINT_BITS` bits a cell."""
    return sum(1 << TINT_BITS * column for column in range(COLUMNS) if bits >> column & 1)


_WIDE: Final = tuple(_spread_bits(bits) for bits in range(FULL_ROW + 1))


class Stack:
    """What lies in a field.

    Attributes:
        rows: Ten-bit row masks, the bottom row first: 20 visible rows and 4 hidden ones.
        tints: The same rows with four bits a cell: 0, the number of a piece, or 8 for garbage.
        board: The rows as one number, see `tetris_board`; it follows from them and is not saved.
        queue: What comes next, at least five pieces.
        word: The generator of the bags; the same for every player.
        holes: The generator of the holes in garbage.
        pending: Garbage on its way: pairs of the frame from which it may come up, and rows.
        combo: Pieces in a row that took out rows.
        chain: Whether the last clear was of four rows, 0 or 1.
        level: Sets the speed, 1 to 20.
        lines: Rows taken out.
        pieces: Pieces that have come to lie.
        points: The score.
        out: Whether it is over for this player, 0 or 1.
    """

    __slots__ = (
        "board",
        "chain",
        "combo",
        "holes",
        "level",
        "lines",
        "out",
        "pending",
        "pieces",
        "points",
        "queue",
        "rows",
        "tints",
        "word",
    )

    board: int
    chain: int
    combo: int
    holes: int
    level: int
    lines: int
    out: int
    pending: tuple[tuple[int, int], ...]
    pieces: int
    points: int
    queue: tuple[int, ...]
    rows: tuple[int, ...]
    tints: tuple[int, ...]
    word: int

    def __init__(self, seed: int, level: int) -> None:
        self.rows = self.tints = _NO_ROWS
        self.board = 0
        self.queue = ()
        self.word = spread(seed)
        self.holes = spread(seed, 1)
        self.pending = ()
        self.combo = self.chain = 0
        self.level = level
        self.lines = self.pieces = self.points = self.out = 0

    def add(self, shape: int, lowest: int, left: int, frame: int) -> int:
        """Make a piece part of the field, take out full rows or let garbage come; return the rows of the attack."""
        self.pieces += 1
        rows, tints = list(self.rows), list(self.tints)
        row_masks, tint = ORIENTED[shape].row_masks, shape >> 2
        for row, bits in enumerate(row_masks, lowest):
            rows[row] |= bits << left
            tints[row] |= tint * _WIDE[bits << left]
        lines = attack = 0
        for row in range(lowest + len(row_masks) - 1, lowest - 1, -1):
            if rows[row] == FULL_ROW:
                del rows[row], tints[row]
                lines += 1
        if lines:
            rows += [0] * lines
            tints += [0] * lines
            attack = self._cancel(self._reward(lines, empty=not any(rows)))
        else:
            self.combo = 0
            if self.pending:
                self._rise(rows, tints, frame)
        self.rows, self.tints = tuple(rows), tuple(tints)
        self.board = board_of(rows)
        return attack

    def _reward(self, lines: int, *, empty: bool) -> int:
        """Count a clear and its points; return the rows of its attack."""
        again = self.chain if lines == 4 else 0
        self.points += (POINTS[lines] * (3 if again else 2) // 2 + COMBO_POINTS * self.combo) * self.level
        attack = ATTACKS[lines] + COMBO_ATTACKS[min(self.combo, len(COMBO_ATTACKS) - 1)]
        self.lines += lines
        self.combo += 1
        self.chain = 1 if lines == 4 else 0
        return attack + (BACK_TO_BACK_ATTACK if again else 0) + (PERFECT_ATTACK if empty else 0)

    def _cancel(self, attack: int) -> int:
        """Set an attack off against the garbage that waits, the oldest first; return what is left of the attack."""
        waiting = []
        for due, count in self.pending:
            cancelled = min(count, attack)
            attack -= cancelled
            if cancelled < count:
                waiting.append((due, count - cancelled))
        self.pending = tuple(waiting)
        return attack

    def _rise(self, rows: list[int], tints: list[int], frame: int) -> None:
        """Let garbage that is due come up from below, each attack with one hole."""
        waiting, room = [], MOST_GARBAGE
        for due, count in self.pending:
            risen = min(count, room) if due <= frame else 0
            if risen < count:
                waiting.append((due, count - risen))
            if not risen:
                continue
            room -= risen
            self.holes = advance(self.holes)
            bits = FULL_ROW ^ 1 << below(self.holes, COLUMNS)
            if any(rows[ROWS - risen :]):
                self.out = 1  # pushed out of the field
            rows[:] = [bits] * risen + rows[: ROWS - risen]
            tints[:] = [GARBAGE * _WIDE[bits]] * risen + tints[: ROWS - risen]
        self.pending = tuple(waiting)

    def attacked(self, rows: int, due: int) -> None:
        """Take note of garbage that may come up from frame `due` on."""
        rows = min(rows, MOST_PENDING - self.incoming)
        if rows > 0:
            self.pending = (*self.pending, (due, rows))

    @property
    def incoming(self) -> int:
        """Rows of garbage on their way."""
        return sum([count for _, count in self.pending])

    def draw_piece(self) -> int:
        """Take the next piece from the queue; a new bag of all seven is shuffled behind it when five are not left."""
        piece, *queue = self.queue or (0,)
        while len(queue) < NEXT or not piece:
            bag = list(range(1, _BAG + 1))
            for last in range(_BAG - 1, 0, -1):  # Fisher and Yates
                self.word = advance(self.word)
                other = below(self.word, last + 1)
                bag[last], bag[other] = bag[other], bag[last]
            queue += bag
            if not piece:
                piece = queue.pop(0)
        self.queue = tuple(queue)
        return piece
