"""What a room and its players owe each other: which game it is, and what to type to come in. Knows no match."""

from __future__ import annotations

import shlex
from pathlib import Path

from rollback.cli.options import DEFAULT_SERVER
from rollback.envs.environment_names import PREFIXES
from rollback.envs.names import canonical_name, comes_with_us, game_factory
from rollback.errors import NetworkError, UsageError
from rollback.game import Game
from rollback.net.lobby_link import LobbyRefusal

__all__ = ["check_label", "game_of_label", "mended_refusal", "numbered", "play_command"]


def play_command(room: str, server: str, game: str, invite: str = "") -> str:
    """Return what another player types to come into a room; an empty game is the room's own."""
    words = ["rollback", "play", *([room] if room else [])]
    words += ["--server", server] if server != DEFAULT_SERVER else []
    words += ["--game", game] if game and not comes_with_us(game) else []
    words += ["--invite", invite] if invite else []
    return shlex.join(words)


def game_of_label(label: str, room: str) -> str:
    """Return the room's game, if it is one that a stranger may choose for us.

    Raises:
        UsageError: It is not.
    """
    if not label:
        return "pong"
    if comes_with_us(label):
        return label
    if label.startswith(PREFIXES) and label.isprintable():  # it has the same name everywhere; to make it, its module is run
        told = shlex.join(["--game", label])
        raise UsageError(
            f"room {room} plays {label!r}, which is not run because somebody else names it; if you trust it: {told}"
        )
    raise UsageError(f"room {room} plays {label!r}, which is not built in: name your copy of it with --game")


def check_label(label: str, room: str, named: str, game: Game) -> None:
    """Hold that the game we named can be the one that the room is for; a stranger's file is neither run nor imported.

    Raises:
        UsageError: It is another one.
    """
    if not label or canonical_name(label) == canonical_name(named):
        return
    if label.startswith(PREFIXES) or canonical_name(named).startswith(PREFIXES):
        is_other = True  # an environment and its settings have one name
    elif comes_with_us(label):
        is_other = _kind(game_factory(label)()) != _kind(game)
    elif comes_with_us(named):
        is_other = True
    else:  # paths differ from machine to machine, and the name at the end does not
        is_other = label.rpartition(":")[2] != named.rpartition(":")[2]
    if is_other:
        mend = "leave out --game" if comes_with_us(label) else f"name your copy of {label!r} with --game"
        raise UsageError(f"room {room} plays {label!r}, and you named {named!r}: {mend}, or open a room of your own")


def _kind(game: Game) -> tuple[str, object]:
    """Return what tells one game of ours from another: what the handshake compares, and the map where there are several."""
    return type(game).__qualname__, getattr(game, "layout", None)


def mended_refusal(error: NetworkError, room: str | None, server: str) -> NetworkError:
    """Return a lobby's refusal in the terms of the command line; any other error as it is."""
    if not isinstance(error, LobbyRefusal) or error.code != "locked":
        return error
    again = shlex.join(["rollback", "play", "--server", server])
    return NetworkError(f"room {room} is locked, because its match has begun or is over; open another room with: {again}")


def numbered(replay: Path, match: int) -> Path:
    """Return where a match is recorded: `match.rbr` is followed by `match-2.rbr`."""
    return replay.with_name(f"{replay.stem}-{match + 1}{replay.suffix}") if match else replay
