"""How `rollback play` comes into a room: new, or back as the player whose process died. Knows lobbies; knows no match."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from rollback.cli.play_room import mended_refusal
from rollback.errors import NetworkError, UsageError
from rollback.net.lobby import Lobby
from rollback.net.lobby_link import LobbyRefusal
from rollback.net.lobby_tokens import find_token
from rollback.netplay.joining import join, kept_token

__all__ = ["Entrant", "Player", "enter_patiently", "enter_room"]

BACK_WITHIN: Final = 30.0  # seconds; a room that came back waits for two thirds of it for those who were there
AGAIN_AFTER: Final = 1.0  # seconds between tries


class Entrant(Protocol):
    """Who wants in; see `rollback.cli.play_match.Seat`."""

    @property
    def server(self) -> str:
        """The lobby's address."""

    @property
    def room(self) -> str | None:
        """The room's code."""

    @property
    def name(self) -> str:
        """What the others see."""

    @property
    def invite(self) -> str | None:
        """An invitation into a room that is locked."""

    @property
    def resume(self) -> bool:
        """Whether to go on as the member that an earlier process was."""


class Player(Entrant, Protocol):
    """Who wants in and to play; see `rollback.cli.play_match.Seat`."""

    @property
    def game(self) -> str | None:
        """The game's name; None takes what the room says."""

    @property
    def look(self) -> str:
        """What the player plays at."""

    @property
    def bot(self) -> str:
        """The name of the bot, empty where none plays."""

    @property
    def keys(self) -> Mapping[str, Any] | None:
        """Which keys are to be which actions."""


async def enter_room(stack: contextlib.AsyncExitStack, seat: Entrant, players: int | None, game: str) -> Lobby:
    """Return the lobby, which is left when `stack` is closed; the way back is kept on this machine as long.

    Raises:
        NetworkError: The lobby cannot be reached, or refuses.
        UsageError: There is nothing to resume.
    """
    try:
        lobby = await enter_patiently(
            stack,
            lambda: join(
                seat.server,
                room=seat.room,
                name=seat.name,
                players=players,
                game=game,
                token=seat.invite,
                resume=_way_back(seat),
            ),
            is_back=seat.resume,
        )
    except NetworkError as error:
        raise mended_refusal(error, seat.room, seat.server) from error
    try:
        stack.enter_context(kept_token(lobby))
    except UsageError as error:  # no reason not to play
        print(f"Should this process die, nobody can go on in its place: {error}", file=sys.stderr)
    return lobby


async def enter_patiently(
    stack: contextlib.AsyncExitStack, enter: Callable[[], contextlib.AbstractAsyncContextManager[Lobby]], *, is_back: bool
) -> Lobby:
    """Enter a room; again for a while where the lobby was started anew, and its room still waits for those who were in it.

    Args:
        stack: Closes what is opened.
        enter: Makes one try.
        is_back: Whether we were in it, so that a lobby that is away just now will be there again.

    Raises:
        NetworkError: The lobby cannot be reached, or refuses.
    """
    until, told = time.monotonic() + BACK_WITHIN, False
    while True:
        try:
            return await stack.enter_async_context(enter())
        except NetworkError as error:
            comes_back = error.code == "busy" if isinstance(error, LobbyRefusal) else is_back
            if not comes_back or time.monotonic() > until:
                raise
            if not told:
                print(f"{error}; it is tried again for {BACK_WITHIN:g} s", file=sys.stderr)
            told = True
            await asyncio.sleep(AGAIN_AFTER)


def _way_back(seat: Entrant) -> str | None:
    if not seat.resume:
        return None
    kept = find_token(seat.room or "", seat.name)
    if kept is None:
        whose = f" as {seat.name}" if seat.name else ""
        raise UsageError(
            f"there is nothing to resume in room {seat.room}{whose}: --resume goes on after a process of this machine died in"
            " the middle of a match, within a day; leave it out to join as somebody new"
        )
    return kept.token
