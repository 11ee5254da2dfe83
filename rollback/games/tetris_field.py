"""One player's field: buttons or a placement in, attacked rows out. Knows how a piece falls; knows no opponent."""

from __future__ import annotations

from typing import Final

from rollback.games.tetris_board import VISIBLE, fits, nearest
from rollback.games.tetris_pieces import COLUMNS, KICKS, ORIENTED, SPAWN_X, SPAWN_Y
from rollback.games.tetris_rules import (
    CHARGE,
    GRAVITY,
    LEVEL_FRAMES,
    LEVEL_LINES,
    LOCK_DELAY,
    LOCK_RESETS,
    REPEAT,
    ROW,
    SOFT_DROP,
    TOP_LEVEL,
)
from rollback.games.tetris_stack import Stack

__all__ = ["Field"]

# Buttons by bit; those of _ONCE count when they go down, and only then.
LEFT, RIGHT, SOFT, HARD, TURN_RIGHT, TURN_LEFT, HOLD, TURN_HALF = (1 << bit for bit in range(8))
_ONCE: Final = HARD | TURN_RIGHT | TURN_LEFT | HOLD | TURN_HALF
_SIDES: Final = LEFT | RIGHT


class Field(Stack):
    """A field with a piece that falls.

    Attributes:
        piece: 1 to 7 for I J L O S T Z.
        x: Column of the lower left corner of the piece's box.
        y: Row of that corner.
        rotation: Quarter turns to the right, 0 to 3.
        landed: Whether the piece lies on something, 0 or 1.
        fall: Parts of a row it has fallen.
        lock: Frames it has lain since the delay was last started.
        resets: How often moves and turns have started the delay anew.
        lowest: The lowest y so far.
        pressed: Buttons held in the last frame, as bits.
        way: Where a held key moves the piece, -1, 0 or 1.
        charge: Frames it has been held, less those of the moves it made since.
        hold: The piece put aside, 0 for none.
        held: Whether hold has been used for this piece, 0 or 1.
    """

    __slots__ = (
        "charge",
        "fall",
        "held",
        "hold",
        "landed",
        "lock",
        "lowest",
        "piece",
        "pressed",
        "resets",
        "rotation",
        "way",
        "x",
        "y",
    )

    piece: int
    x: int
    y: int
    rotation: int
    landed: int
    fall: int
    lock: int
    resets: int
    lowest: int
    pressed: int
    way: int
    charge: int
    hold: int
    held: int

    def __init__(self, seed: int, level: int) -> None:
        super().__init__(seed, level)
        self.pressed = self.way = self.charge = 0
        self.hold = self.held = 0
        self._appear(self.draw_piece())

    def step(self, bits: int, start_level: int, frame: int, timed: bool) -> int:
        """Advance one frame by the buttons held in it; return the rows that this attacks others with.

        Args:
            bits: The buttons, see `LEFT` and the others.
            start_level: Of the match.
            frame: The frame's number, for garbage and levels.
            timed: Whether time raises the level too.
        """
        fresh = bits & ~self.pressed
        self.pressed = bits
        if fresh & _ONCE:
            if fresh & HOLD and not self.held:
                self._swap()
                if self.out:
                    return 0
            if fresh & TURN_RIGHT:
                self._turn(1)
            if fresh & TURN_LEFT:
                self._turn(3)
            if fresh & TURN_HALF:
                self._turn(2)
        if bits & _SIDES or self.way:
            self._walk(bits & _SIDES, fresh & _SIDES)
        if fresh & HARD:
            return self._hard_drop(start_level, frame, timed)
        if self.landed:
            self.lock += 1
            return self._settle(start_level, frame, timed) if self.lock >= LOCK_DELAY else 0
        speed = GRAVITY[self.level]
        if bits & SOFT and speed < SOFT_DROP:
            speed = SOFT_DROP
        self.fall += speed
        while self.fall >= ROW and not self.landed:
            self.fall -= ROW
            self.y -= 1
            if bits & SOFT:
                self.points += 1
            self._look()
        return 0

    def _walk(self, sides: int, news: int) -> None:
        """Move sideways: at once when a key goes down, and again and again while it is held; the later key counts."""
        if news:
            way = 0 if news == _SIDES else -1 if news == LEFT else 1
        elif sides == _SIDES:
            way = self.way
        else:
            way = 0 if not sides else -1 if sides == LEFT else 1
        if news or way != self.way:  # also when the later key is let go and the earlier one is still held
            self.way, self.charge = way, 0
        else:
            self.charge += 1
            if self.charge < CHARGE:
                return
            self.charge -= REPEAT
        if way and fits(self.board, 4 * self.piece + self.rotation, self.x + way, self.y):
            self.x += way
            self._moved()

    def _turn(self, turns: int) -> None:
        piece, before = self.piece, self.rotation
        after = (before + turns) % 4
        for x, y in KICKS[piece][before, after]:
            if fits(self.board, 4 * piece + after, self.x + x, self.y + y):
                self.x, self.y, self.rotation = self.x + x, self.y + y, after
                self._moved()
                return

    def _moved(self) -> None:
        """Start the lock delay anew, if it runs and the piece has resets left."""
        if self.lock and self.resets < LOCK_RESETS:
            self.lock = 0
            self.resets += 1
        self._look()

    def _look(self) -> None:
        """See whether the piece lies, and whether it is lower than ever."""
        if self.y < self.lowest:
            self.lowest = self.y
            self.lock = self.resets = 0
        if fits(self.board, 4 * self.piece + self.rotation, self.x, self.y - 1):
            self.landed = 0
        else:
            self.landed, self.fall = 1, 0

    def _swap(self) -> None:
        """Put the piece aside for the one that was there, or for the next one."""
        kept, self.hold = self.hold, self.piece
        self._appear(kept or self.draw_piece())
        self.held = 1

    def _hard_drop(self, start_level: int, frame: int, timed: bool) -> int:
        self.drop_to(self.ghost())
        return self._settle(start_level, frame, timed)

    def ghost(self) -> int:
        """Return the y at which the piece would lie if it fell from here."""
        shape, x, y = 4 * self.piece + self.rotation, self.x, self.y
        while fits(self.board, shape, x, y - 1):
            y -= 1
        return y

    def drop_to(self, y: int) -> None:
        """Fall to a height in one go, for two points a row."""
        self.points += 2 * max(0, self.y - y)
        self.y = y

    def place(self, action: int, start_level: int, frame: int) -> int:
        """Put the piece where an action says, or as near to it as can be; return the rows of the attack.

        Where no way down is left at all, that is the end.
        """
        if action >= 4 * COLUMNS and not self.held:
            self._swap()
            if self.out:
                return 0
        action %= 4 * COLUMNS
        found = nearest(self.board, self.piece, action // COLUMNS, action % COLUMNS)
        if found is None:
            self.out = 1
            return 0
        self.rotation, column, row = found
        oriented = ORIENTED[4 * self.piece + self.rotation]
        self.x = column + oriented.least_x
        self.drop_to(row + oriented.least_y)
        return self._settle(start_level, frame, timed=False)

    def _settle(self, start_level: int, frame: int, timed: bool) -> int:
        """Leave the piece where it is and bring the next one; one that lies wholly above the field is the end."""
        shape = 4 * self.piece + self.rotation
        oriented = ORIENTED[shape]
        lowest = self.y - oriented.least_y
        if lowest >= VISIBLE:
            self.out = 1
            return 0
        attack = self.add(shape, lowest, self.x - oriented.least_x, frame)
        time = frame // LEVEL_FRAMES if timed else 0
        self.level = min(TOP_LEVEL, start_level + self.lines // LEVEL_LINES + time)
        self.held = 0
        self._appear(self.draw_piece())
        return attack

    def _appear(self, piece: int) -> None:
        """Let a piece appear; it comes a row down at once if it can, and where it cannot appear, that is the end."""
        self.piece, self.rotation, self.x = piece, 0, SPAWN_X
        self.y = self.lowest = SPAWN_Y[piece]
        self.fall = self.lock = self.resets = self.landed = 0
        if not fits(self.board, 4 * piece, SPAWN_X, self.y):
            self.out = 1
            return
        if fits(self.board, 4 * piece, SPAWN_X, self.y - 1):
            self.y -= 1
        self._look()
