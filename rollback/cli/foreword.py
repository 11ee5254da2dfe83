"""What is told of a game before it is played: what is unusual about its time and its snapshots. Knows games; shows nothing."""

from __future__ import annotations

import shlex
from typing import Final

from rollback.envs.names import game_factory
from rollback.errors import GameError, UsageError
from rollback.game import Game
from rollback.netplay.seats import why_in_step

__all__ = ["WORTH", "foreword", "frames_worth", "made_to_play", "require_company"]

WORTH: Final = 30.0  # seconds of a match whose end nobody named
_SHARES: Final = (
    "let two race side by side with --game '{}?share=race', take turns with ?share=turns, or one watch with ?share=watch"
)
_UNFIT: Final = ("is not deterministic", "cannot be saved", "when it was played for a trial")
_USUAL_FPS: Final = 60
_FELT: Final = ("simulated again", "deepcopy")  # savers that a player may feel; the others are quick


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


def made_to_play(named: str) -> Game:
    """Return the game of that name.

    Raises:
        GameError: There is none; of an environment that cannot be played, it says what tells more.
    """
    try:
        return game_factory(named)()
    except GameError as error:
        if not any(words in str(error) for words in _UNFIT):
            raise
        raise GameError(f"{str(error).rstrip('.')}; {shlex.join(['rollback', 'check', named])} says more") from error


def require_company(game: Game, named: str) -> None:
    """Raise `UsageError` for a game that is for one player: nobody could join."""
    if game.players == 1:
        place, is_gym = named.partition("?")[0], named.startswith("gym:")
        mend = _SHARES.format(place) if is_gym else "name another game, or one of its kind for several"
        raise UsageError(f"a match needs at least two players, and {named} is for one: {mend}")


def frames_worth(game: Game) -> int:
    """Return how many frames of this game half a minute has."""
    fps = getattr(game, "fps", None)
    usual = isinstance(fps, int | float) and not isinstance(fps, bool) and fps >= 1
    return round(WORTH * (fps if usual and fps is not None else _USUAL_FPS))
