"""What a lobby says no with. Knows no connection."""

from __future__ import annotations

from rollback.errors import NetworkError

__all__ = ["LobbyRefusal"]


class LobbyRefusal(NetworkError):
    """The lobby said no.

    Attributes:
        code: One word for programs, such as `full` or `locked`.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
