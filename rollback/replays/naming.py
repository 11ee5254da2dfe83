"""A fresh game for a recording that names a built-in one. Knows names; imports nothing that a file may choose freely."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from rollback.errors import UsageError
from rollback.game import Game
from rollback.replays.header import ReplayHeader
from rollback.state.trees import shown

__all__ = ["named_game"]

_HOME: Final = "rollback.games"  # the games of this package; any other module runs as soon as it is imported


def named_game(header: ReplayHeader) -> Game:
    """Return a fresh game of the kind that was recorded.

    Raises:
        UsageError: The header names none of the built-in games: the caller has to bring it.
    """
    module, _, name = header.game.strip().rpartition(":")
    home = import_module(_HOME)
    if not module:  # the short names of the commands
        name = next((each for each in home.__all__ if each.lower() == name.lower()), "")
    is_ours = module in ("", _HOME, f"{_HOME}.{name.lower()}") and name in home.__all__
    found = getattr(home, name) if is_ours else None
    if isinstance(found, type) and all(hasattr(found, method) for method in ("step", "save", "load")):
        game: Game = found()
        return game
    named = f"names its game {shown(header.game)}, which is not built in" if header.game else "does not name its game"
    raise UsageError(f"the recording {named}: give a game of that kind, as in seek(frame, MyGame())")
