"""Plays a recording again and compares. Knows games and recordings; knows no files and no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import merge
from typing import Any, Final

from rollback.errors import GameError, ReplayError, UsageError
from rollback.game import Game
from rollback.replays.course import Astray, Course
from rollback.replays.events import DESYNC, MENDED
from rollback.replays.recording import Recording
from rollback.state import Difference, checksum, diff

__all__ = ["Verdict", "verify"]

_NAMED: Final = 3  # differences in the message; all are in the verdict
_SHORT: Final = 16  # frames between checksums below which peers do not exchange every one of them
_SLACK: Final = 64  # frames: then a desync is found a little later than it shows


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of playing a recording again.

    Attributes:
        ok: Whether all that was recorded came out again, and there was something to compare.
        frames: Frames simulated.
        first_bad_frame: The first frame before which the states differ, or at which the game failed; None if `ok`.
        differences: Where they differ, recorded value first, as far as a keyframe tells.
        message: All of it in one sentence.
        checked: Checksums and keyframes compared.
        taken_over: Frames whose state had to be taken from the recording, because the inputs do not lead there: the first
            one of a recording that begins late, and those where a desync was mended.
        agreed: The last frame whose state was compared and agreed; frames after it count for nothing. None without one.
    """

    ok: bool
    frames: int
    first_bad_frame: int | None
    differences: tuple[Difference, ...]
    message: str
    checked: int = 0
    taken_over: tuple[int, ...] = ()
    agreed: int | None = None


class _Trouble(Exception):
    """The simulation and the recording part ways."""

    def __init__(self, frame: int, message: str, differences: Sequence[Difference] = ()) -> None:
        super().__init__(message)
        self.frame = frame
        self.differences = tuple(differences)


def verify(recording: Recording, game: Game) -> Verdict:
    """Simulate `game`, which must be fresh, on the recorded inputs and compare all checksums and keyframes.

    Where the recording tells of a desync that was mended, states that differ up to there are no surprise: the state that was
    taken over is taken over again. So it is with the first state of a recording that begins late. The verdict says so.

    Raises:
        GameError: The recording is of another game, or the game's state is no state tree and has no digest.
    """
    rerun = _Rerun(recording, game)
    try:
        rerun.run()
    except (_Trouble, Astray) as trouble:
        differences = trouble.differences if isinstance(trouble, _Trouble) else ()
        return rerun.verdict(str(trouble), first_bad_frame=trouble.frame, differences=differences)
    stepped = rerun.course.stepped
    if not rerun.checked:
        nothing = "nothing to compare"
        return rerun.verdict(f"{nothing}: {stepped} frames were simulated, but the recording holds no checksum of them")
    which = f"all {stepped} frames" if recording.is_ended else f"the {stepped} frames that can be read"
    which += f" from frame {recording.first} on" if recording.first else ""
    mended = [frame for frame in rerun.taken_over if frame != recording.first]
    told = f"{which} agree with the recording ({rerun.checked} states compared)"
    if mended:
        named = ", ".join(map(str, mended))
        told += f"; as it tells, peers had come apart, and went on from the recorded state before frame {named}"
    if recording.is_ended and rerun.agreed is not None and rerun.agreed < recording.end:
        told += f"; with nothing to compare the frames from {rerun.agreed} on"
    return rerun.verdict(told, is_ok=True)


class _Rerun:
    def __init__(self, recording: Recording, game: Game) -> None:
        self.course = Course(recording, game)
        self.checked = 0
        self.agreed: int | None = None  # the last frame whose state was compared and agreed
        self.taken_over: list[int] = []
        self._recording = recording
        self._game: Any = game
        self._mended = _mended_spans(recording)

    def verdict(
        self,
        message: str,
        *,
        is_ok: bool = False,
        first_bad_frame: int | None = None,
        differences: tuple[Difference, ...] = (),
    ) -> Verdict:
        """Return what is known now."""
        taken_over = tuple(self.taken_over)
        stepped = self.course.stepped
        return Verdict(is_ok, stepped, first_bad_frame, differences, message, self.checked, taken_over, self.agreed)

    def run(self) -> None:
        """Simulate all frames, or raise at the first state that differs."""
        course, recording = self.course, self._recording
        course.begin()
        if recording.first:
            self.taken_over.append(recording.first)
        compared = -1
        for frame in merge(recording.checksums, recording.keyframes, [recording.end]):
            if max(compared + 1, course.frame) <= frame <= recording.end:
                compared = frame
                try:
                    course.to(frame)
                    self._compare()
                except (_Trouble, Astray) as trouble:
                    self._go_on_after(trouble)
        self._check_reach()

    def _check_reach(self) -> None:
        """Look whether there are checksums that no frame of a recording with an end leads to."""
        recording = self._recording
        beyond = [frame for frame in recording.checksums if not recording.first <= frame <= recording.end]
        if beyond and recording.is_ended:
            reach = f"which goes from {recording.first} to {recording.end}"
            raise _Trouble(beyond[0], f"there is a checksum of frame {beyond[0]} in the recording, {reach}")

    def _go_on_after(self, trouble: _Trouble | Astray) -> None:
        """Take over the state that mended what went wrong, if the recording tells that it was mended."""
        for start, mended in self._mended:
            if start < trouble.frame <= mended and mended not in self.taken_over:
                self.course.load(mended)
                self.taken_over.append(mended)
                self._compare()
                return
        raise trouble

    def _compare(self) -> None:
        frame, recording = self.course.frame, self._recording
        is_given = bool(self.taken_over) and frame == self.taken_over[-1]  # then only that it is what its checksum says
        if frame in recording.keyframes and not is_given:
            self._count(self._against_keyframe())
        ours = None
        wanted = [recording.checksums.get(frame), recording.final_checksum if frame == recording.end else None]
        for recorded in wanted:
            if recorded is not None:
                ours = self._checksum() if ours is None else ours
                self._count([] if ours == recorded else None, is_given=is_given)

    def _count(self, differences: Sequence[Difference] | None, *, is_given: bool = False) -> None:
        """Count a comparison; None is a difference that only a keyframe can tell more of."""
        self.checked += not is_given
        if differences is not None and not differences:
            self.agreed = self.course.frame
            return
        bad, where = self.course.frame, ""
        if differences is None:
            later = [frame for frame in self._recording.keyframes if bad < frame <= self._recording.end]
            differences = ()
            if later:
                try:
                    self.course.to(min(later))
                    differences = self._against_keyframe()
                    where = f" at the next keyframe, before frame {self.course.frame},"
                except (_Trouble, Astray):
                    pass  # the first state that differs is what counts; this only looked for words
        named = "; ".join(map(str, differences[:_NAMED])) + (" and more" if len(differences) > _NAMED else "")
        told = f":{where} {named} (recorded != simulated)" if differences else ": its checksum is another"
        since = "no earlier one was compared" if self.agreed is None else f"that before frame {self.agreed} agreed"
        raise _Trouble(bad, f"the state before frame {bad} differs from the recording{told}; {since}", differences)

    def _against_keyframe(self) -> list[Difference]:
        course, frame = self.course, self.course.frame
        digest = getattr(self._game, "digest", None)
        ours = course.call("save", self._game.save)
        if digest is None:
            try:
                recorded = self._recording.keyframes[frame]
            except ReplayError as error:
                raise _Trouble(frame, str(error)) from None
            return self._diff(recorded, ours)
        # Only the digest counts, so the snapshot is loaded to ask for its digest; then all goes on as it was.
        ours_digest = course.call("digest", digest)
        course.load(frame)
        recorded_digest = course.call("digest", digest)
        course.call("load", lambda: self._game.load(ours))
        return self._diff(recorded_digest, ours_digest)

    def _checksum(self) -> int:
        digest = getattr(self._game, "digest", None)
        state = self.course.call("save", self._game.save) if digest is None else self.course.call("digest", digest)
        try:
            return checksum(state)
        except UsageError as error:
            raise self._opaque(error) from None

    def _diff(self, recorded: Any, ours: Any) -> list[Difference]:
        try:
            return diff(recorded, ours)
        except UsageError as error:
            raise self._opaque(error) from None

    def _opaque(self, error: UsageError) -> GameError:
        name = type(self._game).__name__
        return GameError(f"{name} cannot be verified without a digest() that returns a state tree: {error}")


def _mended_spans(recording: Recording) -> list[tuple[int, int]]:
    """Return for each mended desync the frame that was still agreed upon, and the one whose state was taken over."""
    spans = []
    taken_over, found = recording.taken_over, recording.end
    interval = recording.header.desync_interval
    slack = interval if interval >= _SHORT else _SLACK
    for event in recording.events:
        if event.kind == DESYNC:
            found = min(found, event.since)
        elif event.kind == MENDED and event.frame in taken_over:
            if found < recording.end:
                spans.append((found - slack, event.frame))
            found = recording.end
    return spans
