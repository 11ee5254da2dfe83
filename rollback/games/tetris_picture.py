"""The picture of a state of Tetris, for one to four players. Knows how it looks; knows no rule and changes nothing.

Places are in dots of a terminal of 56 x 18 cells, each two dots wide and four high: what lies on whole dots is as sharp
there as anywhere else. Dots are nearly square on a surface of the usual shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rollback.games.drawing import Primitive, rect, rgb, text
from rollback.games.tetris_board import VISIBLE, board_of, fits
from rollback.games.tetris_pieces import COLUMNS, ORIENTED
from rollback.games.tetris_rules import NEXT
from rollback.games.tetris_stack import TINT_BITS

__all__ = ["PIECE_COLOURS", "PLAYER_COLOURS", "picture"]

PLAYER_COLOURS: Final = ("#4cc9f0", "#ff7a59", "#9be7a0", "#ffd166")
PIECE_COLOURS: Final = (  # by tint: none, I J L O S T Z, garbage
    *("#000000", "#22d3ee", "#4d7cff", "#ff9f1c", "#ffe047"),
    *("#4ade5b", "#c05cff", "#ff4d5e", "#9aa0b5"),
)
THREAT: Final = "#ff3b4e"
FAINT: Final = "#4a5068"
GONE: Final = "#5c6274"  # the cells of a field that is out

_WIDE: Final = 112  # dots
_HIGH: Final = 72
_LINE: Final = 4  # dots a line of text
_INSET: Final = 0.07  # of a cell, left dark on each side, so that cells are seen as such
_GHOST: Final = 0.32


def _dimmed(colour: str, per_cent: int) -> str:
    red, green, blue = (part * per_cent // 100 for part in rgb(colour))
    return f"#{red:02x}{green:02x}{blue:02x}"


_EDGES: Final = tuple(_dimmed(colour, 62) for colour in PIECE_COLOURS)
_GONE_EDGE: Final = _dimmed(GONE, 62)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of a player's panel lie, in dots.

    Attributes:
        panel: Width of a panel.
        left: From the panel's to the field's left edge.
        top: Of the field.
        cell: Side of a cell.
        hold: Place of the piece put aside.
        following: Places of the next pieces.
        labels: Places of the words over both, if there is room for words.
        facts: Places of rows taken out, level and combo.
    """

    panel: float
    left: float
    top: float
    cell: float
    hold: tuple[float, float]
    following: tuple[tuple[float, float], ...]
    labels: tuple[tuple[float, float], ...]
    facts: tuple[tuple[float, float], ...]


_BESIDE: Final = Layout(
    *(56, 14, 8, 3),
    hold=(2, 13),
    following=tuple((47, 13 + 7 * place) for place in range(NEXT)),
    labels=((6, 10), (51, 10)),
    facts=((6, 30), (6, 42), (6, 54)),
)
_UNDER: Final = Layout(
    *(112 / 3, 4, 6, 3),
    hold=(1, 68),
    following=tuple((11 + 9 * place, 68) for place in range(3)),
    labels=(),
    facts=(),
)
_SMALL: Final = Layout(
    *(28, 4, 8, 2),
    hold=(4, 56),
    following=tuple((4 + 10 * (place % 2), 56 + 6 * (place // 2)) for place in range(1, NEXT + 1)),
    labels=(),
    facts=(),
)
_LAYOUTS: Final = (_BESIDE, _BESIDE, _UNDER, _SMALL)  # by players, less one


def picture(state: Mapping[str, Any], *, over: bool = False) -> list[Primitive]:
    """Return the primitives of a state that `Tetris.save` returned; `over` adds who has won."""
    fields = state["fields"]
    layout = _LAYOUTS[len(fields) - 1]
    margin = (_WIDE - layout.panel * len(fields)) / 2
    shapes: list[Primitive] = []
    for player, field in enumerate(fields):
        left = margin + layout.panel * player
        _panel(shapes, layout, left, field, state["frame"], player, last=player == len(fields) - 1 > 0)
        notice = _notice(fields, field, over=over)
        if notice:
            middle = left + layout.left + layout.cell * COLUMNS / 2
            _words(shapes, middle, layout.top + layout.cell * 8, 0.08, notice, "gold" if "W" in notice else "white", "center")
    return shapes


def _panel(
    shapes: list[Primitive], layout: Layout, left: float, field: Mapping[str, Any], frame: int, player: int, *, last: bool
) -> None:
    cell, x, top, colour = layout.cell, left + layout.left, layout.top, PLAYER_COLOURS[player]
    floor = top + cell * VISIBLE
    name, points = f"P{player + 1}", f"{field['points']}"
    _words(shapes, left + 2, 2, 0.06, points if last else name, "silver" if last else colour, "left")
    _words(shapes, left + layout.panel - 2, 2, 0.06, name if last else points, colour if last else "silver", "right")
    for wall in (x - 2, x + cell * COLUMNS + 1):
        _box(shapes, wall, top, 1, cell * VISIBLE, colour)
    _box(shapes, x - 2, floor, cell * COLUMNS + 4, 0.8, colour)
    _garbage(shapes, x - 3.5, floor, cell, field["pending"], frame)
    for row, tints in enumerate(field["tints"]):
        if tints:
            _row(shapes, x, floor - cell * (row + 1), cell, tints, gone=bool(field["out"]))
    if not field["out"]:
        _falling(shapes, x, floor, cell, field)
    if field["hold"]:
        _preview(shapes, left, layout.hold, field["hold"], faint=bool(field["held"]))
    for place, piece in zip(layout.following, field["queue"], strict=False):
        _preview(shapes, left, place, piece)
    for (across, down), word in zip(layout.labels, ("HOLD", "NEXT"), strict=False):
        _words(shapes, left + across, down, 0.035, word, "gray", "center")
    facts = (("LINES", field["lines"]), ("LEVEL", field["level"]), ("COMBO", field["combo"]))
    for (across, down), (word, number) in zip(layout.facts, facts, strict=False):
        _words(shapes, left + across, down, 0.035, word, "gray", "center")
        _words(shapes, left + across, down + _LINE, 0.05, f"{number}", "silver", "center")


def _row(shapes: list[Primitive], x: float, y: float, cell: float, tints: int, *, gone: bool) -> None:
    """Add a row of cells: runs of one colour in its darker shade, and the cells within."""
    start = column = 0
    while column < COLUMNS:
        tint = tints >> TINT_BITS * column & 15
        start, column = column, column + 1
        while column < COLUMNS and tints >> TINT_BITS * column & 15 == tint:
            column += 1
        if tint:
            _cells(shapes, x, y, cell, start, column, *((GONE, _GONE_EDGE) if gone else (PIECE_COLOURS[tint], _EDGES[tint])))


def _cells(shapes: list[Primitive], x: float, y: float, cell: float, start: int, stop: int, colour: str, edge: str) -> None:
    _box(shapes, x + cell * start, y, cell * (stop - start), cell, edge)
    inset, side = cell * _INSET, cell * (1 - 2 * _INSET)
    for column in range(start, stop):
        _box(shapes, x + cell * column + inset, y + inset, side, side, colour)


def _falling(shapes: list[Primitive], x: float, floor: float, cell: float, field: Mapping[str, Any]) -> None:
    """Add the piece that falls, and as small squares where it would lie."""
    shape, board = 4 * field["piece"] + field["rotation"], board_of(field["rows"])
    oriented, y = ORIENTED[shape], field["y"]
    while fits(board, shape, field["x"], y - 1):
        y -= 1
    left, colour = field["x"] - oriented.least_x, PIECE_COLOURS[field["piece"]]
    inset, side = cell * _GHOST, cell * (1 - 2 * _GHOST)
    for row, bits in enumerate(oriented.row_masks, y - oriented.least_y):
        for column in range(oriented.width):
            if bits >> column & 1:
                _box(shapes, x + cell * (left + column) + inset, floor - cell * (row + 1) + inset, side, side, colour)
    _shape(shapes, x + cell * left, floor - cell * (field["y"] - oriented.least_y), cell, shape, colour)


def _preview(shapes: list[Primitive], left: float, place: tuple[float, float], piece: int, *, faint: bool = False) -> None:
    oriented = ORIENTED[4 * piece]
    x = left + place[0] + 4 - oriented.width  # in the middle of the four cells that the longest piece needs
    _shape(shapes, x, place[1] + 2 + oriented.height, 2, 4 * piece, FAINT if faint else PIECE_COLOURS[piece])


def _shape(shapes: list[Primitive], x: float, bottom: float, cell: float, shape: int, colour: str) -> None:
    edge = _dimmed(colour, 62)
    for row, bits in enumerate(ORIENTED[shape].row_masks):
        start = (bits & -bits).bit_length() - 1  # the cells of a row of a piece are always side by side
        _cells(shapes, x, bottom - cell * (row + 1), cell, start, bits.bit_length(), colour, edge)


def _garbage(
    shapes: list[Primitive], x: float, floor: float, cell: float, pending: Sequence[Sequence[int]], frame: int
) -> None:
    """Add a bar as high as the garbage that is on its way; what may come up now is bright."""
    height = 0
    for due, rows in pending:
        rows = min(rows, VISIBLE - height)
        if rows:
            _box(shapes, x, floor - cell * (height + rows), 1, cell * rows, THREAT if due <= frame else _dimmed(THREAT, 55))
        height += rows


def _notice(fields: Sequence[Mapping[str, Any]], field: Mapping[str, Any], *, over: bool) -> str:
    left = [other for other in fields if not other["out"]]
    if over and len(fields) > 1:
        if field in left and len(left) == 1:
            return "WINS"
        if not left or (not field["out"] and len(left) > 1):
            return "DRAW" if not left else "TIME"
    if field["out"]:
        return "OUT"
    return "TIME" if over else ""


def _box(shapes: list[Primitive], x: float, y: float, width: float, height: float, colour: str) -> None:
    shapes.append(rect(x / _WIDE, y / _HIGH, width / _WIDE, height / _HIGH, colour))


def _words(shapes: list[Primitive], x: float, y: float, size: float, string: str, colour: str, align: Any) -> None:
    shapes.append(text(x / _WIDE, y / _HIGH, size, string, colour, align))
