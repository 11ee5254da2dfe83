"""Which game `rollback play` plays in a room: settled before a seat is taken, for whoever waits there begins once it is full.

Knows lobbies and names of games; knows no match.
"""

from __future__ import annotations

import contextlib
from typing import Final

from rollback.cli.foreword import made_to_play, require_company
from rollback.cli.play_entry import Player, enter_patiently
from rollback.cli.play_room import check_label, game_of_label, mended_refusal
from rollback.envs.names import game_factory
from rollback.errors import NetworkError
from rollback.game import Game
from rollback.net.lobby_link import LobbyRefusal
from rollback.netplay.hands.bots import SAVED, bot_act
from rollback.netplay.hands.buttons import Buttons
from rollback.netplay.joining import join

__all__ = ["fit_game", "named_game", "settled_game"]

USUAL: Final = "pong"  # of a room that is opened without a name


def named_game(seat: Player) -> tuple[str, Game | None]:
    """Return the game that was named and its name; None and an empty name where it is the room's.

    Raises:
        UsageError: There is no such game, it is for one player, or it cannot be played by hand.
        CheckpointError: The checkpoint that is to play does not fit it.
    """
    named = seat.game if seat.room is not None else seat.game or USUAL
    if named is None:
        return "", None
    game = made_to_play(named)
    require_company(game, named)
    _check_hands(seat, game)
    return named, game


async def settled_game(seat: Player) -> tuple[str, Game | None]:
    """Return the name of the game and the game; nothing of it where only the room, once entered, can tell.

    The room is looked at as somebody who watches and is gone again, so that its match does not begin with us.

    Raises:
        NetworkError: The lobby cannot be reached, or refuses.
        UsageError: The room and the game do not fit.
    """
    named, game = named_game(seat)
    if seat.room is None or seat.resume:  # a seat of one's own is taken already
        return named, game
    found = await _label(seat)
    if found is None:
        return named, game
    if game is None:
        named, game = fit_game(named, game, *found)
        _check_hands(seat, game)
    return fit_game(named, game, *found)


def fit_game(named: str, game: Game | None, label: str, room: str) -> tuple[str, Game]:
    """Return the game for a room, the named one or the room's own.

    Raises:
        UsageError: They do not fit.
    """
    if game is not None:
        check_label(label, room, named, game)
        return named, game
    own = game_of_label(label, room)
    return own, game_factory(own, is_trusted=False)()


def _check_hands(seat: Player, game: Game) -> None:
    """Refuse what cannot be played by hand, or by that checkpoint, before a room is entered for it."""
    if seat.look != "bot":
        Buttons(game, 0, seat.keys)
    elif seat.bot.endswith(SAVED):
        bot_act(seat.bot, game, 0, 0)


async def _label(seat: Player) -> tuple[str, str] | None:
    """Return the room's game and its code; None where nobody may look."""
    async with contextlib.AsyncExitStack() as stack:
        try:
            lobby = await enter_patiently(stack, lambda: join(seat.server, room=seat.room, spectate=True), is_back=False)
        except NetworkError as error:
            if isinstance(error, LobbyRefusal) and error.code == "full":
                return None
            raise mended_refusal(error, seat.room, seat.server) from error
        return lobby.game, lobby.room
