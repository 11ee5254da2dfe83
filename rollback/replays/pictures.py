"""Pictures of games: drawing primitives, or the array a game renders, as images. The only place that knows Pillow.

What the primitives mean is told in `rollback/games/drawing.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, BinaryIO, Final

from rollback.errors import MissingPackage, UsageError

__all__ = ["BACKGROUND", "check_size", "picture_of", "write_gif", "write_png"]

BACKGROUND: Final = "#10121a"  # what the surface starts out in, as the drawing primitives have it
SIZES: Final = (16, 4096)  # pixels of a side
_FINER: Final = 2  # times: drawn so much larger and made smaller again, which smooths the edges
_COLOURS: Final = 64  # of a picture in a GIF: drawings have few
_LIKE: Final = str.maketrans("\u25ba\u25c4\u25b6\u25c0\u25cf\u25cb", "><><*o")  # what the built-in font lacks
_FAR: Final = 8.0  # unit squares: what lies, or reaches, further takes Pillow minutes and shows nothing
_LONGEST: Final = 1000  # letters of a text
_LETTERS: Final = 0.72  # height of letters in a line of text


def _pillow() -> tuple[Any, Any, Any]:
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError:
        raise MissingPackage("making pictures of a replay", "pillow", "export") from None
    return Image, ImageDraw, ImageFont


def check_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return a size of pictures, if it is one and Pillow is there.

    Raises:
        UsageError: It is none.
        MissingPackage: Pillow is missing.
    """
    _pillow()
    low, high = SIZES
    if len(size) != 2 or not all(type(side) is int and low <= side <= high for side in size):
        raise UsageError(f"the size of a picture is its width and height in pixels, {low} to {high} each, not {size!r:.60}")
    return size


def picture_of(game: Any, size: tuple[int, int]) -> Any:
    """Return an image of the state the game is in.

    Raises:
        UsageError: The game has neither `draw()` nor a `render()` that returns an array of pixels.
        MissingPackage: Pillow is missing.
    """
    draw, render = getattr(game, "draw", None), getattr(game, "render", None)
    if callable(draw):
        return _drawn(draw(), size)
    array: Any = render() if callable(render) else None
    shape = tuple(getattr(array, "shape", ()))
    if (len(shape) == 2 or shape[2:] in ((3,), (4,))) and str(array.dtype) == "uint8":
        image_kind = _pillow()[0]
        image = image_kind.fromarray(array).convert("RGB")
        scale = min(size[0] / image.width, size[1] / image.height)
        inner = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        whole = image_kind.new("RGB", size, BACKGROUND)
        whole.paste(image.resize(inner), ((size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2))
        return whole
    raise UsageError(
        f"{type(game).__name__} makes no pictures: it needs draw(), or a render() that returns an array of uint8,"
        " height x width x 3"
    )


def write_png(file: BinaryIO, image: Any) -> None:
    """Write one image."""
    image.save(file, "PNG")


def write_gif(file: BinaryIO, images: Iterable[Any], milliseconds: Sequence[int]) -> None:
    """Write images, each shown for so many milliseconds; the last of them are not looked for before they are needed."""
    image_kind = _pillow()[0]
    few = (image.quantize(_COLOURS, dither=image_kind.Dither.NONE) for image in images)
    first = next(few)
    first.save(file, "GIF", save_all=True, append_images=few, duration=list(milliseconds), loop=0, optimize=False)


def _drawn(primitives: Iterable[Sequence[Any]], size: tuple[int, int]) -> Any:
    image_kind, draw_kind, fonts = _pillow()
    width, height = size[0] * _FINER, size[1] * _FINER
    image = image_kind.new("RGB", (width, height), BACKGROUND)
    pen = draw_kind.Draw(image)
    painters: dict[str, Callable[..., None]] = {"rect": _rect, "circle": _circle, "line": _line, "text": _text}
    for kind, *values in primitives:
        if kind not in painters:
            raise UsageError(f"{kind!r:.40} is no drawing primitive: they are {', '.join(painters)}")
        painters[kind](pen, fonts, width, height, *[_near(value) for value in values])
    return image.reduce(_FINER)


def _near(value: Any) -> Any:
    """Return a number within reach, and what is no number as it is."""
    if isinstance(value, str):
        return value[:_LONGEST]
    return max(-_FAR, min(_FAR, value))


def _rect(pen: Any, fonts: Any, width: int, height: int, x: float, y: float, across: float, down: float, colour: str) -> None:
    left, top = x * width, y * height
    right, bottom = max(left, left + across * width - 1), max(top, top + down * height - 1)
    pen.rectangle((left, top, right, bottom), fill=colour)


def _circle(pen: Any, fonts: Any, width: int, height: int, x: float, y: float, radius: float, colour: str) -> None:
    pen.circle((x * width, y * height), radius * height, fill=colour)


def _line(
    pen: Any, fonts: Any, width: int, height: int, x1: float, y1: float, x2: float, y2: float, thick: float, colour: str
) -> None:
    ends = ((x1 * width, y1 * height), (x2 * width, y2 * height))
    pen.line(ends, fill=colour, width=max(1, round(thick * height)))
    for end in ends:
        pen.circle(end, thick * height / 2, fill=colour)


def _text(
    pen: Any,
    fonts: Any,
    width: int,
    height: int,
    x: float,
    y: float,
    size: float,
    string: str,
    colour: str,
    align: str = "left",
) -> None:
    anchor = {"left": "lm", "center": "mm", "right": "rm"}[align]
    font = fonts.load_default(max(8, round(size * height * _LETTERS)))
    pen.text((x * width, y * height), string.translate(_LIKE), fill=colour, font=font, anchor=anchor)
