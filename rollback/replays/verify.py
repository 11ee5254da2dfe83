"""Plays a recording again and compares. Knows games and recordings; knows no files and no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import merge
from typing import Any, Final

from rollback.errors import GameError, ReplayError, UsageError
from rollback.game import Game, codecs_of
from rollback.replays.recording import Recording
from rollback.state import Difference, checksum, diff

__all__ = ["Verdict", "verify"]

_REMEMBERED: Final = 65_536  # decoded rows: a few button states make up a whole match
_NAMED: Final = 3  # differences in the message; all are in the verdict
_LONGEST: Final = 200  # characters of what a file says of itself in a message


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
    """

    ok: bool
    frames: int
    first_bad_frame: int | None
    differences: tuple[Difference, ...]
    message: str
    checked: int = 0


class _Trouble(Exception):
    """The simulation and the recording part ways."""

    def __init__(self, frame: int, message: str, differences: Sequence[Difference] = ()) -> None:
        super().__init__(message)
        self.frame = frame
        self.differences = tuple(differences)


def verify(recording: Recording, game: Game) -> Verdict:
    """Simulate `game`, which must be fresh, on the recorded inputs and compare all checksums and keyframes.

    Raises:
        GameError: The recording is of another game, or the game's state is no state tree and has no digest.
    """
    rerun = _Rerun(recording, game)
    try:
        rerun.run()
    except _Trouble as trouble:
        return Verdict(False, rerun.frame, trouble.frame, trouble.differences, str(trouble), rerun.checked)
    if not rerun.checked:
        message = f"nothing to compare: {rerun.frame} frames were simulated, but the recording holds no checksum of them"
        return Verdict(False, rerun.frame, None, (), message)
    message = f"all {rerun.frame} frames agree with the recording ({rerun.checked} states compared)"
    if not recording.is_ended:
        message = f"the {rerun.frame} frames that can be read agree with the recording ({rerun.checked} states compared)"
    return Verdict(True, rerun.frame, None, (), message, rerun.checked)


class _Rerun:
    def __init__(self, recording: Recording, game: Game) -> None:
        self._recording = recording
        self._game = game
        self._codecs = codecs_of(game)
        self._has_over = hasattr(game, "over")
        self._is_remembering = all(getattr(codec, "immutable", False) for codec in self._codecs)
        self._actions: dict[bytes, tuple[Any, ...]] = {}
        self.frame = 0  # frames simulated; the state is the one before this frame
        self.agreed: int | None = None  # the last frame whose state was compared and agreed
        self.checked = 0
        ours = tuple(codec.describe() for codec in self._codecs), tuple(codec.size for codec in self._codecs)
        theirs = recording.header.codecs, recording.header.sizes
        if ours != theirs:
            raise GameError(
                f"the replay is of {_tame(recording.header.game_id) or 'a game'} with the codecs"
                f" {_tame(', '.join(theirs[0]))}, but"
                f" {type(game).__name__} has {', '.join(ours[0])}: give the game that was recorded"
            )

    def run(self) -> None:
        """Simulate all frames, or raise `_Trouble` at the first state that differs."""
        recording = self._recording
        if callable(reset := getattr(self._game, "reset", None)):
            self._call("reset", lambda: reset(recording.header.seed))
        compared = -1
        for frame in merge(recording.checksums, recording.keyframes, [recording.frames]):
            if compared < frame <= recording.frames:
                self._step_to(frame)
                self._compare()
                compared = frame

    def _compare(self) -> None:
        frame, recording = self.frame, self._recording
        if frame in recording.keyframes:
            self._count(self._against_keyframe())
        ours = None
        wanted = [recording.checksums.get(frame), recording.final_checksum if frame == recording.frames else None]
        for recorded in wanted:
            if recorded is not None:
                ours = self._checksum() if ours is None else ours
                self._count([] if ours == recorded else None)

    def _count(self, differences: Sequence[Difference] | None) -> None:
        """Count a comparison; None is a difference that only a keyframe can tell more of."""
        self.checked += 1
        if differences is not None and not differences:
            self.agreed = self.frame
            return
        bad, where = self.frame, ""
        if differences is None:
            later = [frame for frame in self._recording.keyframes if bad < frame <= self._recording.frames]
            differences = ()
            if later:
                try:
                    self._step_to(min(later))
                    differences = self._against_keyframe()
                    where = f" at the next keyframe, before frame {self.frame},"
                except _Trouble:
                    pass  # the first state that differs is what counts; this only looked for words
        named = "; ".join(map(str, differences[:_NAMED])) + (" and more" if len(differences) > _NAMED else "")
        told = f":{where} {named} (recorded != simulated)" if differences else ": its checksum is another"
        since = "no earlier one was compared" if self.agreed is None else f"that before frame {self.agreed} agreed"
        raise _Trouble(bad, f"the state before frame {bad} differs from the recording{told}; {since}", differences)

    def _against_keyframe(self) -> list[Difference]:
        try:
            recorded = self._recording.keyframes[self.frame]
        except ReplayError as error:
            raise _Trouble(self.frame, str(error)) from None
        digest = getattr(self._game, "digest", None)
        if digest is None:
            return self._diff(recorded, self._call("save", self._game.save))
        # Only the digest counts, so the snapshot is loaded to ask for its digest; then all goes on as it was.
        ours, ours_digest = self._call("save", self._game.save), self._call("digest", digest)
        self._call("load", lambda: self._game.load(recorded))
        recorded_digest = self._call("digest", digest)
        self._call("load", lambda: self._game.load(ours))
        return self._diff(recorded_digest, ours_digest)

    def _checksum(self) -> int:
        digest = getattr(self._game, "digest", None)
        state = self._call("save", self._game.save) if digest is None else self._call("digest", digest)
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

    def _step_to(self, stop: int) -> None:
        game, remembered = self._game, self._actions
        try:
            for row in self._recording.rows(self.frame, stop):
                if self._has_over and game.over:  # type: ignore[attr-defined]
                    message = f"the game is over before frame {self.frame}, the recording goes on"
                    raise _Trouble(self.frame, message)
                actions = remembered.get(row)
                game.step(self._decoded(row) if actions is None else actions)
                self.frame += 1
        except _Trouble:
            raise
        except Exception as error:  # a game may raise anything, and it is part of the answer
            raise self._failed("step", error) from error

    def _decoded(self, row: bytes) -> tuple[Any, ...]:
        actions, place = [], 0
        for codec in self._codecs:
            actions.append(codec.decode(row[place : place + codec.size]))
            place += codec.size
        if self._is_remembering and len(self._actions) < _REMEMBERED:
            self._actions[row] = tuple(actions)
        return tuple(actions)

    def _call(self, name: str, method: Any) -> Any:
        try:
            return method()
        except Exception as error:  # as in _step_to
            raise self._failed(name, error) from error

    def _failed(self, name: str, error: Exception) -> _Trouble:
        return _Trouble(self.frame, f"{name}() raised {type(error).__name__} at frame {self.frame}: {error}")


def _tame(text: str) -> str:
    """Return what a file says of itself, short, and without anything that could steer a terminal."""
    cut = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
    return "".join(letter if letter.isprintable() else "?" for letter in cut)
