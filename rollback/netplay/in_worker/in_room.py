"""The matches of a room, played or watched from a page. Knows a lobby and a page; knows no way to either."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

from rollback.core.session import P2PSession
from rollback.core.spectator import SpectatorSession
from rollback.errors import NetworkError
from rollback.net.page_lobby import PageLobby
from rollback.net.transport import PathChanged
from rollback.netplay.in_worker.data_lines import DataLines
from rollback.netplay.in_worker.offered_games import OfferedGame, OfferedGames
from rollback.netplay.in_worker.page import Page
from rollback.netplay.in_worker.page_hands import PageHands
from rollback.netplay.in_worker.pictures import scores_of
from rollback.netplay.in_worker.results import ended_message, failure_of, taken_away
from rollback.netplay.in_worker.screen import Screen
from rollback.netplay.in_worker.settings import config_of
from rollback.netplay.in_worker.wishes import Wishes
from rollback.netplay.match import play
from rollback.netplay.seats import check_room
from rollback.netplay.stopping import unless
from rollback.netplay.telling.endings import COMPLETE
from rollback.netplay.watching import next_match, watch
from rollback.types import Ended, Event, Tick

__all__ = ["play_in_room", "watch_room"]

REMATCH_WITHIN: Final = 120.0  # seconds the others may take


async def play_in_room(page: Page, wishes: Wishes, games: OfferedGames, lobby: PageLobby, folder: Path) -> None:
    """Play the room's match, and again as often as all want to.

    Args:
        page: Where it is seen and played.
        wishes: What the page wants.
        games: Makes the game.
        lobby: The room, in which we have a seat.
        folder: Where replays are written, until they are handed to the page.

    Raises:
        RollbackError: The room and the game do not fit, or the others cannot be reached.
    """
    offered = await _ready(wishes, games, lobby)
    while True:
        goes_on = await _play(page, wishes, offered, lobby, folder / "match.rbr")
        if not goes_on or not await page.wants_again():
            return
        page.post({"tell": "news", "sentence": "waiting for the others, to play again", "kind": "info"})
        try:
            if not await unless(page.stop, lobby.rematch(REMATCH_WITHIN)):
                return
        except NetworkError as error:
            page.post({"tell": "news", "sentence": f"there is no further match: {error}", "kind": "error"})
            return


async def watch_room(page: Page, wishes: Wishes, games: OfferedGames, lobby: PageLobby, folder: Path) -> None:
    """Watch the room's match, and those that follow.

    Args:
        page: Where it is seen.
        wishes: What the page wants.
        games: Makes the game.
        lobby: The room.
        folder: Where replays are written, until they are handed to the page.

    Raises:
        RollbackError: There is no such game, or nobody shows us the match.
    """
    offered = await _ready(wishes, games, lobby)
    while True:
        number = lobby.match
        await _watch(page, wishes, offered, lobby, folder / "match.rbr")
        more: list[bool] = []

        async def look(number: int = number, more: list[bool] = more) -> None:
            more.append(await next_match(lobby, number))

        if page.stop.is_set() or not await unless(page.stop, look()) or not more[0]:
            return


async def _ready(wishes: Wishes, games: OfferedGames, lobby: PageLobby) -> OfferedGame:
    """Return the game, and tell the others that we are here, now that it could be made."""
    found = games.find(wishes.game or lobby.game, lobby.players)
    with contextlib.suppress(NetworkError):  # it is told again with the next connection
        await lobby.loaded()
    return found


async def _play(page: Page, wishes: Wishes, offered: OfferedGame, lobby: PageLobby, replay: Path) -> bool:
    """Play one match; return whether another one may follow."""
    game = offered.make()
    player = lobby.me.seat or 0
    check_room(lobby, game.players, offered.label)  # before the game is asked what our player's keys are
    hands = PageHands(game, player, wishes, lobby.match, clock=page.clock)
    screen = Screen(page.post, offered.label, player, hands, clock=page.clock)
    config = config_of(wishes, game, lobby.room, lobby.match, player, by_turns=hands.by_turns)
    seats = {member.name: member.seat for member in lobby.members}
    lines = None
    if wishes.study:
        lines = DataLines(page.post, game, config, name=offered.name, local=[player], players_of=seats, bot=wishes.bot)
    stood = (lambda stood: None) if lines is None else lines.stood
    page.show(screen, hands, max_pause=wishes.max_pause_s, max_wait=wishes.max_wait_s, stood=stood)
    at = 0

    def simulated(session: P2PSession, tick: Tick) -> None:
        nonlocal at
        at = session.frame
        if tick.reason != "synchronizing":
            page.look(session, is_waiting=tick.reason in ("stalled", "paused"))
        screen.frame(session, tick)

    def happened(event: Event | PathChanged) -> None:
        screen.event(event)
        if isinstance(event, Ended):
            page.ended()
        if lines is not None:
            lines.happened(event, at, page.clock())

    result = await play(
        game,
        lobby,
        screen.act,
        config=config,
        frames=wishes.frames,
        transport=wishes.transport,
        ice_servers=wishes.ice_servers,
        latency_ms=wishes.latency_ms,
        jitter_ms=wishes.jitter_ms,
        loss=wishes.loss,
        replay=replay,
        transitions=lines,
        another=offered.make,
        game_name=offered.name,
        controller=hands.controller,
        on_frame=simulated,
        on_event=happened,
        stop=page.stop,
        clock=page.clock,
    )
    reason = result.ended.reason
    again = reason in COMPLETE and reason != "left" and _others_are_there(lobby)
    told = ended_message(
        reason,
        result.frames,
        result.checksum,
        scores_of(game) if result.frames else None,
        player,
        rollbacks=result.stats.rollbacks,
        again=again,
        problem=result.problem,
    )
    page.post(told, taken_away(result.replay))
    if failure := failure_of(reason):
        page.post(failure)
    return again


async def _watch(page: Page, wishes: Wishes, offered: OfferedGame, lobby: PageLobby, replay: Path) -> None:
    game = offered.make()
    screen = Screen(page.post, offered.label, None, clock=page.clock)
    page.show(screen, None)

    def shown(session: SpectatorSession, tick: Tick) -> None:
        screen.frame(session, tick)

    result = await watch(
        game,
        lobby,
        direct=wishes.direct,
        transport=wishes.transport,
        ice_servers=wishes.ice_servers,
        replay=replay,
        game_name=offered.name,
        on_frame=shown,
        on_event=screen.event,
        stop=page.stop,
        clock=page.clock,
    )
    scores = scores_of(game) if result.frames else None
    page.post(ended_message(result.ended.reason, result.frames, result.checksum, scores, None), taken_away(result.replay))


def _others_are_there(lobby: PageLobby) -> bool:
    """Whether anybody else is still there to play with, and nobody said no."""
    others = [member for member in lobby.members if member.seat is not None and member.id != lobby.me.id]
    return bool(others) and not any(member.again is False for member in others)
