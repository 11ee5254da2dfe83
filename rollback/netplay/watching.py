"""A match that is watched, from the room to its end. Knows a lobby and a spectator's session; plays nothing."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from rollback.config import SessionConfig
from rollback.core.spectator import SpectatorSession
from rollback.errors import NetworkError
from rollback.game import Game
from rollback.net.lobby_requests import LobbyRequests
from rollback.net.transport import PathChanged, tell
from rollback.netplay.pacing import Pacer
from rollback.netplay.recorder import Recorder
from rollback.netplay.sources import THE_LOBBY, Direct, Source, ThroughLobby
from rollback.netplay.targets import check_target
from rollback.netplay.watched import Watched
from rollback.state import checksum, why_not_tree
from rollback.types import Ended, Event, PeerLeft, Resynced, Tick
from rollback.wire.matches import MATCHES

__all__ = ["WatchResult", "next_match", "watch"]

NOBODY: Final = 2.0  # seconds without a player in the room, and without anything left to show, until there is no match

OnShown = Callable[[SpectatorSession, Tick], None]
OnEvent = Callable[[Event | PathChanged], None]


@dataclass(frozen=True, slots=True)
class WatchResult:
    """What was seen of a match.

    Attributes:
        frames: The frame up to which it was shown; the match's length where it came to its end.
        first: The frame with which it began for us; 0 where nothing was shown.
        jumps: How often it went on with a later frame, or with a state that the players took over.
        checksum: Of the state the game holds now, the same as the players' where the match came to its end; None for a
            game whose state is no state tree and that has no `digest`.
        replay: The file, if one was asked for and there was something to record.
        ended: Why and when it ended: `over`, `end_at`, `left`, or a sentence.
    """

    frames: int
    first: int
    jumps: int
    checksum: int | None
    replay: Path | None
    ended: Ended


async def watch(
    game: Game,
    lobby: LobbyRequests,
    *,
    delay: float = 0.0,
    direct: bool = False,
    config: SessionConfig | None = None,
    transport: Literal["auto", "webrtc", "relay"] = "auto",
    ice_servers: Sequence[str | Mapping[str, Any]] = (),
    ice_addresses: Sequence[str] | None = None,
    connect_timeout: float = 10.0,
    replay: str | os.PathLike[str] | None = None,
    game_name: str = "",
    on_frame: OnShown | None = None,
    on_event: OnEvent | None = None,
    stop: asyncio.Event | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> WatchResult:
    """Watch the room's match, from where it is now to its end; wait for it where it has not begun.

    Only what has settled is shown, so nothing is ever taken back. Cancelling this call ends it; the replay is whole. Call it
    again for the next match, once `next_match` says that there is one.

    Args:
        game: The game, the same as that of the players.
        lobby: The room, from `rollback.join(..., spectate=True)`.
        delay: Seconds to stay behind the players, 0 to 300.
        direct: Whether to connect to one of the players, which takes up to `max_spectators`; else the lobby shows the
            match, to any number.
        config: What is to be compared with the match: game, version and `extra`; None compares only the game.
        transport: For `direct`, as in `rollback.play`.
        ice_servers: The same.
        ice_addresses: The same.
        connect_timeout: The same.
        replay: Where to record what is shown. Where it jumps, the recording begins anew.
        game_name: How commands name the game, for the replay; by default module and class.
        on_frame: Called with the session and the tick after each tick.
        on_event: Called with every event, and with `PathChanged` when the path to a player changes.
        stop: Set it to watch no more.
        clock: Seconds, monotonic.

    Raises:
        NetworkError: The lobby is gone, or nobody shows us the match.
        UsageError: An argument cannot be meant.
        ReplayError: The replay could not be written.
    """
    if replay is not None:
        check_target(replay)
    source: Source = ThroughLobby(lobby)
    if direct:
        source = Direct(
            lobby,
            transport=transport,
            ice_servers=ice_servers,
            ice_addresses=ice_addresses,
            connect_timeout=connect_timeout,
        )
    session = SpectatorSession(game, THE_LOBBY, config, delay=delay, match=lobby.match % MATCHES)
    showing = _Showing(session, lobby, source, replay, game_name, on_frame, on_event, clock)
    await showing.run(stop or asyncio.Event())
    return showing.result()


async def next_match(lobby: LobbyRequests, after: int) -> bool:
    """Wait for the room's match after number `after`; return False once there will be none.

    Raises:
        NetworkError: The lobby is gone for good.
    """
    changed, before = asyncio.Event(), lobby.on_members
    lobby.on_members = changed.set
    try:
        seats = {member.id for member in lobby.members if member.seat is not None}
        while lobby.match <= after:
            if lobby.lost:
                raise NetworkError(lobby.lost)
            seated = [member for member in lobby.members if member.seat is not None]
            if not seated or (lobby.connected and seats - {member.id for member in seated}):
                return False
            if any(member.again is False for member in seated):
                return False
            changed.clear()
            await changed.wait()
        return True
    finally:
        lobby.on_members = before


class _Showing:
    """One call of `watch`."""

    def __init__(
        self,
        session: SpectatorSession,
        lobby: LobbyRequests,
        source: Source,
        replay: str | os.PathLike[str] | None,
        game_name: str,
        on_frame: OnShown | None,
        on_event: OnEvent | None,
        clock: Callable[[], float],
    ) -> None:
        self._session = session
        self._lobby = lobby
        self._source = source
        self._replay = replay
        self._game_name = game_name
        self._on_frame = on_frame
        self._on_event = on_event
        self._clock = clock
        self._number = lobby.match
        self._recorder: Recorder | None = None
        self._first = -1
        self._jumps = 0
        self._ended: Ended | None = None
        self._news: list[PathChanged] = []
        self._empty_since: float | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Show it all, and let go of everything whatever happens."""
        source, session = self._source, self._session
        source.on_blob = session.receive_reliable
        source.on_change = self._news.append
        try:
            await source.start()
            await self._show(stop)
        finally:
            session.leave(now=self._clock())
            try:
                self._take_events()
            finally:
                if self._recorder is not None:
                    self._recorder.close(self._ended)
                await source.close()

    def result(self) -> WatchResult:
        """Return what was seen."""
        game, recorder = self._session.game, self._recorder
        state = game.digest() if hasattr(game, "digest") else game.save()
        return WatchResult(
            frames=self._session.frame,
            first=max(0, self._first),
            jumps=self._jumps,
            checksum=None if why_not_tree(state) else checksum(state),
            replay=recorder.path if recorder is not None and recorder.began else None,
            ended=self._ended or Ended("left", self._session.frame),
        )

    async def _show(self, stop: asyncio.Event) -> None:
        session, source = self._session, self._source
        pacer, fps = Pacer(session.config.fps, clock=self._clock), session.config.fps
        pacer.begin()
        while not stop.is_set():
            now = self._clock()
            self._look(now)
            tick = session.tick(now=now)
            for host, message in session.outgoing_reliable():
                source.send(host, message)
            self._record(tick)
            self._take_events()
            if self._on_frame is not None:
                self._on_frame(session, tick)
            session.confirmed_frames()  # what nobody asked for must not pile up
            if self._ended is not None:
                return
            if session.config.fps != fps:
                fps = session.config.fps
                pacer = Pacer(fps, clock=self._clock)
                pacer.begin()
            pacer.schedule(self._clock())
            await pacer.wait()

    def _look(self, now: float) -> None:
        """See where the match comes from, and whether there still is one."""
        session, source, lobby = self._session, self._source, self._lobby
        source.look(now)
        if source.host and source.host != session.host:
            session.follow(source.host)
        if self._first < 0 and lobby.match == self._number:
            return  # it may still begin
        nobody = lobby.connected and not any(member.seat is not None for member in lobby.members)
        if session.behind or not (nobody or lobby.match > self._number):
            self._empty_since = None
        elif self._empty_since is None:
            self._empty_since = now
        elif now - self._empty_since > NOBODY:
            why = "everybody has left the room" if nobody else "the next match has begun"
            session.leave(now=now, reason=why)

    def _record(self, tick: Tick) -> None:
        if tick.reason == "synchronizing":
            return
        if self._first < 0:
            self._first = self._session.frame
        if self._recorder is None and self._replay is not None:
            self._begin_recording()
        if self._recorder is not None:
            self._recorder.take()

    def _begin_recording(self) -> None:
        session = self._session
        names = [session.names.get(player, "") for player in range(session.game.players)]
        self._recorder = Recorder(
            Watched(session),
            self._replay,
            names=names,
            game_name=self._game_name,
            recorded_at=time.time(),
            room=self._lobby.room,
        )

    def _take_events(self) -> None:
        session = self._session
        news, self._news[:] = self._news[:], []
        for event in [*news, *session.events()]:
            match event:
                case Ended():
                    self._ended = event
                case PeerLeft(host, ()) if host == session.host:
                    self._source.host_left()
                case Resynced():
                    self._jumps += 1
                    if self._recorder is not None:
                        self._recorder.close(None)
                        self._begin_recording()
                case PathChanged():
                    pass
                case _:
                    if self._recorder is not None:
                        self._recorder.event(event)
            if self._on_event is not None:
                tell(self._on_event, event)
