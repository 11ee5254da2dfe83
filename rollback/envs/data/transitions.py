"""Data sets of what really happened in a match: every settled frame once, in order. Knows a session; knows no transport.

A second game is stepped on settled inputs only, so nothing that was guessed, and nothing that was played again, ever gets into
a row. What only this peer knows (guesses, rollbacks, round trips, what its players saw) is noted while the match runs.
"""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path
from typing import Any, Final

from rollback.core.session import P2PSession
from rollback.envs.data.controllers import IDLE, TAKE_OVER, Controllers
from rollback.envs.data.files import LineFile, check_ending, save
from rollback.envs.data.rows import Retelling, Rows, another_game
from rollback.envs.data.table import LIMIT, TransitionTable, facts_of
from rollback.envs.data.timing import Timing, TimingNotes
from rollback.errors import UsageError
from rollback.game import Game
from rollback.state import checksum, why_not_tree
from rollback.types import Confirmed, Cut, Event, PeerJoined, Resynced, Tick, TookOver

__all__ = ["TransitionRecorder", "record_transitions"]

A_TICK: Final = 2  # frames told in one tick: one is due, and after an outage the rest comes by and by, without a stutter
MOST_WAITING: Final = 4096  # frames that wait to be told, for somebody who is coming in
MEASURE_EVERY: Final = 64  # frames between two looks at the memory


def record_transitions(
    session: P2PSession,
    game: Game | None = None,
    *,
    path: str | os.PathLike[str] | None = None,
    into: Rows | None = None,
    limit: int = LIMIT,
) -> TransitionRecorder:
    """Record the settled frames of a session as transitions.

    To be called before the session's first tick. Then whoever drives the session calls `recorder.event(event)` with each of
    its events and, after each tick and its events, `recorder.after(tick, now)`; `rollback.play(..., transitions=path)` does all
    that. At the end `recorder.close()` takes what is left, and `save` and `to_minari` write it.

    Args:
        session: The session.
        game: A second, fresh game of the same kind; by default one is made by `session.game.another()`, or of its class.
        path: The file that `close` writes, in the format of its ending: .npz, .parquet, or .jsonl, which is written as the
            match goes on and is not held in memory.
        into: Takes the frames instead of a file, as the match goes on.
        limit: Bytes that may be held in memory; recording stops there, and `problem` tells.

    Raises:
        UsageError: No second game can be made, the session has begun, or the file cannot be written.
        MissingPackage: A .parquet needs pyarrow.
    """
    return TransitionRecorder(session, game, path=path, into=into, limit=limit)


class TransitionRecorder:
    """Takes what settles in a session, and tells it; see `record_transitions`.

    Attributes:
        path: The file, or None.
        table: The columns; where the frames are handed on as they come they stay empty.
        problem: Why recording stopped before the match did, or what could not be written; empty while all is well. A full
            disk must not end a match.
    """

    def __init__(
        self,
        session: P2PSession,
        game: Game | None,
        *,
        path: str | os.PathLike[str] | None,
        into: Rows | None = None,
        limit: int,
    ) -> None:
        if session.frame or session.reason != "synchronizing":
            raise UsageError(f"a data set begins with the match: record before the first tick, not at frame {session.frame}")
        self.path = None if path is None else check_ending(path)
        self.problem = ""
        self._told = Retelling(another_game(session.game, game))
        self._players = self._told.players
        config = session.config
        facts = facts_of(session.game, config.game_id, config.game_version, config.fps, config.seed)
        self.table = TransitionTable(self._players, facts)
        self._lines = into
        if self.path is not None and self.path.suffix.lower() == ".jsonl":
            self._lines = LineFile(self.path)
        self._session = session
        self._limit = limit
        self._settled = session.subscribe()
        self._notes = TimingNotes(session, self._players)
        self._controllers: Controllers | None = None
        self._waiting: deque[tuple[Confirmed, Timing]] = deque()
        self._next = -1  # the frame that is told next, -1 before there is one
        self._rows = 0
        self._mended: int | None = None  # the frame from which a state that was taken over is looked for
        self._loads: tuple[int, Any] | None = None  # that state, and its frame
        self._closed = False
        self._written: Path | None = None

    @property
    def frames(self) -> int:
        """Frames that were told."""
        return self._rows

    def after(self, tick: Tick, now: float) -> None:
        """Take what a tick did and what has settled; to be called after every tick, when its events were handed to `event`."""
        if self._closed or self.problem:
            return
        self._notes.note(tick, now)
        self._take()
        if self._waiting and self._next < 0:
            self._begin()  # at once: the first state is held for a moment only
        if self._waiting and (tick.reason != "synchronizing" or len(self._waiting) > MOST_WAITING):
            self._tell(A_TICK)

    def event(self, event: Event) -> None:
        """Take an event of the session, in order."""
        if self._closed or self.problem:
            return
        match event:
            case Cut(players, last, _):
                self._line().cut(players, last + 1)
            case TookOver(player, _):
                self._line().taken_over(player)
            case PeerJoined(peer, players, frame):
                self._joined(players, frame, is_own=not peer)
            case Resynced(frame):
                self._mended = frame
                self._look_for_state()

    def close(self) -> Path | None:
        """Take what is left, and write the file if there is to be one; return its path, or None.

        A match that never began leaves no file, and what stood there stays. Closing twice is harmless.
        """
        if self._closed:
            return self._written
        if not self.problem:
            self._take()
            if self._next >= 0 or self._begin():
                self._tell(len(self._waiting))
        self._closed = True
        self._settled.close()
        try:
            self._look_at_last()
            if self._lines is not None:
                self._lines.close()
            elif self._rows and self.path is not None:
                save(self.table, self.path)
            self._written = self.path if self._rows else None
        except Exception as error:  # a disk, or a game
            self.problem = self.problem or str(error)
        return self._written

    def save(self, target: str | os.PathLike[str]) -> Path:
        """Write all that was told up to now to a file: .npz, .jsonl or .parquet by its ending; return its path.

        Raises:
            UsageError: The ending names no format, the file cannot be written, or nothing is held.
            MissingPackage: A .parquet needs pyarrow.
        """
        return save(self._held("save"), target)

    def to_minari(self, name: str) -> tuple[str, ...]:
        """Make a Minari data set for each player, and return their names; see `rollback.envs.to_minari`."""
        from rollback.envs.data.minari import to_minari

        return to_minari(self._held("to_minari"), name, self._told.game)

    def _held(self, what: str) -> TransitionTable:
        if self._lines is not None:
            raise UsageError(f"{what} needs the rows in memory, and a .jsonl file holds them instead: record without a path")
        if not self.table:
            raise UsageError(f"there is nothing to write: no frame has settled yet; call {what} when the match was played")
        if not self._closed:
            self._look_at_last()
        return self.table

    def _look_at_last(self) -> None:
        """Hold what each player is shown after the last frame, if the second game stands there."""
        if self._rows and not self.problem:
            self.table.last = self._told.observations()

    def _take(self) -> None:
        """Take what has settled, with the notes of it, which are kept for some frames only."""
        notes = self._notes
        for done in self._settled.take():
            self._waiting.append((done, notes.take(done.frame)))
        if self._mended is not None:
            self._look_for_state()

    def _tell(self, most: int) -> None:
        """Step the second game, and keep or write the rows."""
        try:
            while most > 0 and self._waiting:
                most -= 1
                self._tell_one(*self._waiting.popleft())
        except Exception as error:  # the game's own, or a disk: the match goes on
            self._stop(f"frame {self._next} could not be recorded: {type(error).__name__}: {error}")

    def _tell_one(self, done: Confirmed, timing: Timing) -> None:
        told, frame = self._told, done.frame
        if self._loads is not None and self._loads[0] <= frame:
            told.load(self._loads[1])
            self._loads = None
        names = self._line().at(frame)
        if IDLE in names or TAKE_OVER in names:  # nobody of theirs saw anything
            seen = [None if name in (IDLE, TAKE_OVER) else each for name, each in zip(names, timing.seen, strict=False)]
            timing = timing._replace(seen=tuple(seen))
        row = told.step(frame, done.actions, names, timing)
        if self._lines is not None:
            self._lines.add(row)
        else:
            self.table.add(row)
        self._rows += 1
        self._next = frame + 1
        if self._lines is None and self._rows % MEASURE_EVERY == 0 and self.table.size > self._limit:
            self._stop(
                f"the data set holds the frames up to {frame} and no more: they take {self.table.size} bytes, at most"
                f" {self._limit} are held; record to a .jsonl file, which has no limit"
            )

    def _begin(self) -> bool:
        """Stand at the first frame that can be told: frame 0, or the first whose state is held."""
        session, waiting = self._session, self._waiting
        if not waiting:
            return False
        first = waiting[0][0].frame
        held = self._first_held(first) if first else None
        if first and held is None:
            waiting.clear()
            return False
        try:
            self._told.begin(session.config.seed)
            if held is not None:
                first = held[0]
                self._told.load(held[1])
            elif self._differs():
                self._stop(
                    "the second game begins in another state than the one that is played, so it would tell another match:"
                    " give a game that was made with the same arguments"
                )
                return False
        except Exception as error:
            self._stop(f"the second game could not begin at frame {first}: {type(error).__name__}: {error}")
            return False
        while waiting and waiting[0][0].frame < first:
            waiting.popleft()
        self._next = first
        return True

    def _differs(self) -> bool:
        """Whether the second game begins otherwise than the first one did, as far as that can still be told."""
        state = self._session.held_state(0)
        own = self._told.game.save() if state is not None else None
        return state is not None and why_not_tree(own) is None and checksum(own) != checksum(state)

    def _first_held(self, first: int) -> tuple[int, Any] | None:
        """Return the first frame from this one on whose state is held, with it."""
        for frame in range(first, self._session.confirmed + 2):
            state = self._session.held_state(frame)
            if state is not None:
                return frame, state
        return None

    def _line(self, *, is_late: bool = False) -> Controllers:
        """Return who plays when; made with the first row or event, for then the handshake is over and all is told."""
        if self._controllers is None:
            session = self._session
            told, vacant = session.controllers, session.vacant
            unknown = session.input_delays if is_late or session.reason == "synchronizing" else ()
            names = [
                told.get(player) or (IDLE if vacant.get(player, (1,))[0] == 0 else None) for player in range(self._players)
            ]
            self._controllers = Controllers([None if player in unknown else name for player, name in enumerate(names)])
        return self._controllers

    def _joined(self, players: tuple[int, ...], frame: int, *, is_own: bool) -> None:
        line, session = self._line(is_late=is_own), self._session
        if is_own:
            for player, (since, is_played) in session.vacant.items():
                line.vacant(player, since, is_played=is_played)
        line.joined(players, frame, session.controllers)
        self._notes.joined(players, frame, is_own=is_own)

    def _look_for_state(self) -> None:
        """Find the first state from the mended one on that is held; the rows from there on follow from it."""
        held = self._first_held(max(self._mended or 0, self._next))
        if held is not None:
            self._loads, self._mended = held, None

    def _stop(self, problem: str) -> None:
        self.problem = problem
        self._waiting.clear()
        self._settled.close()
