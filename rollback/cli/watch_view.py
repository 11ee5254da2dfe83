"""The picture of a match that somebody watches: the field, who plays, how far behind. Writes to no terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rollback.cli.field import field_lines
from rollback.cli.layout import box, fit
from rollback.cli.palette import Palette

__all__ = ["Scene", "compose", "names_of"]

_WIDEST: Final = 84
_RATIO: Final = 56 / 18  # cells across over cells down, as the built-in pictures are laid out
_BESIDES: Final = 5  # lines besides the field: borders, numbers, keys, news
_SMALLEST: Final = (20, 6)


@dataclass(frozen=True, slots=True)
class Scene:
    """What is to be told beside the picture.

    Attributes:
        frame: The frame that is shown.
        behind: Seconds behind the newest settled frame that is here.
        speed: Seconds of the match in a second.
        progress: The share of the first state that has come.
        news: What happened last.
    """

    frame: int
    behind: float
    speed: float
    progress: float
    news: str


def names_of(names: Mapping[int, str], controllers: Mapping[int, str], players: int) -> str:
    """Return who plays, in the order of the players."""
    told = []
    for player in range(players):
        name, by = names.get(player, "") or f"player {player + 1}", controllers.get(player, "")
        told.append(f"{name} ({by})" if by not in ("", "human") else name)
    return " - ".join(told)


def compose(title: str, picture: Mapping[str, Any], scene: Scene, size: tuple[int, int], palette: Palette) -> list[str]:
    """Return the picture as lines that fit into `size`, which is columns and rows."""
    columns, rows = size
    height = max(_SMALLEST[1], min(rows - _BESIDES, round(min(_WIDEST, columns - 2) / _RATIO)))
    width = max(_SMALLEST[0], min(columns - 2, _WIDEST, round(height * _RATIO)))
    if scene.progress < 1:
        picture = {"text": f"the present state is coming: {100 * scene.progress:.0f} %"}
    framed = box(palette.styled(title, "title"), field_lines(picture, width, height, palette), width, palette)
    numbers = f" frame {scene.frame}   {scene.behind:.1f} s behind   speed {scene.speed:.1f}"
    lines = [
        *framed,
        palette.styled(numbers, "value"),
        palette.styled(" Ctrl-C leaves", "label"),
        palette.styled(f" {scene.news}", "faint"),
    ]
    return [fit(line, min(columns, width + 2)).rstrip() for line in lines][:rows]
