"""The replay of a match that is being played, and the bundles of its desyncs. Knows a session; knows no transport."""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any, Final

from rollback.core.session import P2PSession
from rollback.errors import ReplayError, UsageError
from rollback.game import codecs_of
from rollback.netplay.bundle import NO_STATE, write_bundle
from rollback.netplay.tape import Tape
from rollback.netplay.targets import bundle_folder, check_target
from rollback.replays import ReplayHeader, ReplayWriter
from rollback.types import (
    Cut,
    DesyncFound,
    Ended,
    Event,
    Mismatch,
    PeerJoined,
    PeerLeft,
    PeerLost,
    Resynced,
    TookOver,
)

__all__ = ["Recorder"]

KINDS: Final = {
    Cut: "cut",
    DesyncFound: "desync",
    Mismatch: "mismatch",
    PeerJoined: "peer joined",
    PeerLeft: "peer left",
    PeerLost: "peer lost",
    Resynced: "resynced",
    TookOver: "took over",
}  # the events that tell how a match went; a peer that is silent for a moment is no part of it
MOST_BUNDLES: Final = 4  # a match: it is resynced three times, then ended; and who only tells would tell every second
TEXT: Final = 500  # characters of a text in an event: enough for a sentence


class Recorder:
    """Records the settled frames of a session, with checksums and events, as they come.

    They go to a file, if one is named, and into memory, for the bundles that are written when a desync is found. Made
    before the session's first frame. The file is begun with frame 0, so a match that never begins leaves none, and keeps
    an older file of that name as it was.

    Args:
        session: What is recorded.
        path: The file; None for none.
        names: The players' names, or nothing.
        game_name: How commands name the game; by default module and class.
        recorded_at: Seconds since 1970.
        room: The code of the room, for the names of bundles.
        bundles: The folder of bundles; by default that of the file, or the temporary one.

    Raises:
        ReplayError: The file, or the folder, cannot be written.

    Attributes:
        path: The file, or None.
        problem: Why recording stopped before the match did, or a bundle was not written; empty while all is well. A full
            disk must not end a match.
    """

    def __init__(
        self,
        session: P2PSession,
        path: str | os.PathLike[str] | None,
        *,
        names: Sequence[str] = (),
        game_name: str = "",
        recorded_at: float | None = None,
        room: str = "",
        bundles: str | os.PathLike[str] | None = None,
    ) -> None:
        self.path = None if path is None else check_target(path)
        self.problem = ""
        self._folder = bundle_folder(self.path, bundles)
        self._room = room
        self._session = session
        self._names = tuple(names)
        self._game_name = game_name
        self._recorded_at = recorded_at
        self._settled = session.subscribe()
        self._interval = session.config.desync_interval
        self._due = 0 if self._interval else -1
        self._sums: deque[tuple[int, int]] = deque()  # taken of confirmed states, written when these have settled
        self._tape: Tape | None = None
        self._writer: ReplayWriter | None = None
        self._bundles: dict[tuple[str, int], str | None] = {}
        self._has_failed = False
        self._closed = False

    @property
    def frames(self) -> int:
        """Frames in the file."""
        return self._writer.frames if self._writer is not None else 0

    @property
    def began(self) -> bool:
        """Whether there is a file."""
        return self._writer is not None

    def take(self) -> None:
        """Record what has settled; to be called after each tick that is not synchronizing."""
        if self._closed:
            return
        tape = self._begun()
        self._take_sums()
        if not self._settled:
            return
        frames, sums = self._settled.take(), []
        for confirmed in frames:
            tape.add(confirmed)
        while self._sums and self._sums[0][0] <= tape.frames:
            sums.append(self._sums.popleft())
            tape.checksum(*sums[-1])

        def write(writer: ReplayWriter) -> None:
            for confirmed in frames:
                writer.add(confirmed)
            for frame, value in sums:
                writer.checksum(frame, value)

        self._to_file(write)

    def event(self, event: Event) -> Event:
        """Record an event, if it is one that tells how the match went.

        Returns:
            The event to hand on: of a desync with the path of its bundle, if one could be written.
        """
        if isinstance(event, DesyncFound):
            event = replace(event, bundle=self._write_bundle(event))
        kind = KINDS.get(type(event))
        if kind is not None and not self._closed and self._tape is not None:
            data = {name: _plain(event, name) for name in _names(event)}
            self._tape.event(self._tape.frames, kind, data)
            self._to_file(lambda writer: writer.event(writer.frames, kind, data))
        return event

    def close(self, ended: Ended | None = None) -> None:
        """Record what is left, and the end. Closing twice is harmless."""
        if self._closed:
            return
        if self._session.reason != "synchronizing" and (self._tape is not None or self._session.frame):
            self.take()
        self._settled.close()
        reason = ended.reason.partition("\n")[0] if ended is not None else ""
        self._to_file(lambda writer: writer.close(_checksum_of(self._session, writer.frames), reason))
        self._closed = True

    def _begun(self) -> Tape:
        if self._tape is None:
            session = self._session
            told = session.controllers
            header = ReplayHeader.of(
                session.game,
                session.config,
                name=self._game_name or None,
                names=self._names,
                controllers=[told.get(player, "") for player in range(session.game.players)],
                recorded_at=self._recorded_at,
            )
            self._tape = Tape(header)
            if self.path is not None:
                try:
                    self._writer = ReplayWriter(self.path, header)
                except ReplayError as error:
                    self.problem = str(error)
        return self._tape

    def _to_file(self, write: Callable[[ReplayWriter], object]) -> None:
        """Write to the file, as long as that works."""
        if self._writer is None or self._has_failed:
            return
        try:
            write(self._writer)
        except (ReplayError, UsageError) as error:  # no room on the disk, or none in the file
            self.problem, self._has_failed = str(error), True
            with contextlib.suppress(ReplayError):  # the first failure is the one to tell
                self._writer.close(None, "")

    def _write_bundle(self, found: DesyncFound) -> str | None:
        """Write the bundle of a desync and return its path; None where that cannot be done, which ends no match."""
        case = found.peer, found.frame
        if case in self._bundles:
            return self._bundles[case]  # a word of the peer that came late opened it once more
        if self._tape is None or len(self._bundles) == MOST_BUNDLES:
            return None
        self._bundles[case] = None
        try:
            self.take()
            session = self._session
            state = _held_state(session, found.frame)
            path = write_bundle(self._folder, self._room, found, self._tape, codecs_of(session.game), state)
        except Exception as error:  # a disk, or a codec or a state of the game's own: the match goes on without a bundle
            self.problem = str(error)
        else:
            self._bundles[case] = str(path)
        return self._bundles[case]

    def _take_sums(self) -> None:
        session = self._session
        while 0 <= self._due <= session.confirmed + 1:
            value = _checksum_of(session, self._due)
            if value is not None:
                self._sums.append((self._due, value))
            self._due += self._interval


def _held_state(session: P2PSession, frame: int) -> Any:
    """Return our own S_frame as a snapshot, if the session still holds what its checksum was made of; NO_STATE if not."""
    if hasattr(session.game, "digest"):
        return NO_STATE  # then checksums are made of digests, which no game can load
    return session._confirmation.kept.get(frame, NO_STATE)


def _checksum_of(session: P2PSession, frame: int) -> int | None:
    """Return the checksum of S_frame, which is confirmed; None where the session holds it no more, or it is no tree."""
    try:
        return session.checksum_at(frame)
    except UsageError:
        return None  # an opaque snapshot


def _names(event: Event) -> list[str]:
    return [entry.name for entry in fields(event)]


def _plain(event: Event, name: str) -> Any:
    value = getattr(event, name)
    if isinstance(value, tuple):
        return [each if isinstance(each, int) else str(each)[:TEXT] for each in value[:32]]
    return value if value is None or isinstance(value, int) else str(value)[:TEXT]
