"""The game of a replay, for the commands that play it again. Knows names and whom to trust; knows no frame."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from rollback.errors import UsageError

if TYPE_CHECKING:  # most commands start without them
    from rollback.game import Game
    from rollback.replays import Replay
    from rollback.sim.pool.replay_file import Trouble

__all__ = ["game_command", "game_for", "refusal"]


def game_command(command: str, file: str, game: str) -> str:
    """Return how to give a command of `rollback replay` a file and its game; a built-in game needs no name."""
    from rollback.envs.names import comes_with_us

    named = ["--game", game] if game and not comes_with_us(game) else []
    return shlex.join(["rollback", "replay", command, file, *named])


def refusal(trouble: Trouble, named: str, file: str, command: str) -> str:
    """Return the sentence that asks the user to name the game, for the troubles that a name alone has.

    Args:
        trouble: `unnamed` or `untrusted`.
        named: What the file says; anybody may have written that.
        file: The file.
        command: The command that asks.
    """
    if trouble == "unnamed":
        return f"it does not say how its game is named; name it: {game_command(command, file, 'module:Game')}"
    told = game_command(command, file, named if named.isprintable() else "path/file.py:Game")
    return f"its game {named!r} is not run because somebody else names it; if you trust it: {told}"


def game_for(replay: Replay, file: str, name: str | None, command: str) -> tuple[str, Game]:
    """Return the name of the game that was recorded, and a fresh one.

    Args:
        replay: The replay.
        file: Its file, for messages.
        name: What the user said; None, or nothing, takes what the replay says, which is not trusted.
        command: The command that asks, for messages.

    Raises:
        UsageError: The user has to name the game.
        GameError: The name leads to no game.
    """
    from rollback.envs.names import game_factory
    from rollback.sim.pool.replay_file import trouble_of_name

    named = name or replay.header.game
    trouble = "" if name else trouble_of_name(named)
    if trouble:
        raise UsageError(refusal(trouble, named, file, command))
    return named, game_factory(named, is_trusted=bool(name))()
