"""Pictures that are arrays of pixels: made small enough to travel, and shown in the cells of a terminal. Knows no game.

A cell shows two dots, one above the other, as the upper half block in two colours; terminals without colours get shades.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final

from rollback.cli.palette import Palette

__all__ = ["MOST", "is_pixels", "packed", "pixel_lines", "unpacked"]

MOST: Final = (320, 240)  # pixels across and down that travel: a terminal shows fewer, and a window enlarges them
_SIDE: Final = 4096  # pixels of a side of what a game renders; more is no picture
_SHADES: Final = " ░▒▓█"
_UPPER: Final = "▀"
_GREY: Final = (299, 587, 114)  # thousandths of the light that eyes see in red, green and blue (ITU-R BT.601)


def is_pixels(picture: Any) -> bool:
    """Return whether a game rendered an array of height x width x 3 bytes."""
    shape: tuple[int, ...] = getattr(picture, "shape", ())
    return len(shape) == 3 and shape[2] == 3 and all(0 < side <= _SIDE for side in shape[:2]) and str(picture.dtype) == "uint8"


def packed(picture: Any, most: tuple[int, int] = MOST) -> dict[str, Any]:
    """Return an array of pixels as plain values that can travel, of at most `most` pixels across and down."""
    height, width, _ = picture.shape
    factor = max(-(-width // most[0]), -(-height // most[1]))
    if factor > 1:
        picture = _shrunk(picture, -(-width // factor), -(-height // factor))
        height, width, _ = picture.shape
    return {"pixels": base64.b64encode(picture.tobytes()).decode("ascii"), "across": width, "down": height}


def unpacked(picture: Mapping[str, Any]) -> tuple[int, int, bytes]:
    """Return width, height, and three bytes a pixel.

    Raises:
        ValueError: It holds no such picture.
    """
    across, down, data = picture["across"], picture["down"], base64.b64decode(picture["pixels"], validate=True)
    if not 0 < across <= _SIDE or not 0 < down <= _SIDE or len(data) != across * down * 3:
        raise ValueError("the picture is not as large as it says")
    return across, down, data


def pixel_lines(picture: Mapping[str, Any], columns: int, rows: int, palette: Palette) -> list[str]:
    """Return a picture as `rows` lines of `columns` cells, as large as fits, in the middle, its sides in proportion."""
    import numpy

    across, down, data = unpacked(picture)
    scale = min(columns / across, 2 * rows / down)
    width, height = max(1, min(columns, round(across * scale))), max(1, min(2 * rows, round(down * scale)))
    height += height % 2
    pixels = _shrunk(numpy.frombuffer(data, dtype="uint8").reshape(down, across, 3), width, height)
    left, above = (columns - width) // 2, (rows - height // 2) // 2
    right, below = columns - width - left, rows - height // 2 - above
    draw = _shaded if palette.depth == "none" else _coloured
    body = [draw(pixels[row].tolist(), pixels[row + 1].tolist()) for row in range(0, height, 2)]
    empty = " " * columns
    lines = [empty] * above + [" " * left + line + " " * right for line in body] + [empty] * below
    return [palette.fitted(line) for line in lines]


def _shrunk(pixels: Any, width: int, height: int) -> Any:
    """Return the picture with so many pixels, each the mean of those that it stands for."""
    import numpy

    down, across, _ = pixels.shape
    rows = numpy.arange(height) * down // height
    columns = numpy.arange(width) * across // width
    if height >= down or width >= across:
        return numpy.ascontiguousarray(pixels[rows][:, columns])
    sums = numpy.add.reduceat(numpy.add.reduceat(pixels.astype("uint32"), rows, axis=0), columns, axis=1)
    high = numpy.diff(numpy.append(rows, down))[:, None, None]
    wide = numpy.diff(numpy.append(columns, across))[None, :, None]
    return numpy.ascontiguousarray((sums // (high * wide)).astype("uint8"))


def _coloured(upper: list[list[int]], lower: list[list[int]]) -> str:
    parts: list[str] = []
    last: tuple[list[int], list[int]] | None = None
    for above, below in zip(upper, lower, strict=True):
        if last != (above, below):
            last = (above, below)
            parts.append("\x1b[38;2;{};{};{}m\x1b[48;2;{};{};{}m".format(*above, *below))
        parts.append(_UPPER)
    return "".join([*parts, "\x1b[0m"])


def _shaded(upper: list[list[int]], lower: list[list[int]]) -> str:
    cells = []
    for above, below in zip(upper, lower, strict=True):
        light = sum(share * (one + other) for share, one, other in zip(_GREY, above, below, strict=True))
        cells.append(_SHADES[min(len(_SHADES) - 1, light * len(_SHADES) // (2 * 255_001))])
    return "".join(cells)
