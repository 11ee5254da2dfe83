"""Names fit to be shown to strangers: cleaned, cut and made unique. Knows no members."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from typing import Final

__all__ = ["NAMELESS", "clean", "unique"]

NAMELESS: Final = "player"
# Controls, invisible and direction-changing marks, halves of surrogates, private and unassigned letters.
_UNSHOWABLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_MARKS_IN_A_ROW: Final = 2  # more combining marks than any alphabet stacks only smear over the neighbours


def clean(text: str, limit: int) -> str:
    """Return `text` in printable characters, blanks collapsed, at most `limit` long; possibly empty."""
    kept: list[str] = []
    marks = 0
    for letter in unicodedata.normalize("NFC", text[: limit * 16]):
        category = unicodedata.category(letter)
        if category[0] == "Z" or letter in "\t\r\n":
            letter = " "
        elif category in _UNSHOWABLE:
            continue
        marks = marks + 1 if category[0] == "M" else 0
        if marks <= _MARKS_IN_A_ROW:
            kept.append(letter)
    return " ".join("".join(kept).split())[:limit].strip()


def unique(name: str, taken: Collection[str], limit: int) -> str:
    """Return `name`, or `name-2`, `name-3`, ... so that it differs from all of `taken`, upper and lower case alike."""
    used = {each.casefold() for each in taken}
    name = name or NAMELESS
    candidate, number = name, 2
    while candidate.casefold() in used:
        suffix = f"-{number}"
        candidate = name[: limit - len(suffix)] + suffix
        number += 1
    return candidate
