"""What a page is told when a match is over, and its replay as bytes. Knows results; plays nothing."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rollback.errors import RollbackError
from rollback.netplay.telling.endings import ending_sentence

__all__ = ["ended_message", "failed_message", "failure_of", "taken_away"]


def ended_message(
    reason: str,
    frames: int,
    checksum: int | None,
    scores: Sequence[float] | None,
    player: int | None,
    *,
    rollbacks: int = 0,
    again: bool = False,
    problem: str = "",
) -> dict[str, Any]:
    """Return how a match ended.

    Args:
        reason: Of the event `Ended`.
        frames: Frames that were played.
        checksum: Of the last state, or None.
        scores: The game's own, or None.
        player: Our player; None for one who watches.
        rollbacks: How many there were.
        again: Whether there may be another match.
        problem: Why the replay is not whole, or empty.
    """
    return {
        "tell": "ended",
        "reason": reason.partition("\n")[0].rstrip(":"),
        "sentence": ending_sentence(reason, frames, scores, player, flags=False),
        "frames": frames,
        "checksum": None if checksum is None else f"{checksum:016x}",
        "rollbacks": rollbacks,
        "scores": None if scores is None else list(scores),
        "again": again,
        "problem": problem,
    }


def failed_message(error: BaseException) -> dict[str, Any]:
    """Return what went wrong: of our own errors a sentence, of all others also where."""
    trace = "" if isinstance(error, RollbackError) else "".join(traceback.format_exception(error))
    return {"tell": "failed", "name": type(error).__name__, "message": str(error), "traceback": trace}


def failure_of(reason: str) -> dict[str, Any] | None:
    """Return what a game raised that ended a match here, None where it ended in another way."""
    first, _, trace = reason.partition("\n")
    if not first.startswith("step raised") or not trace.strip():
        return None
    name, _, message = trace.strip().splitlines()[-1].partition(": ")
    return {"tell": "failed", "name": name.rpartition(".")[2], "message": f"{first.rstrip(':')}: {message}", "traceback": trace}


def taken_away(replay: Path | None) -> bytes | None:
    """Return a replay's bytes and delete its file; None where there is none."""
    if replay is None or not replay.is_file():
        return None
    content = replay.read_bytes()
    replay.unlink()
    return content
