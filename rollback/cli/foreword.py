"""What is told of a game before it is played: what is unusual about its time and its snapshots. Knows games; shows nothing."""

from __future__ import annotations

from typing import Final

from rollback.game import Game
from rollback.netplay.seats import why_in_step

__all__ = ["WORTH", "foreword", "frames_worth"]

WORTH: Final = 30.0  # seconds of a match whose end nobody named
_USUAL_FPS: Final = 60
_FELT: Final = ("simulated again", "deepcopy", "deep copies")  # savers that a player may feel; the others are quick


def foreword(game: Game, window: int | None, player: int | None = None) -> list[str]:
    """Return what a player should know first, in sentences without a full stop.

    Args:
        game: The game.
        window: The prediction window that was asked for; None leaves it to the game.
        player: Our player number, where it is known.
    """
    told = []
    in_step = why_in_step(game, player)
    if in_step is not None and window is None:
        told.append(in_step)
    saver = getattr(game, "saver", None)
    notes: tuple[str, ...] = getattr(saver, "notes", ())
    if getattr(saver, "name", "") in _FELT and notes:
        told.append(notes[-1])  # the last one tells what it costs, those before it why it must be this one
    return told


def frames_worth(game: Game) -> int:
    """Return how many frames of this game half a minute has."""
    fps = getattr(game, "fps", None)
    usual = isinstance(fps, int | float) and not isinstance(fps, bool) and fps >= 1
    return round(WORTH * (fps if usual and fps is not None else _USUAL_FPS))
