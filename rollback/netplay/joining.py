"""A place in a room for the length of an `async with` block. Knows lobbies; knows no game."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from rollback.net.lobby import Lobby

__all__ = ["join"]


@contextlib.asynccontextmanager
async def join(
    server: str,
    *,
    room: str | None = None,
    name: str = "",
    players: int | None = None,
    game: str = "",
    spectate: bool = False,
    token: str | None = None,
    resume: str | None = None,
    timeout: float = 10.0,
) -> AsyncIterator[Lobby]:
    """Enter a room of a lobby, and leave it at the end of the block: `async with rollback.join(url) as lobby`.

    Args:
        server: Where the lobby is, such as `http://127.0.0.1:8000`.
        room: The code of the room; None opens a new one, whose code is `lobby.room`.
        name: What the others see; made unique in the room.
        players: How many play; a room that has its number already keeps it.
        game: A label of the game, told to all who join.
        spectate: Whether to watch rather than take a seat.
        token: An invitation to a room that is locked.
        resume: The resume token of a member that this process goes on as.
        timeout: Seconds all this may take.

    Raises:
        NetworkError: The server cannot be reached, is no lobby, or refuses.
        UsageError: An argument cannot be meant.
    """
    lobby = await Lobby.enter(server, room, name, players, game, spectate=spectate, token=token, resume=resume, timeout=timeout)
    async with lobby:
        yield lobby
