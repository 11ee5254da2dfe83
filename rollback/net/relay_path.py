"""The path for bulk by way of the lobby's relay, which may drop what is too much. Knows when to say it all again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rollback.net.bulk import State
from rollback.net.relay_blobs import PACE, RESEND
from rollback.net.transport import MAX_MESSAGE

__all__ = ["RelayPath"]


class RelayPath:
    """A path for bulk, see `rollback.net.bulk.BulkPath`.

    Args:
        is_open: Returns whether the peer is reached by the relay.
        send: Sends a message; False where the lobby does not take it.
    """

    longest: Final = MAX_MESSAGE - 1  # the relay's own byte is in front
    share: Final = MAX_MESSAGE - 1
    pace: Final = PACE  # a lobby counts every message against the allowance of the inputs
    patience: Final = RESEND

    def __init__(self, is_open: Callable[[], bool], send: Callable[[bytes], bool]) -> None:
        self._is_open = is_open
        self._send = send

    def state(self) -> State:
        """Return whether the peer is reached by the relay."""
        return "open" if self._is_open() else "shut"

    def want(self) -> None:
        """Nothing needs to be opened for this."""

    def send(self, message: bytes) -> bool:
        """Send a message; False: not now."""
        return self._send(message)
