"""How a match ended, in sentences for the people in it. Knows reasons and scores; knows no session and no exit codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rollback.net.words import plain_words
from rollback.netplay.telling.sentences import ended, why_ended

__all__ = ["CAME_TO_ITS_END", "COMPLETE", "ending_sentence", "score_sentence"]

CAME_TO_ITS_END: Final = ("over", "end_at")  # the reasons after which there is a result
COMPLETE: Final = (*CAME_TO_ITS_END, "left")
LONGEST: Final = 2000  # characters: a reason may hold the end of a traceback


def ending_sentence(reason: str, frames: int, scores: Sequence[float] | None, player: int | None, *, flags: bool = True) -> str:
    """Return why a match ended and, where it has a result, who won.

    Args:
        reason: Of the event `Ended`.
        frames: Frames that were played.
        scores: The game's own, or None.
        player: Our player; None for one who watches.
        flags: Whether settings are called as on the command line.
    """
    told = {
        "over": "The game is over",
        "end_at": f"The match came to its end at frame {frames}",
        "left": "You left",
    }
    first = told.get(reason)
    if first is None:
        first = f"The match ended at frame {frames}: {why_ended(reason, flags=flags)}"
    result = score_sentence(scores, player, is_over=reason == "over") if reason in CAME_TO_ITS_END else ""
    return plain_words(f"{ended(first)}{' ' if result else ''}{result}", LONGEST)


def score_sentence(scores: Sequence[float] | None, player: int | None, *, is_over: bool) -> str:
    """Return the score, our own first, and once the game is over who won; nothing of a game without one, or for one player.

    Args:
        scores: The game's own, or None.
        player: Our player; None for one who watches, who is told the scores in the order of the players.
        is_over: Whether there is a winner.
    """
    if scores is None or len(scores) < 2:
        return ""
    if player is None:
        return f"The score is {' to '.join(f'{score:g}' for score in scores)}."
    own = scores[player]
    others = [score for number, score in enumerate(scores) if number != player]
    told = " to ".join(f"{score:g}" for score in (own, *others))
    if not is_over:
        return f"The score is {told}, yours first."
    word = "You won" if own > max(others) else "A draw" if own == max(others) else "You lost"
    return f"{word}, {told}."
