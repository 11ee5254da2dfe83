"""The colours a terminal can show, and text in them. Knows escape sequences; knows no layout."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal, TextIO

__all__ = ["Depth", "Palette"]

Depth = Literal["none", "standard", "256", "truecolor"]

_STYLES: Final = {
    "title": "1;38;2;235;235;245",
    "faint": "38;2;110;116;140",
    "label": "38;2;140;146;170",
    "value": "38;2;222;224;236",
    "good": "38;2;140;220;150",
    "fair": "38;2;255;214;110",
    "poor": "38;2;255;122;100",
    "left": "38;2;76;201;240",
    "right": "38;2;255;122;89",
}
_RESET: Final = "\x1b[0m"
_TRUE: Final = re.compile(r"(38|48);2;(\d+);(\d+);(\d+)")
_SEQUENCE: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Palette:
    """What a terminal can show.

    Args:
        depth: How many colours.
    """

    def __init__(self, depth: Depth) -> None:
        self.depth = depth

    @classmethod
    def of(cls, stream: TextIO) -> Palette:
        """Return the palette of a terminal, as far as its environment tells; NO_COLOR is heeded."""
        from rich.console import Console  # here, since most commands start without it

        console = Console(file=stream)
        found = None if console.no_color else console.color_system
        known: dict[str | None, Depth] = {"truecolor": "truecolor", "256": "256", "standard": "standard"}
        return cls(known.get(found, "none"))

    def styled(self, text: str, style: str) -> str:
        """Return the text in a style: title, faint, label, value, good, fair, poor, left or right."""
        return text if self.depth == "none" else self.fitted(f"\x1b[{_STYLES[style]}m{text}{_RESET}")

    def fitted(self, text: str) -> str:
        """Return text with true colours in the colours that the terminal has."""
        match self.depth:
            case "truecolor":
                return text
            case "none":
                return _SEQUENCE.sub("", text)
            case _:
                return _TRUE.sub(self._nearest, text)

    def _nearest(self, found: re.Match[str]) -> str:
        red, green, blue = int(found[2]), int(found[3]), int(found[4])
        return _nearest(red, green, blue, self.depth == "256", found[1] == "38")


@lru_cache(maxsize=4096)
def _nearest(red: int, green: int, blue: int, is_256: bool, is_letter: bool) -> str:
    from rich.color import Color, ColorSystem

    color = Color.from_rgb(red, green, blue).downgrade(ColorSystem.EIGHT_BIT if is_256 else ColorSystem.STANDARD)
    return ";".join(color.get_ansi_codes(foreground=is_letter))
