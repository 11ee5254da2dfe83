"""The built-in games and the bots that play them. Pure Python: nothing here needs more than the standard library.

Its names are resolved on first use: who plays one game, or one of his own, does not wait for all of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rollback.games import bots
    from rollback.games.duel import Duel
    from rollback.games.gridworld import GridWorld
    from rollback.games.pong import Pong
    from rollback.games.tetris import Tetris

__all__ = ["Duel", "GridWorld", "Pong", "Tetris", "bots"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{name.lower()}")
    value = globals()[name] = module if name == "bots" else getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
