"""How long a worker may take: for a match, and for what is made once before the first one. Knows seconds; knows no process."""

from __future__ import annotations

from typing import Final

__all__ = ["slack_of", "starting_of", "too_long"]

SLACK: Final = 0.1  # of the time a match has, by which the watchdog may be late; arming it costs 20 us, which is saved so
MOST_SLACK: Final = 1.0  # seconds
STARTING: Final = 60.0  # seconds to import a game with all its packages: mujoco takes some on a busy machine
AGAIN: Final = 10.0  # the same, in a run in which that was once too little: what hangs for one match hangs for the next


def slack_of(seconds: float) -> float:
    """Return by how many seconds the watchdog may be late."""
    return min(seconds * SLACK, MOST_SLACK)


def starting_of(timeout: float | None, *, again: bool = False) -> float | None:
    """Return the seconds for what a worker imports and makes before its first match; None where nothing is limited.

    Args:
        timeout: What a match has.
        again: Whether they were too few once in this run.
    """
    return None if timeout is None else max(timeout, AGAIN if again else STARTING)


def too_long(timeout: float, seconds: float | None, where: str) -> str:
    """Return the error of a match that was ended.

    Args:
        timeout: What a match has.
        seconds: What it had for what it was at.
        where: The traceback of that moment.
    """
    if seconds is None or seconds <= timeout:
        return f"it took longer than timeout={timeout:g} s, and was ended:\n{where}"
    return (
        f"to import what it needs took longer than {seconds:g} s, and was ended (timeout={timeout:g} s counts from then on):"
        f"\n{where}"
    )
