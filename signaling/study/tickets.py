"""The token with which a participant's page acts, and comes back after a reload. Knows numbers; knows no participant.

It is made like a lobby's resume token, with a key of the study's own: no room opens with it, and no other study.
"""

from __future__ import annotations

import re
from typing import Any, Final

from rollback.errors import NetworkError
from signaling.study.refusal import StudyRefusal
from signaling.tokens import Seal

__all__ = ["Tickets"]

_TOLD: Final = re.compile(r"(\d{1,9})_(\d{1,9})")


class Tickets:
    """Makes and reads the tokens of one study.

    Args:
        secret: The lobby's secret.
        born: The birth of the study.
    """

    def __init__(self, secret: bytes, born: str) -> None:
        self._seal = Seal("study", secret, born)

    def make(self, number: int, visit: int) -> str:
        """Return the token of a participant's newest visit."""
        return self._seal.resume(f"{number}_{visit}")

    def read(self, token: Any) -> tuple[int, int]:
        """Return whose token it is, and of which visit.

        Raises:
            StudyRefusal: `token`: forged, damaged, or of another study.
        """
        try:
            found = _TOLD.fullmatch(self._seal.check_resume(token))
        except NetworkError:
            found = None
        if found is None:
            raise StudyRefusal("token", "this page has no token of this study, or a damaged one: open your link again")
        return int(found[1]), int(found[2])
