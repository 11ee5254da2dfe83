"""The replay of a match that is being played, and the bundles of its desyncs. Knows a session; knows no transport."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from rollback.game import codecs_of
from rollback.netplay.bundle import NO_STATE, write_bundle
from rollback.netplay.keyframes import KeyframePlan
from rollback.netplay.recorded import Recorded, checksum_of, held_states
from rollback.netplay.recorded_events import EventLog, Noted
from rollback.netplay.tape import Tape
from rollback.netplay.targets import bundle_folder, check_target
from rollback.replays import ReplayHeader
from rollback.replays.header import package_versions
from rollback.types import DesyncFound, Ended, Event, PeerJoined, Resynced

__all__ = ["Recorder"]

MOST_BUNDLES: Final = 4  # a match: it is resynced three times, then ended; and who only tells would tell every second
KEYFRAME_EVERY: Final = 10.0  # seconds: a reader simulates so much at most before it shows what it was asked for
AGAIN: Final = 8  # frames until the next look where the last one came too early
MOST_EARLY: Final = 64  # events before the first settled frame


class Recorder:
    """Records the settled frames of a session, with checksums, keyframes and events, as they come.

    They go to a file, if one is named, and into memory, for the bundles that are written when a desync is found. Made
    before the session's first frame. The file is begun with the first settled frame, so a match that never begins leaves
    none, and keeps an older file of that name as it was. A session that came in the middle is recorded from the first frame
    whose state is held.

    Args:
        session: What is recorded.
        path: The file; None for none.
        names: The players' names, or nothing.
        game_name: How commands name the game; by default module and class.
        recorded_at: Seconds since 1970.
        room: The code of the room, for the names of bundles.
        bundles: The folder of bundles; by default that of the file, or the temporary one.
        keyframe_every: Seconds between keyframes, of games whose snapshots are state trees; large ones get fewer. 0 for none.

    Raises:
        ReplayError: The file, or the folder, cannot be written.

    Attributes:
        path: The file, or None.
    """

    def __init__(
        self,
        session: Recorded,
        path: str | os.PathLike[str] | None,
        *,
        names: Sequence[str] = (),
        game_name: str = "",
        recorded_at: float | None = None,
        room: str = "",
        bundles: str | os.PathLike[str] | None = None,
        keyframe_every: float = KEYFRAME_EVERY,
    ) -> None:
        self.path = None if path is None else check_target(path)
        self._folder = bundle_folder(self.path, bundles)
        self._room = room
        self._session = session
        self._names = tuple(names)
        self._game_name = game_name
        self._recorded_at = recorded_at
        self._packages = package_versions()  # now, and not in the first frame
        self._keyframe_every = keyframe_every
        self._settled = session.subscribe_inputs()
        self._interval = session.config.desync_interval
        self._log = EventLog()
        self._early: list[Event] = []
        self._tape: Tape | None = None
        self._plan = KeyframePlan(0, 60, 0, 0)
        self._bundles: dict[tuple[str, int], str | None] = {}
        self._bundle_problem = ""
        self._closed = False
        self._calls = 0  # until there is something to do
        self._soon = session.config.prediction_window + 1  # frames after which a state is confirmed, and still held
        self._due = 0 if self._interval else -1  # the frame of the next checksum
        self._mend: tuple[int, Noted] | None = None  # the frame from which a state that was taken over is looked for
        # Taken of confirmed states, written when these have settled.
        self._sums: deque[tuple[int, int]] = deque()
        self._states: deque[tuple[int, Any, Noted | None]] = deque()
        self._last_sum = self._last_keyframe = -1

    @property
    def problem(self) -> str:
        """Why recording stopped before the match did, or a bundle was not written; empty while all is well.

        A full disk must not end a match.
        """
        return (self._tape.problem if self._tape is not None else "") or self._bundle_problem

    @property
    def frames(self) -> int:
        """Frames in the file."""
        return self._tape.frames if self._tape is not None and self._tape.has_file else 0

    @property
    def began(self) -> bool:
        """Whether there is a file."""
        return self._tape is not None and self._tape.has_file

    def take(self) -> None:
        """Record what has settled; to be called after each tick that is not synchronizing.

        Most calls have nothing to do and only count: a tick is one frame at the most.
        """
        self._calls -= 1
        if self._calls <= 0 and not self._closed:
            self._look()

    def event(self, event: Event) -> Event:
        """Record an event, if it is one that tells how the match went.

        Returns:
            The event to hand on: of a desync with the path of its bundle, if one could be written.
        """
        if isinstance(event, DesyncFound):
            event = replace(event, bundle=self._write_bundle(event))
        if self._closed:
            return event
        if self._tape is None:
            if len(self._early) < MOST_EARLY:
                self._early.append(event)
        else:
            self._look(is_all=True)  # so that the event stands where it happened
            self._note(self._tape, event)
        return event

    def close(self, ended: Ended | None = None) -> None:
        """Record what is left, and the end. Closing twice is harmless."""
        if self._closed:
            return
        session = self._session
        if session.reason != "synchronizing" and (self._tape is not None or session.frame):
            self._look(is_all=True)
        self._settled.close()
        if self._tape is not None:
            if self._mend is not None:
                self._tape.event(*self._mend[1])  # its state was never held; that it happened is told
            reason = ended.reason.partition("\n")[0] if ended is not None else ""
            self._tape.close(checksum_of(session, self._tape.next_frame), reason)
        self._closed = True

    def _look(self, *, is_all: bool = False) -> None:
        start, rows = self._settled.take_inputs()
        self._take_states()
        tape = self._tape or self._begun(start, start + len(rows), is_all=is_all)
        if tape is None:
            self._calls = 0
            return
        if rows:
            tape.add(rows[tape.next_frame - start :] if tape.next_frame > start else rows)
        self._write(tape)
        if self._mend is not None:
            self._calls = 0
        else:
            due = min([due for due in (self._due, self._plan.due, tape.block_end) if due >= 0])
            frame = self._session.frame
            # States are held for some frames only; for the end of a block there is time.
            self._calls = max(due + self._soon - frame, AGAIN if due == tape.block_end and due <= frame else 0)

    def _begun(self, start: int, stop: int, *, is_all: bool) -> Tape | None:
        """Begin the tape with the first settled frame, or with the first whose state is held if it is not frame 0."""
        if start == stop and not is_all:
            return None
        session, first, state = self._session, start, None
        if first:
            first, state = next(held_states(session, first), (first, None))
            if state is None or first > stop:
                return None  # what has settled up to now cannot be played from anywhere
        header = ReplayHeader.of(
            session.game,
            session.config,
            name=self._game_name or None,
            names=self._names,
            controllers=[session.controllers.get(player, "") for player in range(session.game.players)],
            packages=self._packages,
            recorded_at=self._recorded_at,
            first_frame=first,
        )
        self._tape = tape = Tape(header, self.path)
        if first:
            tape.keyframe(first, state)
        while self._sums and self._sums[0][0] < first:
            self._sums.popleft()
        self._plan = KeyframePlan(first, header.fps, self._keyframe_every, self._interval)
        for event in self._early:
            self._note(tape, event)
        return tape

    def _take_states(self) -> None:
        """Take the checksums and states of confirmed frames while they are held."""
        session, confirmed = self._session, self._session.confirmed
        while 0 <= self._due <= confirmed + 1:
            value = checksum_of(session, self._due)
            if value is not None:
                self._sums.append((self._due, value))
            self._due += self._interval
        while 0 <= self._plan.due <= confirmed + 1:
            due = self._plan.due
            state = session.held_state(due)
            if state is None:
                self._plan.skip()
            elif self._plan.is_affordable(state):
                self._states.append((due, state, None))
                self._plan.wait()  # until it is written, and its size is known
        if self._mend is not None:
            frame, noted = self._mend
            held = next(held_states(session, frame), None)
            if held is not None:
                self._states.append((*held, noted))
                self._plan.go_on(held[0])
                self._mend = None

    def _write(self, tape: Tape) -> None:
        """Write what belongs to frames that have settled."""
        while self._sums and self._sums[0][0] <= tape.next_frame:
            self._last_sum, value = self._sums.popleft()
            tape.checksum(self._last_sum, value)
        while self._states and self._states[0][0] <= tape.next_frame:
            frame, state, mended = self._states.popleft()
            before, self._last_keyframe = tape.size, frame
            tape.keyframe(frame, state)
            if mended is None:
                self._plan.wrote(frame, tape.size - before)
            else:
                tape.event(frame, mended.kind, mended.data)

    def _note(self, tape: Tape, event: Event) -> None:
        noted = self._log.note(event, tape.next_frame)
        if noted is None:
            return
        if isinstance(event, PeerJoined):
            noted.data.update(self._seats_after(event))
        if isinstance(event, Resynced):
            self._mended(tape, noted)
        else:
            tape.event(*noted)

    def _seats_after(self, event: PeerJoined) -> dict[str, Any]:
        """Return who controls the players that somebody took, and, where that is us, whom nobody of their own plays."""
        controllers = self._session.controllers
        told: dict[str, Any] = {"controllers": [controllers.get(player, "") for player in event.players]}
        if not event.peer:
            vacant: dict[int, tuple[int, bool]] = getattr(self._session, "vacant", {})
            told["vacant"] = [[player, since, is_played] for player, (since, is_played) in vacant.items()]
        return told

    def _mended(self, tape: Tape, noted: Noted) -> None:
        """Go on from the state that was taken over: what was taken of the states before it, and is not written, is void."""
        first = max(tape.next_frame, noted.frame, self._last_sum + 1, self._last_keyframe + 1)
        self._sums.clear()
        self._states.clear()
        self._plan.wait()
        if self._interval:
            self._due = -(-first // self._interval) * self._interval
        self._mend = first, noted
        self._calls = 0

    def _write_bundle(self, found: DesyncFound) -> str | None:
        """Write the bundle of a desync and return its path; None where that cannot be done, which ends no match."""
        case = found.peer, found.frame
        if case in self._bundles:
            return self._bundles[case]  # a word of the peer that came late opened it once more
        if len(self._bundles) == MOST_BUNDLES or (self._tape is None and not self._session.frame):
            return None
        self._bundles[case] = None
        try:
            session = self._session
            if not self._closed:
                self._look(is_all=True)
            if self._tape is None:
                return None
            state = NO_STATE if hasattr(session.game, "digest") else session.held_state(found.frame)
            state = NO_STATE if state is None else state
            path = write_bundle(self._folder, self._room, found, self._tape, codecs_of(session.game), state)
        except Exception as error:  # a disk, or a codec or a state of the game's own: the match goes on without a bundle
            self._bundle_problem = str(error)
        else:
            self._bundles[case] = str(path)
        return self._bundles[case]
