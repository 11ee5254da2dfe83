"""A place in a room for the length of an `async with` block. Knows lobbies; knows no game."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from rollback.errors import MissingPackage, UsageError
from rollback.net.lobby_tokens import KeptToken, find_token, forget_token
from rollback.net.lobby_tokens import keep_token as write_token

if TYPE_CHECKING:
    from rollback.net.lobby import Lobby

__all__ = ["join", "kept_token"]


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
    resume: str | bool | None = None,
    keep_token: bool = False,
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
        resume: The resume token of a member that this process goes on as; True takes the one that `keep_token` kept on
            this machine, of the member called `name` where several were.
        keep_token: Whether to keep the resume token in a file that only this user can read, so that another process can
            go on if this one dies. It is removed when the block ends: who leaves does not come back.
        timeout: Seconds all this may take.

    Raises:
        MissingPackage: The packages that open sockets are not installed, as in a browser.
        NetworkError: The server cannot be reached, is no lobby, or refuses.
        UsageError: An argument cannot be meant.
    """
    try:
        from rollback.net.lobby import Lobby
    except ImportError as error:
        raise MissingPackage("a connection to a lobby", "python-socketio[asyncio_client]") from error
    if resume is True:
        resume = _kept_resume(room, name)
    lobby = await Lobby.enter(
        server, room, name, players, game, spectate=spectate, token=token, resume=resume or None, timeout=timeout
    )
    async with lobby:
        with kept_token(lobby) if keep_token else contextlib.nullcontext():
            yield lobby


@contextlib.contextmanager
def kept_token(lobby: Lobby) -> Iterator[None]:
    """Keep a member's newest resume token in its file for the length of a block.

    Raises:
        UsageError: It cannot be kept; the sentence says why, and what to do.
    """
    try:
        _keep(lobby)
        yield
    finally:
        lobby.on_token = None
        forget_token(lobby.room, lobby.me.id)


def _kept_resume(room: str | None, name: str) -> str:
    kept = find_token(room or "", name)
    if kept is None:
        whose = f" as {name}" if name else ""
        raise UsageError(
            f"no way back into room {room or '(none given)'}{whose} is kept on this machine:"
            " join without resume, or with the resume token of the member"
        )
    return kept.token


def _keep(lobby: Lobby) -> None:
    """Keep the newest token of a member in its file, raise `UsageError` where there can be none."""

    def write(resume: str) -> None:
        write_token(KeptToken(lobby.url, lobby.room, lobby.me.id, lobby.me.name, resume, os.getpid()))

    def write_later_one(resume: str) -> None:
        with contextlib.suppress(UsageError):  # the disk may be full now; the older token still opens the room
            write(resume)

    write(lobby.resume)
    lobby.on_token = write_later_one
