"""Every error the package raises, and nothing else.

```
RollbackError
├── UsageError (ValueError)      a caller's mistake: the message names what was given, what is allowed, what to do
│   ├── ConfigError              a setting out of its limits
│   ├── MissingAction            `tick` was called without the action of a local player
│   ├── ActionError              an action outside its codec's space
│   └── GameError                a game that lacks a method, a codec that cannot travel, a name that leads nowhere
├── MissingPackage               an optional package is not installed; the message holds the line that installs it
├── DesyncError                  two simulations of the same frame differ
├── NotReproducible              a match played again in another process came out differently
├── WireError                    bytes from outside that break the rules; sessions drop and count, they never raise it
├── ReplayError                  a replay file that cannot be read
├── CheckpointError              a saved agent that cannot be read or written, or does not fit what it is to play
└── NetworkError                 a lobby or a peer cannot be reached, or refused
```
Bytes that break the rules are dropped and counted by sessions; silence, stalls and departures are values and events.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = [
    "ActionError",
    "CheckpointError",
    "ConfigError",
    "DesyncError",
    "GameError",
    "MissingAction",
    "MissingPackage",
    "NetworkError",
    "NotReproducible",
    "ReplayError",
    "RollbackError",
    "UsageError",
    "WireError",
]


class RollbackError(Exception):
    """The root of every error raised on purpose."""


class UsageError(RollbackError, ValueError):
    """The caller did something the contract forbids."""


class ConfigError(UsageError):
    """A setting is out of its limits."""


class MissingAction(UsageError):
    """A tick came without the action of a local player."""


class ActionError(UsageError):
    """An action lies outside the space of its codec."""


class GameError(UsageError):
    """A game, codec or game name that cannot be used."""


class MissingPackage(RollbackError, ImportError):
    """An optional package is missing.

    Args:
        what: What was asked for, in the user's words.
        package: The package that provides it.
        extra: The extra of this project that installs it.
    """

    def __init__(self, what: str, package: str, extra: str | None = None) -> None:
        target = f'"rollback[{extra}]"' if extra else package
        super().__init__(f"{what} needs the package {package}: pip install {target}")
        self.package = package


class DesyncError(RollbackError):
    """Two simulations of the same frame hold different states.

    Attributes:
        frame: The first frame whose states differ.
        differences: What `rollback.state.diff` says of the two states.
    """

    def __init__(self, message: str, *, frame: int, differences: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.frame = frame
        self.differences = tuple(differences)


class NotReproducible(RollbackError):
    """A match that was played again, from its seed and in a new process, came out differently.

    Attributes:
        index: Which match it was, of those that were asked for.
        game: The game's name.
        seed: The seed of the match.
        causes: What it was found to depend on besides its seed, in words, such as "the hash seed"; empty if nothing that was
            tried makes a difference.
    """

    def __init__(self, message: str, *, index: int, game: str, seed: int, causes: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.index = index
        self.game = game
        self.seed = seed
        self.causes = tuple(causes)


class WireError(RollbackError):
    """Bytes that break the rules of the format.

    Attributes:
        reason: One short word for the counter of dropped datagrams, such as `truncated` or `oversized`.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class ReplayError(RollbackError):
    """A replay file that is no replay, is damaged, or is of a newer format."""


class CheckpointError(RollbackError):
    """A checkpoint that is none, is damaged, is of a newer format, cannot be written, or was trained for something else."""


class NetworkError(RollbackError):
    """The lobby or a peer cannot be reached, refused us, or went away."""
