"""A match played by `rollback play`, from the room to the outcome. Knows lobbies and hands; knows no options."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rollback.cli.exit_codes import FINE, NOT_REACHED, NOT_TRUE, NOT_WRITTEN
from rollback.cli.foreword import foreword
from rollback.cli.match_settings import MatchSettings
from rollback.cli.play_again import plays_again
from rollback.cli.play_desyncs import Desyncs
from rollback.cli.play_entry import enter_room
from rollback.cli.play_game import fit_game, settled_game
from rollback.cli.play_hands import BotHands, Hands, TerminalHands, WindowHands
from rollback.cli.play_line import SlowLine
from rollback.cli.play_offer import SeatOffer
from rollback.cli.play_room import numbered, play_command
from rollback.core.session import P2PSession
from rollback.envs.names import canonical_name, game_factory
from rollback.game import Game
from rollback.net.lobby import Lobby
from rollback.net.transport import PathChanged
from rollback.netplay import PlayResult, play
from rollback.netplay.hands.turns import plays_by_turns
from rollback.netplay.telling.endings import COMPLETE, ending_sentence
from rollback.netplay.telling.event_texts import sentence_of
from rollback.netplay.telling.stats import stats_values
from rollback.types import Ended, Event, Tick

__all__ = ["Outcome", "Seat", "play_in_room"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Where and how this peer plays.

    Attributes:
        server: The lobby's address.
        room: The room's code; None opens one.
        name: What the others see.
        game: The game's name; None takes what the room says.
        look: What the player plays at.
        bot: The bot's name, with `look` "bot".
        keys: Which keys are to be which actions of an environment; None leaves it to the game.
        replay: Where the replay goes; None makes a name in the temporary folder.
        transitions: Where the data set goes, or None.
        ice_servers: See `rollback.play`.
        ice_addresses: The same.
        resume: Whether to go on as the member that an earlier process was.
        invite: An invitation into a room that is locked.
    """

    server: str
    room: str | None
    name: str
    game: str | None
    look: Literal["terminal", "window", "bot"]
    bot: str
    replay: Path | None
    keys: Mapping[str, Any] | None = None
    transitions: Path | None = None
    ice_servers: tuple[str, ...] = ()
    ice_addresses: tuple[str, ...] = ()
    resume: bool = False
    invite: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    Attributes:
        result: The result of the match.
        room: The room's code.
        player: Our player.
        scores: The game's own, or None.
        desyncs: Where the states differed.
        path: How the datagrams travelled last.
        game: How we named the game.
    """

    result: PlayResult
    room: str
    player: int
    scores: tuple[float, ...] | None
    desyncs: Desyncs
    path: str
    game: str = ""

    @property
    def code(self) -> int:
        """The exit code."""
        if self.desyncs.is_apart or self.result.ended.reason.startswith("step raised"):
            return NOT_TRUE
        if self.result.ended.reason not in COMPLETE:
            return NOT_REACHED
        return NOT_WRITTEN if self.result.problem else FINE

    @property
    def sentence(self) -> str:
        """How it ended, and who won."""
        return ending_sentence(self.result.ended.reason, self.result.frames, self.scores, self.player)

    @property
    def numbers(self) -> str:
        """What it took."""
        mended = self.desyncs.resyncs
        told = f", {mended} desync{'s' * (mended > 1)} mended" if mended else ""
        return f"{self.result.frames} frames, {self.result.stats.rollbacks} rollbacks{told}."

    def as_values(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        result = self.result
        stats = stats_values(result.stats)
        return {
            "room": self.room,
            "player": self.player,
            "ended": result.ended.reason,
            "desync": self.desyncs.is_apart,
            "desyncs": self.desyncs.as_values(),
            "resyncs": self.desyncs.resyncs,
            "frames": result.frames,
            "rollbacks": stats["rollbacks"],
            "resimulated": stats["resimulated"],
            "stalls": stats["stalls"],
            "rtt_ms": stats["rtt_ms"],
            "checksum": None if result.checksum is None else f"{result.checksum:016x}",
            "scores": None if self.scores is None else list(self.scores),
            "replay": None if result.replay is None else str(result.replay),
            "transitions": None if result.transitions is None else str(result.transitions),
            "problem": result.problem,
            "path": self.path,
            "stats": stats,
        }


async def play_in_room(seat: Seat, settings: MatchSettings, report: Callable[[Outcome], None], matches: int = 1) -> int:
    """Enter the room, wait for the others, play; and again, where all want to. Return the worst exit code.

    Args:
        seat: Where and how.
        settings: With what.
        report: Called after each match.
        matches: How many to play without asking.

    Raises:
        NetworkError: The lobby or the others cannot be reached.
        UsageError: The room and the game do not fit, or there is nothing to play at.
    """
    named, game = await settled_game(seat)
    players = game.players if game is not None and seat.room is None else None
    async with contextlib.AsyncExitStack() as stack:
        lobby = await enter_room(stack, seat, players, named)
        if seat.room is not None:  # it may not have been looked at, or have been opened anew
            named, game = fit_game(named, game, lobby.game, lobby.room)
        assert game is not None
        player = lobby.me.seat or 0
        hands = _hands(seat, settings, game, player, f"{named}  room {lobby.room}  you are player {player + 1}")
        codes: list[int] = []
        for sentence in foreword(game, settings.prediction_window, player):
            print(f"{sentence[:1].upper()}{sentence[1:]}", file=sys.stderr)
        async with hands:
            while True:
                outcome = await _play(seat, settings, lobby, game, named, hands)
                codes.append(outcome.code)
                hands.rest()
                report(outcome)
                goes_on = outcome.code in (FINE, NOT_WRITTEN) and outcome.result.ended.reason != "left"
                if not goes_on or not await plays_again(lobby, hands, further=matches - len(codes)):
                    return codes[-1] or max(codes)  # a data set may have been lost on the way
                game = game_factory(named, is_trusted=seat.game is not None or seat.room is None)()


def _hands(seat: Seat, settings: MatchSettings, game: Game, player: int, title: str) -> Hands:
    by_turns = plays_by_turns(game, player, settings.prediction_window)
    match seat.look:
        case "bot":
            return BotHands(seat.bot, game, player, settings.seed or 0)
        case "window":
            return WindowHands(game, player, title, seat.keys, by_turns=by_turns)
        case "terminal":
            return TerminalHands(game, player, title, seat.keys, by_turns=by_turns)


async def _play(seat: Seat, settings: MatchSettings, lobby: Lobby, game: Game, named: str, hands: Hands) -> Outcome:
    path, desyncs, has_ended, frame, line = "", Desyncs(), False, 0, SlowLine(lobby.dropped)

    offer = SeatOffer(lobby, hands.tell, lambda invite: play_command(lobby.room, seat.server, named, invite))

    def happened(event: Event | PathChanged) -> None:
        nonlocal path, has_ended
        has_ended = has_ended or isinstance(event, Ended)
        if has_ended:
            return  # who goes when is nobody's business any more
        if isinstance(event, PathChanged) and event.path != "none":
            path = event.path
        if hasattr(hands, "path"):
            hands.path = path
        desyncs.event(event)
        offer.event(event)
        if sentence := sentence_of(event):
            hands.tell(sentence)

    def simulated(session: P2PSession, tick: Tick) -> None:
        nonlocal frame
        frame = tick.frame
        if slow := line.news(lobby.dropped, now=time.monotonic()):
            hands.tell(slow)
        hands.frame(session, tick)

    if not lobby.is_late and (lobby.players is None or lobby.present < lobby.players):
        _invite(seat, lobby, hands, named)
    replay = numbered(seat.replay, lobby.match) if seat.replay else _unused_name(lobby.room)
    try:
        result = await play(
            game,
            lobby,
            hands.act,
            config=settings.config(game, lobby.room, lobby.match, player=lobby.me.seat, by_hand=seat.look != "bot"),
            frames=settings.frames,
            transport=settings.transport,
            ice_servers=seat.ice_servers,
            ice_addresses=seat.ice_addresses or _only_address(),
            latency_ms=settings.latency_ms,
            jitter_ms=settings.jitter_ms,
            loss=settings.loss,
            replay=replay,
            transitions=numbered(seat.transitions, lobby.match) if seat.transitions else None,
            another=lambda: game_factory(named, is_trusted=seat.game is not None or seat.room is None)(),
            game_name=canonical_name(named),
            controller=hands.controller,
            on_frame=simulated,
            on_event=happened,
            stop=hands.closed,
        )
    except asyncio.CancelledError:
        where = f" at frame {frame}; the replay is in {replay}" if frame else " before the match began"
        print(f"You left{where}", file=sys.stderr)
        raise
    finally:
        await offer.close()
    scores = getattr(game, "scores", None)
    told = tuple(scores()) if callable(scores) and result.frames else None
    return Outcome(result, lobby.room, (lobby.me.seat or 0), told, desyncs, path, named)


def _invite(seat: Seat, lobby: Lobby, hands: Hands, named: str) -> None:
    missing = (lobby.players or 2) - lobby.present
    hands.tell(
        f"Room {lobby.room}: waiting for {missing} more player{'s' * (missing > 1)}, who can type:"
        f" {play_command(lobby.room, seat.server, named)}"
    )


def _only_address() -> list[str] | None:
    """Return loopback for a machine that has nothing else, which would otherwise offer no address at all."""
    from aioice.ice import get_host_addresses

    return None if get_host_addresses(use_ipv4=True, use_ipv6=True) else ["127.0.0.1"]


def _unused_name(room: str) -> Path:
    name = time.strftime(f"rollback-{room}-%Y%m%d-%H%M%S-{os.getpid()}.rbr")
    return Path(tempfile.gettempdir()) / name
