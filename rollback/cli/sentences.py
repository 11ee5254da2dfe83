"""Sentences put together of parts that others worded. Knows no part."""

from __future__ import annotations

__all__ = ["ended", "why_ended"]


def ended(sentence: str) -> str:
    """Return a sentence with a mark at its end, and with one only."""
    text = sentence.rstrip()
    return text if text.endswith((".", "?", "!")) else f"{text}."


def why_ended(reason: str) -> str:
    """Return why a match ended in one line: of a traceback, what was raised and where in the game."""
    from rollback.testing.examination import where_raised  # here, since it brings the engine along

    lines = reason.strip().splitlines() or [""]
    if len(lines) == 1:
        return lines[0].rstrip(":")
    where = where_raised(reason)
    return f"{lines[0].rstrip(':')}: {lines[-1]}" + (f" ({where})" if where else "")
