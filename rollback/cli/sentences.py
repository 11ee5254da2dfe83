"""Sentences put together of parts that others worded. Knows no part."""

from __future__ import annotations

__all__ = ["ended"]


def ended(sentence: str) -> str:
    """Return a sentence with a mark at its end, and with one only."""
    text = sentence.rstrip()
    return text if text.endswith((".", "?", "!")) else f"{text}."
