"""A command that is not carried out, and why. Knows the words for it; knows no commands."""

from __future__ import annotations

from typing import Final

from rollback.errors import RollbackError

__all__ = ["STATUS", "Refused"]

# What went wrong, as HTTP says it.
STATUS: Final = {
    "malformed": 400,
    "token": 401,
    "origin": 403,
    "unknown": 404,
    "running": 409,  # or not running: the run is in a state in which this cannot be done
    "too_large": 413,
    "not_json": 415,
    "too_often": 429,
    "failed": 500,
    "full": 503,
}


class Refused(RollbackError):
    """A command that is not carried out.

    Args:
        reason: One of `STATUS`.
        sentence: What was asked for, what is allowed, what to do.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.status = STATUS[reason]
