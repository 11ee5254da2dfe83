"""What a study says no with: a status, a word for programs and a sentence for people. Knows no request."""

from __future__ import annotations

from typing import Any, Final

from rollback.errors import NetworkError

__all__ = ["STATUSES", "StudyRefusal"]

STATUSES: Final = {
    "malformed": 400,
    "token": 403,  # none, forged, or of an older window
    "origin": 403,
    "slow": 408,
    "taken": 409,  # the id belongs to another window
    "stage": 409,  # not now
    "chunk": 409,  # another piece under a number that is there, or a number out of order
    "too_large": 413,
    "media_type": 415,
    "too_many": 429,
    "busy": 503,
    "quota": 507,
}


class StudyRefusal(NetworkError):
    """A request of a participant's page that was not granted.

    Attributes:
        code: One word, a key of `STATUSES`.
        more: Further fields of the answer, such as the number of the piece that is expected.
    """

    def __init__(self, code: str, sentence: str, **more: Any) -> None:
        super().__init__(sentence)
        self.code = code
        self.more = more

    @property
    def status(self) -> int:
        """The status of HTTP."""
        return STATUSES[self.code]

    def answer(self) -> dict[str, Any]:
        """Return the form in which a page hears it."""
        return {"ok": False, "error": str(self), "code": self.code, **self.more}
