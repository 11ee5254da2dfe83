"""The path for bulk beside the inputs, where it has no connection of its own. Knows how little it may take.

On one association losses and congestion are shared: at full speed a snapshot made the inputs wait for more than half a
second at 2 % loss. One small message at a time, and a pause, keep that to a few packets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from rollback.net.bulk import State

__all__ = ["SharedChannel"]


class Sharing(Protocol):
    """What is needed of a line; see `rollback.net.line.Line`."""

    is_open: bool

    def send_bulk(self, message: bytes, /) -> bool:
        """Send a message; False: not now."""


class SharedChannel:
    """A path for bulk, see `rollback.net.bulk.BulkPath`.

    Args:
        line: Returns the present connection of the inputs.
    """

    longest: Final = 4 * 1160  # bytes of a message: four of aiortc's packets, as many as it sends at once
    share: Final = 4 * 1160
    pace: Final = 0.04  # seconds: some 110 KB/s
    patience: Final = 0.0

    def __init__(self, line: Callable[[], Sharing | None]) -> None:
        self._line = line

    def state(self) -> State:
        """Return whether there is a connection."""
        line = self._line()
        return "open" if line is not None and line.is_open else "shut"

    def want(self) -> None:
        """Nothing needs to be opened for this."""

    def send(self, message: bytes) -> bool:
        """Send a message; False: not now."""
        line = self._line()
        return line is not None and line.send_bulk(message)
