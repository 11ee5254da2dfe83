"""How `rollback play` comes into a room: new, or back as the player whose process died. Knows lobbies; knows no match."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from typing import Final, Protocol

from rollback.cli.play_room import mended_refusal
from rollback.errors import NetworkError, UsageError
from rollback.net.lobby import Lobby
from rollback.net.lobby_link import LobbyRefusal
from rollback.net.lobby_tokens import find_token
from rollback.netplay.joining import join, kept_token

__all__ = ["Entrant", "enter_room"]

BACK_WITHIN: Final = 20.0  # seconds; a lobby that died with us is started again meanwhile, or not at all
AGAIN_AFTER: Final = 0.5  # seconds between tries


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
    def resume(self) -> bool:
        """Whether to go on as the member that an earlier process was."""


async def enter_room(stack: contextlib.AsyncExitStack, seat: Entrant, players: int | None, game: str) -> Lobby:
    """Return the lobby, which is left when `stack` is closed; the way back is kept on this machine as long.

    Raises:
        NetworkError: The lobby cannot be reached, or refuses.
        UsageError: There is nothing to resume.
    """
    until, told = time.monotonic() + BACK_WITHIN, False
    while True:
        try:
            lobby = await stack.enter_async_context(
                join(seat.server, room=seat.room, name=seat.name, players=players, game=game, resume=_way_back(seat))
            )
            break
        except LobbyRefusal as refusal:
            raise mended_refusal(refusal, seat.room, seat.server) from refusal
        except NetworkError:
            if not seat.resume or time.monotonic() > until:
                raise
            if not told:
                print("The lobby is away; it is asked again for a while", file=sys.stderr)
            told = True
            await asyncio.sleep(AGAIN_AFTER)
    try:
        stack.enter_context(kept_token(lobby))
    except UsageError as error:  # no reason not to play
        print(f"Should this process die, nobody can go on in its place: {error}", file=sys.stderr)
    return lobby


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
