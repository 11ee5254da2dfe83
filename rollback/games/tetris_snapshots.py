"""A field of Tetris as a state tree and back. Knows every part of a field, and the limits of each; knows no rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollback.games.tetris_board import ROWS, board_of, fits
from rollback.games.tetris_field import Field
from rollback.games.tetris_pieces import COLUMNS
from rollback.games.tetris_rules import NEXT, TOP_LEVEL
from rollback.games.tetris_stack import LONGEST_QUEUE

__all__ = ["loaded", "saved"]


def saved(field: Field) -> dict[str, Any]:
    """Return all that follows from nothing else: whole numbers, and tuples of them, none of which is ever changed."""
    return {
        "rows": field.rows,
        "tints": field.tints,
        "piece": field.piece,
        "x": field.x,
        "y": field.y,
        "rotation": field.rotation,
        "landed": field.landed,
        "fall": field.fall,
        "lock": field.lock,
        "resets": field.resets,
        "lowest": field.lowest,
        "pressed": field.pressed,
        "way": field.way,
        "charge": field.charge,
        "hold": field.hold,
        "held": field.held,
        "queue": field.queue,
        "word": field.word,
        "holes": field.holes,
        "pending": field.pending,
        "combo": field.combo,
        "chain": field.chain,
        "level": field.level,
        "lines": field.lines,
        "pieces": field.pieces,
        "points": field.points,
        "out": field.out,
    }


def loaded(state: Mapping[str, Any], like: Field) -> Field:
    """Return the field of a state that `saved` returned.

    Args:
        state: The state.
        like: A field whose rows are probably the same: then they need not be put together again.

    Raises:
        KeyError: A part is missing.
        TypeError: A part is of another kind.
        ValueError: A part is outside its limits.
    """
    field = Field.__new__(Field)
    rows = state["rows"]
    if rows is like.rows:
        field.rows, field.board = rows, like.board
    else:
        field.rows = tuple(rows)
        field.board = board_of(field.rows)
    field.tints = tuple(state["tints"])
    field.queue = tuple(state["queue"])
    field.pending = tuple([(due, count) for due, count in state["pending"]])
    (field.piece, field.x, field.y, field.rotation) = state["piece"], state["x"], state["y"], state["rotation"]
    (field.landed, field.fall, field.lock) = state["landed"], state["fall"], state["lock"]
    (field.resets, field.lowest, field.pressed) = state["resets"], state["lowest"], state["pressed"]
    (field.way, field.charge, field.hold, field.held) = state["way"], state["charge"], state["hold"], state["held"]
    (field.word, field.holes, field.combo, field.chain) = state["word"], state["holes"], state["combo"], state["chain"]
    (field.level, field.lines, field.pieces) = state["level"], state["lines"], state["pieces"]
    field.points, field.out = state["points"], state["out"]
    _check(field)
    return field


def _check(field: Field) -> None:
    """Raise ValueError where a part is outside the limits that the rules keep it in, and that tables are made for."""
    if not (
        len(field.rows) == len(field.tints) == ROWS
        and 0 <= field.board < 1 << COLUMNS * ROWS
        and NEXT <= len(field.queue) <= LONGEST_QUEUE
        and 1 <= min(field.queue) <= max(field.queue) <= 7
        and 1 <= field.piece <= 7
        and 0 <= field.rotation <= 3
        and 0 <= field.hold <= 7
        and 1 <= field.level <= TOP_LEVEL
        and -1 <= field.way <= 1
        and fits(0, 4 * field.piece + field.rotation, field.x, field.y)
        and field.y <= ROWS
    ):
        raise ValueError("outside its limits")
