"""What others said, fit to be shown to people: one printable line, not too long. Knows not who said it.

A peer, or a server, may send anything where a reason or a name belongs, also what steers a terminal.
"""

from __future__ import annotations

from typing import Final

__all__ = ["LONGEST", "plain_words"]

LONGEST: Final = 300  # characters: a long sentence


def plain_words(text: str, longest: int = LONGEST) -> str:
    """Return the text without line breaks and whatever cannot be printed, at most `longest` characters of it."""
    kept = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * longest])
    words = " ".join(kept.split())
    return words if len(words) <= longest else words[: longest - 1].rstrip() + "…"
