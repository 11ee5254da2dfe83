"""How a saved agent fares against the built-in bot of its game. Knows a league; knows no training.

Matches are of two kinds, by their seeds: those that a training may look at as often as it likes, to see whether it is good
enough or better than before, and those of the final figure, which nothing was ever chosen by.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from rollback.agents.checkpoints import Checkpoint
from rollback.games.dice import spread
from rollback.sim.league import League

__all__ = ["against_best"]

GAME: Final = 20_000  # frames of a match: nearly all end before
_MOST: Final = 10_000  # matches
_LOOKED_AT: Final = 5_000  # the stream of the seeds of those
_LONGEST: Final = (1 << 63) - 1


def against_best(
    checkpoint: Checkpoint, matches: int, seed: int, *, workers: int = 1, is_final: bool = True
) -> dict[str, float]:
    """Play matches against the built-in bot, from both sides, with seeds of 63 bits, which training has none of.

    Args:
        checkpoint: Of the agent; its environment is the game's name.
        matches: How many; one more where that is odd.
        seed: Of the training.
        workers: Processes that play at once.
        is_final: Whether it is for the final figure; the others have other seeds.

    Returns:
        `won`, the share of matches, a draw being half of one; `won_low` and `won_high`, its 95 % interval; `points`, the mean
        of its points in a match; `matches`.
    """
    count = max(2, min(matches, _MOST))
    dealt = seed if is_final else spread(seed, _LOOKED_AT) & _LONGEST
    with tempfile.TemporaryDirectory(prefix="rollback-self-play-") as folder:
        path = Path(folder) / "agent.npz"
        checkpoint.save(path)
        league = League(checkpoint.environment, [str(path), "best"], matches=count + count % 2, frames=GAME, seed=dealt)
        table = league.play(workers=workers, backend="process" if workers > 1 else "serial")
    row = next(row for row in table.standings if row.agent == league.labels[0])
    told = {"won": row.share or 0.0, "won_low": row.interval.low, "won_high": row.interval.high, "points": row.score or 0.0}
    return {**{name: float(value) for name, value in told.items()}, "matches": float(row.matches)}
