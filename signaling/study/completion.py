"""Completion codes: random, short enough to be copied by hand, never made twice. Knows no participant."""

from __future__ import annotations

import secrets
from typing import Final

from signaling.codes import ALPHABET

__all__ = ["CodeMaker"]

LETTERS: Final = 10  # of 5 bits each: nobody guesses one of them, and no two of a study are ever the same by chance


class CodeMaker:
    """Makes codes."""

    def __init__(self) -> None:
        self._made: set[str] = set()

    def know(self, code: str) -> None:
        """Never make a code that was made before the server was started again."""
        self._made.add(code)

    def __call__(self) -> str:
        """Return a fresh code."""
        code = ""
        while not code or code in self._made:
            code = "".join(secrets.choice(ALPHABET) for _ in range(LETTERS))
        self._made.add(code)
        return code
