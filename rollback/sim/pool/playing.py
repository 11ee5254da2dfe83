"""One match, played wherever it is, and whatever it raises as its result. Knows specs; knows no process and no backend."""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping
from typing import Any, Final

from rollback.errors import UsageError
from rollback.game import MAX_PLAYERS
from rollback.sim.pool.checked_lines import LONGEST as LINE
from rollback.sim.pool.job import Job
from rollback.sim.pool.played import Played, Shared, Spec
from rollback.sim.pool.result import MatchResult, Status

__all__ = ["CALLERS", "LONGEST", "Row", "play_one", "row_of", "told"]

LONGEST: Final = 8_000  # characters of a traceback: its end says what happened
MOST: Final = LINE - (1 << 16)  # bytes as JSON: a line of a journal holds the tags and the command besides
_LARGE: Final = 1 << 63
CALLERS: Final = (KeyboardInterrupt,)  # a game may raise anything, and leave too; only Ctrl-C is the caller's

Row = tuple[Status, str, tuple[float, ...], Mapping[str, Any], str]  # status, digest, scores, stats, error


def play_one(job: Job, shared: Shared, let_through: tuple[type[BaseException], ...] = CALLERS) -> MatchResult:
    """Play one match; whatever it raises is its result, but for Ctrl-C and what else is let through."""
    status, digest, scores, stats, error = row_of(job.spec, job.seed, shared, let_through)
    return MatchResult(job.index, status, 1, job.seed, digest, scores, stats, error, job.spec.tags)


def row_of(spec: Spec, seed: int, shared: Shared, let_through: tuple[type[BaseException], ...] = CALLERS) -> Row:
    """Play one match, and return what its result needs besides what the caller knows.

    Args:
        spec: What is played.
        seed: Of the match.
        shared: What the worker holds.
        let_through: What is not the match's own, and ends the run.
    """
    try:
        played = _checked(spec, spec.play(seed, shared))
        status: Status = "error" if played.error else "truncated" if played.is_truncated else "ok"
        return status, played.digest, played.scores, played.stats, played.error
    except let_through:
        raise
    except BaseException as error:
        return "error", "", (), {}, told(error)


def _checked(spec: Spec, played: Any) -> Played:
    """Return it, if a journal and a report can hold it: a run that goes on would stumble over it otherwise."""
    if (
        isinstance(played, Played)
        and isinstance(played.digest, str)
        and isinstance(played.error, str)
        and isinstance(played.stats, Mapping)
        and isinstance(played.scores, tuple | list)
        and all([isinstance(score, int | float) for score in played.scores])
    ):
        if not _is_short(played):
            _check_size(spec, played)
        return played
    raise UsageError(
        f"play() of {spec.name} must return a Played of a digest and an error as texts, scores as plain numbers and stats by"
        f" name, not {played!r:.200}"
    )


def _is_short(played: Played) -> bool:
    """Return whether it is short for certain, and need not be written out to be measured: that costs a tiny match a fifth."""
    if played.stats or played.error or len(played.digest) > 64 or len(played.scores) > MAX_PLAYERS:
        return False
    return all([type(score) is float or -_LARGE < score < _LARGE for score in played.scores])


def _check_size(spec: Spec, played: Played) -> None:
    try:  # some microseconds for the numbers of a usual match
        size = len(json.dumps((played.digest, tuple(played.scores), dict(played.stats), played.error)))
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(
            f"what play() of {spec.name} returned cannot be kept, for JSON cannot hold it: {error}; give plain numbers, texts,"
            " lists and dicts of them as stats"
        ) from None
    if size > MOST:
        raise UsageError(
            f"what play() of {spec.name} returned takes {size} bytes as JSON, and a result has at most {MOST}: keep fewer"
            " numbers in stats"
        )


def told(error: BaseException) -> str:
    """Return an exception's traceback, from the frame below the one that caught it, and the end of it where it is long."""
    if error.__traceback__ is not None:  # this file's own frame says nothing
        error.__traceback__ = error.__traceback__.tb_next
    return "".join(traceback.format_exception(error))[-LONGEST:]
