"""What the exit codes mean, the same for every command."""

from __future__ import annotations

from typing import Final

__all__ = ["BROKEN_PIPE", "FINE", "INTERRUPTED", "NOT_REACHED", "NOT_TRUE", "NOT_WRITTEN", "WRONG_USE"]

FINE: Final = 0
NOT_TRUE: Final = 1  # what was checked is false: parity lost, desync, a game that cannot be rolled back
WRONG_USE: Final = 2
NOT_REACHED: Final = 3  # the network or a peer
NOT_WRITTEN: Final = 74  # the output has no room, as a full disk has none; EX_IOERR of sysexits.h
INTERRUPTED: Final = 130  # 128 and the number of SIGINT, as shells have it
BROKEN_PIPE: Final = 141  # 128 and the number of SIGPIPE: whoever read the output had enough of it, as `head` has
