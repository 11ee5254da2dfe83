"""The game of a replay, for the commands that play it again. Knows names and whom to trust; knows no frame."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from rollback.errors import UsageError

if TYPE_CHECKING:  # most commands start without them
    from rollback.game import Game
    from rollback.replays import Replay

__all__ = ["game_command", "game_for"]


def game_command(command: str, file: str, game: str) -> str:
    """Return how to give a command of `rollback replay` a file and its game; a built-in game needs no name."""
    from rollback.cli.play_room import is_built_in

    named = ["--game", game] if game and not is_built_in(game) else []
    return shlex.join(["rollback", "replay", command, file, *named])


def game_for(replay: Replay, file: str, name: str | None, command: str) -> tuple[str, Game]:
    """Return the name of the game that was recorded, and a fresh one.

    Args:
        replay: The replay.
        file: Its file, for messages.
        name: What the user said; None to take what the replay says, which is not trusted.
        command: The command that asks, for messages.

    Raises:
        UsageError: The user has to name the game.
        GameError: The name leads to no game.
    """
    from rollback.cli.play_room import is_built_in
    from rollback.envs.environment_names import PREFIXES
    from rollback.envs.names import game_factory

    named = name or replay.header.game
    if not named:
        raise UsageError(f"it does not say how its game is named; name it: {game_command(command, file, 'module:Game')}")
    is_environment = named.startswith(PREFIXES) and not is_built_in(named)
    if name is None and (is_environment or ".py" in named):  # whoever wrote the replay chose that, and it may be anybody
        told = game_command(command, file, named if named.isprintable() else "path/file.py:Game")
        raise UsageError(f"its game {named!r} is not run because somebody else names it; if you trust it: {told}")
    return named, game_factory(named, is_trusted=name is not None)()
