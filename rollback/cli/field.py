"""A game's picture as lines of a terminal. Knows primitives, pixels and text; knows no match and no terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollback.cli.palette import Palette
from rollback.cli.pixels import MOST, is_pixels, packed, pixel_lines
from rollback.game import Game
from rollback.games.text import paint

__all__ = ["field_lines", "picture_of"]

_NO_PICTURE = "(this game draws no picture)"
_ILL = "(this state cannot be drawn)"  # one from a file, or from whoever shows us a match, may hold anything


def picture_of(game: Game, most: tuple[int, int] = MOST) -> dict[str, Any]:
    """Return what the game looks like, as plain values that can travel: its primitives, or the pixels or text it renders.

    Args:
        game: The game.
        most: Pixels across and down, of a game that renders some.
    """
    try:
        draw = getattr(game, "draw", None)
        if callable(draw):
            return {"draw": list(draw())}
        render = getattr(game, "render", None)
        text = render() if callable(render) else None
        if is_pixels(text):
            return packed(text, most)
    except Exception as error:  # a picture is no reason to end what is watched
        return {"text": f"{_ILL}\n{type(error).__name__}"}
    return {"text": text if isinstance(text, str) else _NO_PICTURE}


def field_lines(picture: Mapping[str, Any], columns: int, rows: int, palette: Palette) -> list[str]:
    """Return a picture as exactly `rows` lines, each `columns` cells wide."""
    if "draw" in picture or "pixels" in picture:
        try:
            if "pixels" in picture:
                return pixel_lines(picture, columns, rows, palette)
            return palette.fitted(paint(picture["draw"], columns, rows, colour=palette.depth != "none")).split("\n")
        except Exception as error:  # numbers that are none, texts for numbers
            picture = {"text": f"{_ILL}\n{type(error).__name__}"}
    from rich.cells import cell_len, set_cell_size
    from rich.text import Text

    lines = [Text.from_ansi(line).plain for line in str(picture.get("text", "")).split("\n")[:rows]]
    width = max((cell_len(line) for line in lines), default=0)
    margin = " " * max(0, (columns - width) // 2)
    above = (rows - len(lines)) // 2
    lines = [""] * above + [margin + line for line in lines] + [""] * (rows - len(lines) - above)
    return [set_cell_size(line, columns) for line in lines]
