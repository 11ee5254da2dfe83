"""Playing a recording at any speed, forwards, backwards and from anywhere. Knows frames and games; knows no clock."""

from __future__ import annotations

from bisect import bisect_right
from math import isfinite
from typing import Any, Final, Self

from rollback.errors import ReplayError, UsageError
from rollback.game import Game
from rollback.replays.course import Astray, Course
from rollback.replays.naming import named_game
from rollback.replays.recording import Recording
from rollback.state.trees import shown

__all__ = ["Player"]

_STRIDE: Final = 300  # frames between states that are remembered on the way: going back a frame replays at most these
_REMEMBERED: Final = 16  # of them: enough to look around where one is, and bounded however large a state is
_FASTEST: Final = 1000.0


class Player:
    """A game that can be put anywhere in a recording; iterate to play on from where it stands.

    Iterating yields (frame, game), first where the player stands, then frame by frame up to the end. Between two of them
    the caller waits `wait` seconds, or not at all; nothing here looks at a clock. Seeking and stepping are allowed at any
    time, and playing goes on from there.

    Args:
        recording: A `Replay`.
        game: A fresh game of the kind that was recorded; made from the header's name if it is a built-in one.
        speed: 1 is the speed of the match, 2 is twice as fast.

    Raises:
        UsageError: No game is given, and the header names no built-in one; or `speed` is not one.
        GameError: The recording is of another game.
        ReplayError: The game cannot be brought to where the recording begins.

    Attributes:
        game: The game, in the state before `frame`. It may be looked at, never changed.
    """

    def __init__(self, recording: Recording, game: Game | None = None, *, speed: float = 1.0) -> None:
        self.speed = speed
        self.game: Any = named_game(recording.header) if game is None else game
        self._recording = recording
        self._course = Course(recording, self.game)
        self._keyframes = sorted(frame for frame in recording.keyframes if recording.first <= frame <= recording.end)
        self._taken_over = recording.taken_over
        self._remembered: dict[int, Any] = {}
        self._shown: int | None = None
        self._is_lost = False  # a step failed half-way: the game is in no state of the recording
        self._do(self._course.begin)
        self._remember()

    @property
    def frame(self) -> int:
        """Where the game stands: in the state before this frame."""
        return self._course.frame

    @property
    def end(self) -> int:
        """The last frame there is a state before."""
        return self._recording.end

    @property
    def speed(self) -> float:
        """How many times as fast as the match; may be set at any time."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        is_number = isinstance(speed, int | float) and not isinstance(speed, bool) and isfinite(speed)
        if not is_number or not 0 < speed <= _FASTEST:
            raise UsageError(f"speed must be a number above 0, at most {_FASTEST:g}, not {shown(speed)}")
        self._speed = speed

    @property
    def wait(self) -> float:
        """Seconds from one frame to the next at this speed."""
        return 1 / (self._recording.header.fps * self._speed)

    def seek(self, frame: int) -> None:
        """Put the game into the state before `frame`: from the nearest keyframe, or the nearest state on the way.

        Raises:
            ReplayError: The recording has no such frame, or the game cannot follow it up to there.
        """
        recording = self._recording
        if type(frame) is not int or not recording.first <= frame <= recording.end:
            raise ReplayError(
                f"the replay has no state before frame {shown(frame)}: it goes from {recording.first} to {recording.end}"
            )
        self._start_near(frame)
        while self.frame < frame:
            self._step_to(min(frame, (self.frame // _STRIDE + 1) * _STRIDE, self._next_taken_over()))
            if self.frame in self._taken_over:
                self._do(lambda: self._course.load(self.frame))
            self._remember()

    def step(self, frames: int = 1) -> int:
        """Go so many frames on, or back where `frames` is negative, but not past either end; return where that is.

        Raises:
            ReplayError: The game cannot follow the recording up to there.
        """
        self.seek(max(self._recording.first, min(self.end, self.frame + frames)))
        return self.frame

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[int, Any]:
        if self._shown == self.frame:
            if self.frame >= self.end:
                raise StopIteration
            self.step()
        self._shown = self.frame
        return self.frame, self.game

    def _step_to(self, stop: int) -> None:
        self._do(lambda: self._course.to(stop))

    def _start_near(self, frame: int) -> None:
        place = bisect_right(self._keyframes, frame)
        keyframe = self._keyframes[place - 1] if place else -1
        remembered = max((each for each in self._remembered if each <= frame), default=-1)
        here = self.frame if self.frame <= frame and not self._is_lost else -1
        if here >= max(keyframe, remembered):
            return
        self._is_lost = False
        if remembered >= keyframe:
            state = self._remembered[remembered]
            self._course.frame = remembered
            self._do(lambda: self._course.call("load", lambda: self.game.load(state)))
        elif keyframe >= 0:
            self._do(lambda: self._course.load(keyframe))
        else:
            self._do(self._course.begin)

    def _next_taken_over(self) -> int:
        place = bisect_right(self._taken_over, self.frame)
        return self._taken_over[place] if place < len(self._taken_over) else self.end

    def _remember(self) -> None:
        if self.frame % _STRIDE == 0 and self.frame not in self._remembered:
            self._remembered[self.frame] = self._do(lambda: self._course.call("save", self.game.save))
            if len(self._remembered) > _REMEMBERED:
                del self._remembered[next(iter(self._remembered))]

    def _do(self, what: Any) -> Any:
        try:
            return what()
        except Astray as astray:
            self._is_lost = True
            raise ReplayError(f"the recording cannot be played from frame {astray.frame} on: {astray}") from astray
