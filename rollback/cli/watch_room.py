"""Matches watched by `rollback watch`, from the room to the last of them. Knows lobbies and screens; knows no options."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rollback.cli.exit_codes import FINE, NOT_REACHED, NOT_TRUE
from rollback.cli.field import picture_of
from rollback.cli.palette import Palette
from rollback.cli.play_entry import enter_patiently
from rollback.cli.play_room import check_label, game_of_label, numbered
from rollback.cli.screen import Screen
from rollback.cli.watch_view import Scene, compose, names_of
from rollback.core.spectator import SpectatorSession
from rollback.envs.names import canonical_name, game_factory
from rollback.net.lobby import Lobby
from rollback.net.transport import PathChanged
from rollback.net.words import plain_words
from rollback.netplay import WatchResult, join, next_match, watch
from rollback.netplay.telling.event_texts import sentence_of
from rollback.netplay.telling.sentences import ended, why_ended
from rollback.netplay.telling.stats import Rate
from rollback.types import DesyncFound, Event, Synchronized, Tick

__all__ = ["Seat", "Seen", "watch_room"]

PICTURE_EVERY: Final = 1 / 20  # seconds between two pictures
_COMPLETE: Final = ("over", "end_at", "left")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Where and how we watch.

    Attributes:
        server: The lobby's address.
        room: The room's code.
        name: What the others see.
        game: The game's name; None takes what the room says.
        delay: Seconds to stay behind.
        direct: Whether to connect to a player.
        shows: Whether to paint the match.
        replay: Where to record it.
        ice_servers: See `rollback.play`.
        ice_addresses: The same.
    """

    server: str
    room: str
    name: str
    game: str | None
    delay: float
    direct: bool
    shows: bool
    replay: Path | None
    ice_servers: tuple[str, ...] = ()
    ice_addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of one match.

    Attributes:
        result: The result.
        room: The room's code.
        match: The match's number in its room.
        players: What the players are called.
        desyncs: The frames whose states differed from ours.
    """

    result: WatchResult
    room: str
    match: int
    players: tuple[str, ...]
    desyncs: tuple[int, ...]

    @property
    def code(self) -> int:
        """The exit code."""
        if self.desyncs:
            return NOT_TRUE
        return FINE if self.result.ended.reason in _COMPLETE else NOT_REACHED

    @property
    def sentence(self) -> str:
        """How it ended."""
        frames, reason = self.result.frames, self.result.ended.reason
        told = {"over": "The game is over", "end_at": f"The match came to its end at frame {frames}", "left": "You left"}
        first = told.get(reason, f"The match ended at frame {frames}: {why_ended(reason)}")
        return plain_words(f"{ended(first)} {frames - self.result.first} frames seen, from frame {self.result.first} on.", 2000)

    def as_values(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        result = self.result
        return {
            "room": self.room,
            "match": self.match,
            "players": list(self.players),
            "ended": result.ended.reason,
            "frames": result.frames,
            "first": result.first,
            "jumps": result.jumps,
            "desyncs": list(self.desyncs),
            "checksum": None if result.checksum is None else f"{result.checksum:016x}",
            "replay": None if result.replay is None else str(result.replay),
        }


async def watch_room(seat: Seat, report: Callable[[Seen], None]) -> int:
    """Watch the match of a room, and every further one; `report` is called after each. Return the worst exit code.

    Raises:
        NetworkError: The lobby or the players cannot be reached.
        UsageError: The room's game is not ours to choose, or another one.
    """
    worst = FINE
    async with contextlib.AsyncExitStack() as stack:
        lobby = await enter_patiently(
            stack,
            lambda: join(seat.server, room=seat.room, name=seat.name, game=seat.game or "", spectate=True),
            is_back=False,
        )
        if seat.game is None:
            named, is_trusted = game_of_label(lobby.game, lobby.room), False
        else:
            named, is_trusted = seat.game, True
            check_label(lobby.game, lobby.room, named, game_factory(named)())
        while True:
            number = lobby.match
            seen = await _watch(seat, lobby, named, is_trusted, number)
            report(seen)
            worst = max(worst, seen.code, key=(FINE, NOT_REACHED, NOT_TRUE).index)
            if seen.code != FINE or not await next_match(lobby, number):
                return worst


async def _watch(seat: Seat, lobby: Lobby, named: str, is_trusted: bool, number: int) -> Seen:
    game = game_factory(named, is_trusted=is_trusted)()
    show = _Show(f"{named}  room {lobby.room}", seat.shows)
    desyncs: list[int] = []
    names: dict[int, str] = {}

    def happened(event: Event | PathChanged) -> None:
        if isinstance(event, DesyncFound):
            desyncs.append(event.frame)
        if sentence := f"the match is shown by {event.peer}" if isinstance(event, Synchronized) else sentence_of(event):
            show.tell(sentence)

    def shown(session: SpectatorSession, tick: Tick) -> None:
        names.update(session.names)
        show.frame(session, tick)

    if not any(member.seat is not None for member in lobby.members):
        show.tell(f"Room {lobby.room}: waiting for players")
    try:
        result = await watch(
            game,
            lobby,
            delay=seat.delay,
            direct=seat.direct,
            ice_servers=seat.ice_servers,
            ice_addresses=seat.ice_addresses or None,
            replay=None if seat.replay is None else numbered(seat.replay, number),
            game_name=canonical_name(named),
            on_frame=shown,
            on_event=happened,
        )
    finally:
        show.close()
    players = tuple(names.get(player, "") for player in range(game.players))
    return Seen(result, lobby.room, number, players, tuple(desyncs))


class _Show:
    """The picture on a terminal, or lines."""

    def __init__(self, title: str, paints: bool) -> None:
        self._title = title
        self._screen = Screen(sys.stderr) if paints else None
        self._palette = Palette.of(sys.stderr)
        self._news = ""
        self._is_showing = False
        self._next = 0.0
        self._speed = Rate()

    def frame(self, session: SpectatorSession, tick: Tick) -> None:
        """Paint the match, twenty times a second."""
        now = time.monotonic()
        if self._screen is None or (now < self._next and tick.reason != "ended"):
            return
        self._next = now + PICTURE_EVERY
        if tick.reason == "synchronizing" and not session.progress:
            return
        self._is_showing = True
        fps = session.config.fps
        self._speed.add(session.frame / fps, now=now)
        players = names_of(session.names, session.controllers, session.game.players)
        scene = Scene(session.frame, session.behind / fps, self._speed.per_second, session.progress, self._news)
        title = plain_words(f"{self._title}  {players}", 200)
        self._screen.show(compose(title, picture_of(session.game), scene, self._screen.size, self._palette))

    def tell(self, sentence: str) -> None:
        """Show it below the picture, or print it where there is none."""
        self._news = sentence
        if not self._is_showing:
            print(sentence, file=sys.stderr)

    def close(self) -> None:
        """Leave the last picture."""
        if self._screen is not None:
            self._screen.close()
