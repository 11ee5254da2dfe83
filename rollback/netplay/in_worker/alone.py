"""A match of one person against bots, all in this worker: no room and no network. Knows a page; knows no lobby."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import Any, Final

from rollback.core.session import P2PSession
from rollback.envs.data.transitions import record_transitions
from rollback.netplay.driver import drive
from rollback.netplay.hands.bots import HandedAgent, bot_act
from rollback.netplay.in_worker.agents import on_own_map
from rollback.netplay.in_worker.data_lines import DataLines
from rollback.netplay.in_worker.no_peers import NoPeers
from rollback.netplay.in_worker.offered_games import OfferedGame, OfferedGames
from rollback.netplay.in_worker.page import Page
from rollback.netplay.in_worker.page_hands import PageHands
from rollback.netplay.in_worker.pictures import scores_of
from rollback.netplay.in_worker.results import ended_message, failure_of, taken_away
from rollback.netplay.in_worker.screen import Screen
from rollback.netplay.in_worker.settings import config_of
from rollback.netplay.in_worker.wishes import Wishes
from rollback.netplay.match import checksum_of
from rollback.netplay.recorder import Recorder
from rollback.types import Ended, Local, Tick

__all__ = ["play_alone"]

ROOM: Final = "alone"
ME: Final = 0


async def play_alone(page: Page, wishes: Wishes, games: OfferedGames, folder: Path) -> None:
    """Play against bots, and again as often as the page wants.

    Args:
        page: Where it is seen and played.
        wishes: What the page wants.
        games: Makes the game.
        folder: Where the replay is written, until it is handed to the page.

    Raises:
        RollbackError: There is no such game, or it cannot be played so.
    """
    offered = on_own_map(games.find(wishes.game), wishes.bot)
    seed = secrets.randbits(62) if wishes.seed is None else wishes.seed
    number = 0
    while True:
        await _one(page, wishes, offered, (seed + number) % 2**63, folder / "match.rbr")
        if page.stop.is_set() or not await page.wants_again():
            return
        number += 1


async def _one(page: Page, wishes: Wishes, offered: OfferedGame, seed: int, replay: Path) -> None:
    game = offered.make()
    hands = PageHands(game, ME, wishes, clock=page.clock)
    opponent = wishes.bot or "best"
    acts = {player: bot_act(opponent, game, player, seed) for player in range(game.players) if player != ME}
    config = config_of(wishes, game, ROOM, 0, ME, by_turns=hands.by_turns, seed=seed, input_delay=wishes.input_delay or 0)
    session = P2PSession(game, [Local("human" if player == ME else "bot") for player in range(game.players)], config)
    names = [_name(player, opponent, game.players) for player in range(game.players)]
    session.names.update(enumerate(names))
    if wishes.frames is not None:
        session.end_at(wishes.frames)
    recorder = Recorder(session, replay, names=names, game_name=offered.name, recorded_at=time.time(), room=ROOM)
    data = None
    if wishes.study:
        lines = DataLines(page.post, game, config, name=offered.name, local=range(game.players), bot=opponent)
        data = record_transitions(session, offered.make(), into=lines)
    screen = Screen(page.post, offered.label, ME, hands, clock=page.clock)
    page.show(screen, hands)
    ends: list[Ended] = []

    def act(game: Any, player: int) -> Any:
        return screen.act(game, player) if player == ME else acts[player](game, player)

    def happened(event: Any) -> None:
        if isinstance(event, Ended):
            ends.append(event)
        screen.event(event)

    def simulated(session: P2PSession, tick: Tick) -> None:
        page.look(session)
        screen.frame(session, tick)

    await drive(
        session,
        NoPeers(),
        act,
        fps=config.fps,
        on_frame=simulated,
        on_event=happened,
        recorder=recorder,
        transitions=data,
        stop=page.stop,
        clock=page.clock,
    )
    reason = ends[0].reason
    told = ended_message(
        reason, session.frame, checksum_of(game), scores_of(game), ME, again=reason != "left", problem=recorder.problem
    )
    page.post(told, taken_away(recorder.path if recorder.began else None))
    if failure := failure_of(reason):
        page.post(failure)


def _name(player: int, opponent: str | HandedAgent, players: int) -> str:
    if player == ME:
        return "you"
    if isinstance(opponent, HandedAgent):
        return f"{opponent.name} {player}" if players > 2 else opponent.name
    return f"bot {player}" if players > 2 else f"bot ({opponent})"
