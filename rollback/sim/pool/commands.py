"""The command line that plays one match again. Knows the command's options; knows no terminal, and plays nothing."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rollback.sim.pool.played import Spec

__all__ = ["line_of", "reproduce"]

KIND: Final = "match"  # what `rollback simulate --match` plays: a `MatchSpec`
LONGEST: Final = 4000  # characters: a shell takes more, a person who copies it does not


def reproduce(spec: Spec, seed: int) -> str:
    """Return the command that plays this match alone, with its seed, in a process of its own.

    A spec that has a command of its own, as `command(seed)`, is asked for it. Of others only those that the command line
    knows have one, and none that would make a line nobody copies: the answer is empty then.

    Args:
        spec: What was played.
        seed: The match's own seed, `MatchResult.seed`.
    """
    try:
        own = getattr(spec, "command", None)
        if callable(own):
            return str(own(seed))
        values = spec.to_dict()
        if values.get("kind") != KIND:
            return ""
        told = json.dumps(values, separators=(",", ":"))
    except Exception:  # of a user's class: the match has failed already, and shall not end the run as well
        return ""
    return line_of("rollback", "simulate", "--match", told, "--match-seed", str(seed))


def line_of(*words: str) -> str:
    """Return a command line that can be copied into a shell; empty where it would be too long for that."""
    line = shlex.join(words)
    return line if len(line) <= LONGEST else ""
