"""What a lobby says no with: a sentence for people and a word for programs. Knows no rooms."""

from __future__ import annotations

from typing import Any

from rollback.errors import NetworkError

__all__ = ["Refusal"]


class Refusal(NetworkError):
    """A request that was not granted.

    Attributes:
        code: One word for programs: `malformed`, `unknown_room`, `full`, `locked`, `token`, `gone`, `busy`,
            `unknown_member`, `away`, `no_room`, `no_seat`, `no_vote`, `in_room`, `not_feeder`, `too_large` or `unknown_event`.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code

    def answer(self) -> dict[str, Any]:
        """Return the form in which a client hears it."""
        return {"ok": False, "error": str(self), "code": self.code}
