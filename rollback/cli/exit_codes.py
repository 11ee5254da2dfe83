"""What the exit codes mean, the same for every command."""

from __future__ import annotations

from typing import Final

__all__ = ["FINE", "INTERRUPTED", "NOT_REACHED", "NOT_TRUE", "WRONG_USE"]

FINE: Final = 0
NOT_TRUE: Final = 1  # what was checked is false: parity lost, desync, a game that cannot be rolled back
WRONG_USE: Final = 2
NOT_REACHED: Final = 3  # the network or a peer
INTERRUPTED: Final = 130  # 128 and the number of SIGINT, as shells have it
