"""Fields of Tetris as drawings, and matches that begin in one: what the tests of Tetris share."""

from __future__ import annotations

from typing import Any

from rollback.games.tetris import Tetris
from rollback.games.tetris_board import ROWS
from rollback.games.tetris_pieces import COLUMNS, NAMES

BUTTONS = ("left", "right", "soft", "hard", "turn_right", "turn_left", "hold", "half")
NOTHING = (False,) * 8


def drawn(picture: str) -> tuple[int, ...]:
    """Return the rows of a drawing, its last line the bottom one; `.` is empty, all else full."""
    lines = [line.strip() for line in picture.strip().splitlines()]
    assert all(len(line) == COLUMNS for line in lines), lines
    rows = [sum(1 << column for column, cell in enumerate(line) if cell != ".") for line in reversed(lines)]
    return tuple(rows + [0] * (ROWS - len(rows)))


def shown(rows: tuple[int, ...]) -> list[str]:
    """Return the drawing of rows, the empty ones above left out."""
    lines = ["".join("#" if row >> column & 1 else "." for column in range(COLUMNS)) for row in rows]
    while lines and lines[-1] == "." * COLUMNS:
        lines.pop()
    return lines[::-1]


def press(*names: str) -> tuple[bool, ...]:
    """Return an action that holds these buttons."""
    assert set(names) <= set(BUTTONS)
    return tuple(name in names for name in BUTTONS)


def number(name: str) -> int:
    """Return the number of a piece by its letter."""
    return NAMES.index(name)


def tints_of(rows: tuple[int, ...]) -> tuple[int, ...]:
    """Return tints for rows, all cells as if they came from an I."""
    return tuple(sum(1 << 4 * column for column in range(COLUMNS) if row >> column & 1) for row in rows)


def begun(picture: str = "." * 10, piece: str = "T", players: int = 1, actions: Any = "buttons", **parts: Any) -> Tetris:
    """Return a match in which player 0 has this field and piece, with other parts of the state as given."""
    game = Tetris(players, actions, seed=1)
    rows = drawn(picture)
    state = game.save()
    fields = list(state["fields"])
    frame = parts.pop("frame", 0)
    fields[0] = {**fields[0], "rows": rows, "tints": tints_of(rows), "piece": number(piece), "rotation": 0, "x": 3, **parts}
    if "y" not in parts:
        fields[0]["y"] = fields[0]["lowest"] = 17 if piece == "I" else 18
    game.load({"frame": frame, "fields": tuple(fields)})
    return game


def steps(game: Tetris, *names: str, count: int = 1) -> None:
    """Step with these buttons held by player 0, all others idle."""
    for _ in range(count):
        game.step((press(*names), *[NOTHING] * (game.players - 1)))


def taps(game: Tetris, *names: str) -> None:
    """Press one button after the other, each for a frame, with a frame between them."""
    for name in names:
        steps(game, name)
        steps(game)


def cells(game: Tetris, player: int = 0) -> int:
    """Return how many cells lie in a field."""
    return sum(row.bit_count() for row in game.fields[player].rows)
