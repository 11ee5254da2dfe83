"""Sentences put together of parts that others worded. Knows no part."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["FLAGS", "ended", "why_ended", "with_flags"]

FLAGS: Final = {  # by the name that sessions have for the setting
    "end_at": "--frames",
    "fps": "--fps",
    "game_id": "--game",
    "on_desync": "--on-desync",
    "on_disconnect": "--on-disconnect",
    "seed": "--seed",
}
_UNSHARED: Final = re.compile(r" cannot play with us: (?P<field>\w+)(?P<values> is [^;]* here and [^;]* there); [^;]*$")


def ended(sentence: str) -> str:
    """Return a sentence with a mark at its end, and with one only."""
    text = sentence.rstrip()
    return text if text.endswith((".", "?", "!")) else f"{text}."


def why_ended(reason: str, *, flags: bool = True) -> str:
    """Return why a match ended in one line: of a traceback, what was raised and where in the game.

    Args:
        reason: Of the event `Ended`.
        flags: Whether settings are called as on the command line.
    """
    from rollback.testing.examination import where_raised  # here, since it brings the engine along

    lines = reason.strip().splitlines() or [""]
    if len(lines) == 1:
        told = lines[0].rstrip(":")
        return with_flags(told) if flags else told
    where = where_raised(reason)
    return f"{lines[0].rstrip(':')}: {lines[-1]}" + (f" ({where})" if where else "")


def with_flags(sentence: str) -> str:
    """Return the sentence about a setting that peers do not share in the words of the command line, where it has one for it."""
    found = _UNSHARED.search(sentence)
    if found is None or found["field"] not in FLAGS:
        return sentence
    flag = FLAGS[found["field"]]
    return f"{sentence[: found.start('field')]}{flag}{found['values']}; give {flag} the same value on both sides"
