"""The replay of a match that is being played. Knows a session and a file; knows no clock and no transport."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from rollback.core.session import P2PSession
from rollback.errors import ReplayError, UsageError
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

__all__ = ["Recorder", "check_target"]

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
TEXT: Final = 500  # characters of a text in an event: enough for a sentence


def check_target(path: str | os.PathLike[str]) -> Path:
    """Return the path of a replay that can be written, before a match is played for it.

    Raises:
        ReplayError: It cannot; the sentence says why.
    """
    target = Path(path)
    if target.is_dir():
        raise ReplayError(f"the replay cannot be written to {str(target)!r}, a folder: name a file, such as match.rbr")
    if not target.parent.is_dir():
        raise ReplayError(f"the replay {str(target)!r} cannot be written: there is no folder {str(target.parent)!r}")
    if not os.access(target if target.exists() else target.parent, os.W_OK):
        raise ReplayError(f"the replay {str(target)!r} cannot be written: this account may not write there")
    return target


class Recorder:
    """Writes the settled frames of a session, with checksums and events, as they come.

    Made before the session's first frame. The file is begun with frame 0, so a match that never begins leaves none, and
    keeps an older file of that name as it was.

    Args:
        session: What is recorded.
        path: The file.
        names: The players' names, or nothing.
        game_name: How commands name the game; by default module and class.
        recorded_at: Seconds since 1970.

    Attributes:
        path: The file.
        problem: Why recording stopped before the match did, or empty: a full disk must not end a match.
    """

    def __init__(
        self,
        session: P2PSession,
        path: str | os.PathLike[str],
        *,
        names: Sequence[str] = (),
        game_name: str = "",
        recorded_at: float | None = None,
    ) -> None:
        self.path = check_target(path)
        self.problem = ""
        self._session = session
        self._names = tuple(names)
        self._game_name = game_name
        self._recorded_at = recorded_at
        self._settled = session.subscribe()
        self._interval = session.config.desync_interval
        self._due = 0 if self._interval else -1
        self._sums: deque[tuple[int, int]] = deque()  # taken of confirmed states, written when these have settled
        self._writer: ReplayWriter | None = None
        self._closed = False

    @property
    def frames(self) -> int:
        """Frames recorded."""
        return self._writer.frames if self._writer is not None else 0

    @property
    def began(self) -> bool:
        """Whether there is a file."""
        return self._writer is not None

    def take(self) -> None:
        """Record what has settled; to be called after each tick that is not synchronizing."""
        if self._closed:
            return
        try:
            writer = self._begun()
            self._take_sums()
            if self._settled:
                for confirmed in self._settled:
                    writer.add(confirmed)
                while self._sums and self._sums[0][0] <= writer.frames:
                    writer.checksum(*self._sums.popleft())
        except (ReplayError, UsageError) as error:  # no room on the disk, or none in the file
            self._fail(error)

    def event(self, event: Event) -> None:
        """Record an event, if it is one that tells how the match went."""
        kind = KINDS.get(type(event))
        if kind is None or self._closed or self._writer is None:
            return
        try:
            self._writer.event(self._writer.frames, kind, {name: _plain(event, name) for name in _names(event)})
        except (ReplayError, UsageError) as error:
            self._fail(error)

    def close(self, ended: Ended | None = None) -> None:
        """Record what is left, and the end. Closing twice is harmless."""
        if self._closed:
            return
        if self._session.reason != "synchronizing" and (self.began or self._session.frame):
            self.take()
        self._settled.close()
        if self._writer is not None and not self._closed:
            reason = ended.reason.partition("\n")[0] if ended is not None else ""
            try:
                self._writer.close(_checksum_of(self._session, self._writer.frames), reason)
            except ReplayError as error:
                self.problem = str(error)
        self._closed = True

    def _begun(self) -> ReplayWriter:
        if self._writer is None:
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
            self._writer = ReplayWriter(self.path, header)
        return self._writer

    def _take_sums(self) -> None:
        session = self._session
        while 0 <= self._due <= session.confirmed + 1:
            value = _checksum_of(session, self._due)
            if value is not None:
                self._sums.append((self._due, value))
            self._due += self._interval

    def _fail(self, error: Exception) -> None:
        self.problem = str(error)
        self._settled.close()
        writer, self._closed = self._writer, True
        if writer is not None:
            try:
                writer.close(None, "")
            except ReplayError:
                pass  # the first failure is the one to tell


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
