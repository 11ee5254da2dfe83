"""The drawing primitives of `draw()`: the one place that says what they mean. Knows no screen and no game.

A picture is a list of plain tuples, painted in order, later ones on top. Places lie in a unit square: x from 0
(left) to 1 (right), y from 0 (top) to 1 (bottom); the painter stretches it over its surface, best one that is `ASPECT`
times as wide as high. Radii, line widths and text sizes are shares of the surface's *height*, so that circles stay
round on any surface.

```
("rect",   x, y, width, height, colour)          top left corner, and shares of the surface's width and height
("circle", x, y, radius, colour)                 filled
("line",   x1, y1, x2, y2, width, colour)        with round ends
("text",   x, y, size, string, colour, align)    y is the middle of the line; align: what x is, "left" "center" "right"
```
A colour is "#rrggbb" or a name in `COLOURS`. The surface starts out in `BACKGROUND`; painting in that colour erases.
Coordinates are the only floats of the built-in games. They are made from the state and never go back into it.
"""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

from rollback.errors import UsageError

__all__ = ["ASPECT", "BACKGROUND", "COLOURS", "Align", "Primitive", "circle", "line", "rect", "rgb", "text"]

Primitive: TypeAlias = tuple[Any, ...]
Align: TypeAlias = Literal["left", "center", "right"]

ASPECT: Final = 1.6  # width over height; 56 x 18 cells of a terminal are 1.56
BACKGROUND: Final = "#10121a"

# The names CSS knows, with the values CSS gives them: other toolkits mean other greens and greys by the same words.
COLOURS: Final = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "gray": (128, 128, 128),
    "dimgray": (105, 105, 105),
    "silver": (192, 192, 192),
    "red": (255, 0, 0),
    "tomato": (255, 99, 71),
    "orange": (255, 165, 0),
    "gold": (255, 215, 0),
    "green": (0, 128, 0),
    "lime": (0, 255, 0),
    "cyan": (0, 255, 255),
    "deepskyblue": (0, 191, 255),
    "blue": (0, 0, 255),
    "violet": (238, 130, 238),
    "magenta": (255, 0, 255),
}


def rect(x: float, y: float, width: float, height: float, colour: str) -> Primitive:
    """Return a filled rectangle; `x`, `y` is its top left corner."""
    return ("rect", x, y, width, height, colour)


def circle(x: float, y: float, radius: float, colour: str) -> Primitive:
    """Return a filled circle; `radius` is a share of the height."""
    return ("circle", x, y, radius, colour)


def line(x1: float, y1: float, x2: float, y2: float, width: float, colour: str) -> Primitive:
    """Return a line with round ends; `width` is a share of the height."""
    return ("line", x1, y1, x2, y2, width, colour)


def text(x: float, y: float, size: float, string: str, colour: str, align: Align = "left") -> Primitive:
    """Return one line of text; `size` is a share of the height, `align` says which part of the text stands at `x`."""
    return ("text", x, y, size, string, colour, align)


def rgb(colour: str) -> tuple[int, int, int]:
    """Return the red, green and blue of a colour, 0 to 255 each.

    Raises:
        UsageError: It is neither "#rrggbb" nor a name in `COLOURS`.
    """
    known = COLOURS.get(colour)
    if known is not None:
        return known
    try:
        if len(colour) != 7 or colour[0] != "#":
            raise ValueError(colour)
        value = int(colour[1:], 16)
    except ValueError:
        raise UsageError(f'{colour!r} is no colour: give "#rrggbb" or one of {", ".join(COLOURS)}') from None
    return value >> 16, value >> 8 & 255, value & 255
