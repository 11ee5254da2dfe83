"""A game's picture as a message that a page paints, and its score in a line for those who cannot see it. Knows no frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, Final

from rollback.games.drawing import ASPECT

__all__ = ["picture_of", "scores_of", "text_of"]

DIGITS: Final = 4  # of a place in the unit square: a tenth of a pixel on a screen of a thousand
_SIDE: Final = 4096  # pixels of a side of what a game renders; more is no picture
_CHANNELS: Final = (1, 3, 4)
_NONE: Final = "(this game draws no picture)"


def picture_of(game: Any) -> tuple[dict[str, Any], bytes | None]:
    """Return what the game looks like: `primitives`, or `pixels` with their bytes beside them, or `words`.

    A picture is no reason to end a match: of a state that cannot be drawn, it says so.
    """
    try:
        draw = getattr(game, "draw", None)
        if callable(draw):
            return {"primitives": [_rounded(each) for each in draw()], "aspect": ASPECT}, None
        render = getattr(game, "render", None)
        rendered = render() if callable(render) else None
        shape = getattr(rendered, "shape", ())
        if rendered is not None and shape:
            return _pixels(rendered, shape)
    except Exception as error:
        return {"words": f"(this state cannot be drawn)\n{type(error).__name__}"}, None
    return {"words": rendered if isinstance(rendered, str) else _NONE}, None


def scores_of(game: Any) -> list[float] | None:
    """Return the score of each player as numbers that can travel, None where the game has none."""
    scores = getattr(game, "scores", None)
    if not callable(scores):
        return None
    try:
        return [_plain(score) for score in scores()]
    except (TypeError, ValueError, ArithmeticError):
        return None


def text_of(scores: Sequence[float] | None, names: Mapping[int, str], me: int | None) -> str:
    """Return the score in one line.

    Args:
        scores: By player, or None.
        names: Of the players.
        me: Our player, None where we watch.
    """
    if not scores:
        return ""
    told = []
    for player, score in enumerate(scores):
        whose = "You" if player == me else names.get(player) or f"Player {player + 1}"
        told.append(f"{whose} {score:g}")
    return ", ".join(told)


def _rounded(primitive: Sequence[Any]) -> list[Any]:
    return [value if type(value) is int or type(value) is str else round(_plain(value), DIGITS) for value in primitive]


def _plain(value: Any) -> float:
    """Return a number that JSON knows, also of numpy's.

    Raises:
        ValueError: It is not finite, or no number at all.
    """
    if type(value) is int:
        return value
    if isinstance(value, str | bytes) or not isfinite(number := float(value)):
        raise ValueError(f"{value!r:.40} is no number that can be drawn")
    return number


def _pixels(rendered: Any, shape: tuple[int, ...]) -> tuple[dict[str, Any], bytes | None]:
    height, width, channels = (*shape, 1) if len(shape) == 2 else shape
    if channels not in _CHANNELS or not 0 < height <= _SIDE or not 0 < width <= _SIDE or str(rendered.dtype) != "uint8":
        return {"words": _NONE}, None
    pixels = {"width": int(width), "height": int(height), "channels": int(channels)}
    return {"pixels": pixels, "aspect": round(width / height, DIGITS)}, rendered.tobytes()
