"""A whole match from a room to its result. Knows lobbies, transports and sessions; the frames are the driver's."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from rollback.config import SessionConfig
from rollback.core.session import P2PSession
from rollback.envs.data.files import check_ending
from rollback.envs.data.rows import Rows, another_game
from rollback.envs.data.transitions import record_transitions
from rollback.game import Game, codecs_of
from rollback.net.direct_or_relay import make_transport
from rollback.net.impair import Impaired
from rollback.net.lobby_requests import LobbyRequests
from rollback.net.transport import PathChanged, Transport
from rollback.netplay.company import Company
from rollback.netplay.driver import Act, OnEvent, OnFrame, drive
from rollback.netplay.named import NamedTransport
from rollback.netplay.reach import Reach
from rollback.netplay.recorder import Recorder
from rollback.netplay.seats import Seats, check_room, config_for, is_full
from rollback.netplay.stopping import unless
from rollback.netplay.switchboard import Switchboard
from rollback.netplay.targets import bundle_folder, check_target
from rollback.state import checksum, why_not_tree
from rollback.types import Ended, Event, SessionStats
from rollback.wire.matches import MATCHES

__all__ = ["PlayResult", "play"]

JOIN_WITHIN: Final = 60.0  # seconds until we play in a match that is running: a large state takes its time
SEATS: Final = 16  # the most a room has; keeps the seeds of neighbouring seats from meeting those of neighbouring seeds


@dataclass(frozen=True, slots=True)
class PlayResult:
    """What came of a match.

    Attributes:
        frames: Frames simulated; the match's length where it came to its end.
        checksum: Of the state the game holds now, the same on all peers where the match came to its end; None for a
            game whose state is no state tree and that has no `digest`.
        stats: The session's last counters.
        replay: The file, if one was asked for and the match began.
        ended: Why and when the match ended: `over`, `end_at`, `left`, or a sentence.
        transitions: The file of the data set, if one was asked for and it could be written.
        problem: Why the data set ends before the match did, or was not written; empty where all is well.
    """

    frames: int
    checksum: int | None
    stats: SessionStats
    replay: Path | None
    ended: Ended
    transitions: Path | None = None
    problem: str = ""


async def play(
    game: Game,
    lobby: LobbyRequests,
    act: Act,
    *,
    config: SessionConfig | None = None,
    frames: int | None = None,
    transport: Literal["auto", "webrtc", "relay"] = "auto",
    ice_servers: Sequence[str | Mapping[str, Any]] = (),
    ice_addresses: Sequence[str] | None = None,
    connect_timeout: float = 10.0,
    latency_ms: float = 0.0,
    jitter_ms: float = 0.0,
    loss: float = 0.0,
    impair_seed: int = 0,
    replay: str | os.PathLike[str] | None = None,
    transitions: str | os.PathLike[str] | Rows | None = None,
    another: Callable[[], Game] | None = None,
    bundles: str | os.PathLike[str] | None = None,
    game_name: str = "",
    controller: str = "human",
    on_frame: OnFrame | None = None,
    on_event: OnEvent | None = None,
    stop: asyncio.Event | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> PlayResult:
    """Wait for the players of the room, play a match with them, and return what came of it.

    In a room whose match is running already, a process that came for an empty seat, or back to its own by a resume token,
    is given the present state by the others and plays on from there. Whoever watches is shown the match, through the lobby
    or directly, and costs the players nothing they would notice.

    A peer that leaves, is lost or cannot play with us ends the match as the settings say: that is in `ended`, not an
    exception. Cancelling this call leaves the match: the others know at once, the replay is whole, and the cancellation
    goes on.

    A match that the lobby counts as the room's second, third and so on is a rematch: what is left of the one before is
    dropped. To pause for a while, call `session.pause(reason, now=clock())` and `session.resume(...)` in `on_frame`,
    which is given the session; all peers wait, and are told by the events `Paused` and `Resumed`.

    Args:
        game: The game; each peer brings its own.
        lobby: The room, from `rollback.join`.
        act: `act(game, player) -> action` for our player; see `drive`.
        config: The settings, which most of all must be the same on all peers; see `config_for` for the default.
        frames: End the match at this frame; all peers name the same one.
        transport: `webrtc`, `relay` (through the lobby), or `auto`: the relay where WebRTC does not get through.
        ice_servers: STUN and TURN servers; none by default.
        ice_addresses: The only addresses of this machine to offer, such as `["127.0.0.1"]`.
        connect_timeout: Seconds the connections may take to open, and then the other peers to begin.
        latency_ms: Delay what we send, by so much.
        jitter_ms: And by up to so much more, each datagram for itself.
        loss: The share of our datagrams to lose.
        impair_seed: Of these delays and losses; every seat draws its own.
        replay: Where to write the replay.
        transitions: Where to write what really happened, as a data set: .npz, .jsonl or .parquet, see `rollback.envs`; or
            what takes it frame by frame, with `add(row)` and `close()`.
        another: Makes a second game, as fresh as the first one was, for `transitions`; by default `game.another`, or its class.
        bundles: The folder for bundles, each with all there is to look into a desync; by default that of the replay, or
            the temporary one.
        game_name: How commands name the game, for the replay; by default module and class.
        controller: Who plays: `human`, `bot` or a name; the others are told.
        on_frame: Called with the session and the tick after each tick.
        on_event: Called with every event, and with `PathChanged` when the path to a peer changes.
        stop: Set it to leave the match, also while waiting for it.
        clock: Seconds, monotonic.

    Raises:
        NetworkError: The players did not come, or cannot be reached.
        UsageError: The room and the game do not fit, or an argument cannot be meant; no data set can be made of this game.
        ReplayError: The replay, or a bundle, could not be written.
    """
    players = len(codecs_of(game))
    if replay is not None:
        check_target(replay)
    second = None
    target = transitions if isinstance(transitions, str | os.PathLike) else None
    if target is not None:
        check_ending(target)
    if transitions is not None:
        second = another_game(game, another() if another is not None else None)
    bundle_folder(replay, bundles)
    check_room(lobby, players, type(game).__name__)
    stop, late = stop or asyncio.Event(), lobby.is_late
    if not late and not await unless(stop, _players_came(lobby, players)):
        return _nothing_played(game)
    check_room(lobby, players, type(game).__name__)
    seats = Seats.of(lobby, players, late=late)
    config = config or config_for(game, lobby.room, lobby.match, player=seats.me)
    number = lobby.match % MATCHES
    session = P2PSession(game, seats.players(controller), config, match=number, votes=True, joining=late)
    session.names.update({seat: name for seat, name in enumerate(seats.names) if name})
    if frames is not None:
        session.end_at(frames)
    signals = Switchboard(lobby)
    path: Transport = make_transport(
        signals,
        [] if late else list(seats.others),  # who comes late waits for nobody: somebody may be gone, or be late as well
        transport=transport,
        ice_servers=ice_servers,
        ice_addresses=ice_addresses,
        connect_timeout=connect_timeout,
    )
    if latency_ms or jitter_ms or loss:
        path = Impaired(path, latency_ms, jitter_ms, loss, impair_seed * SEATS + seats.me)
    recorder = Recorder(
        session,
        replay,
        names=seats.names,
        game_name=game_name,
        recorded_at=time.time(),
        room=lobby.room,
        bundles=bundles,
    )
    data = None
    if transitions is not None:
        rows = None if isinstance(transitions, str | os.PathLike) else transitions
        data = record_transitions(session, second, path=target, into=rows)
    ends: list[Ended] = []
    reach = Reach(NamedTransport(path, seats.others), lobby)
    async with _locked(lobby), Company(lobby, session, reach, signals, seats, late=late) as company:
        await drive(
            session,
            reach,
            act,
            fps=config.fps,
            on_frame=on_frame,
            on_event=_noting(ends, company, on_event),
            recorder=recorder,
            transitions=data,
            stop=stop,
            start_within=JOIN_WITHIN if late else connect_timeout,
            clock=clock,
        )
    return PlayResult(
        frames=session.frame,
        checksum=checksum_of(game),
        stats=session.stats(),
        replay=recorder.path if recorder.began else None,
        ended=ends[0],
        transitions=data.close() if data is not None else None,
        problem=data.problem if data is not None else "",
    )


async def _players_came(lobby: LobbyRequests, players: int) -> None:
    """Return when all seats are taken; a room whose members named no number has as many as the game.

    Raises:
        NetworkError: The room is gone.
    """
    full, before = asyncio.Event(), lobby.on_members

    def look() -> None:
        if is_full(lobby, players):
            full.set()
        if before is not None:
            before()

    waiting = {asyncio.ensure_future(lobby.wait_for_players()), asyncio.ensure_future(full.wait())}
    lobby.on_members = look
    look()
    try:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        lobby.on_members = before
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


@contextlib.asynccontextmanager
async def _locked(lobby: LobbyRequests) -> AsyncIterator[None]:
    """Lock the room while the match runs; a lobby that is away meanwhile is no trouble."""
    locking = asyncio.create_task(lobby.lock())
    try:
        yield
    finally:
        locking.cancel()
        await asyncio.gather(locking, return_exceptions=True)


def _noting(ends: list[Ended], company: Company, on_event: OnEvent | None) -> Callable[[Event | PathChanged], None]:
    def note(event: Event | PathChanged) -> None:
        company.event(event)
        if isinstance(event, Ended):
            ends.append(event)
        if on_event is not None:
            on_event(event)

    return note


def checksum_of(game: Any) -> int | None:
    state = game.digest() if hasattr(game, "digest") else game.save()
    return None if why_not_tree(state) else checksum(state)


def _nothing_played(game: Game) -> PlayResult:
    stats = SessionStats(0, 0, 0, 0, {}, -1, -1, -1, {}, {})
    return PlayResult(0, checksum_of(game), stats, None, Ended("left", 0))
