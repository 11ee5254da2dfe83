"""A game that is led along a recording. Knows inputs and keyframes; compares nothing, and knows no file and no clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from rollback.errors import GameError, ReplayError
from rollback.game import Game, codecs_of
from rollback.replays.recording import Recording

__all__ = ["Astray", "Course"]

_REMEMBERED: Final = 65_536  # decoded rows: a few button states make up a whole match
_LONGEST: Final = 200  # characters of what a file says of itself in a message


class Astray(Exception):
    """The game cannot follow the recording any further.

    Attributes:
        frame: Where.
    """

    def __init__(self, frame: int, message: str) -> None:
        super().__init__(message)
        self.frame = frame


class Course:
    """A game on its way; it stands in the state before `frame`.

    Args:
        recording: What was recorded.
        game: A game that nobody else uses meanwhile.

    Raises:
        GameError: The recording is of another game.

    Attributes:
        game: The game.
        frame: Where it stands.
        stepped: Frames it was stepped.
    """

    def __init__(self, recording: Recording, game: Game) -> None:
        self.game: Any = game  # what it has beyond the protocol is found by name
        self.frame = recording.first
        self.stepped = 0
        self._recording = recording
        self._codecs = codecs_of(game)
        self._has_over = hasattr(game, "over")
        self._is_remembering = all(getattr(codec, "immutable", False) for codec in self._codecs)
        self._actions: dict[bytes, tuple[Any, ...]] = {}
        ours = tuple(codec.describe() for codec in self._codecs), tuple(codec.size for codec in self._codecs)
        theirs = recording.header.codecs, recording.header.sizes
        if ours != theirs:
            raise GameError(
                f"the replay is of {_tame(recording.header.game_id) or 'a game'} with the codecs"
                f" {_tame(', '.join(theirs[0]))}, but"
                f" {type(game).__name__} has {', '.join(ours[0])}: give the game that was recorded"
            )

    def begin(self) -> None:
        """Make the game what it was when the recording began.

        Raises:
            Astray: It cannot be made that.
        """
        recording = self._recording
        self.frame = recording.first
        if callable(reset := getattr(self.game, "reset", None)):
            self.call("reset", lambda: reset(recording.header.seed))
        if recording.first:
            if recording.first not in recording.keyframes:
                raise Astray(self.frame, f"the recording begins with frame {self.frame}, and its state is not in it")
            self.load(recording.first)

    def load(self, frame: int) -> None:
        """Take the state of a keyframe.

        Raises:
            Astray: The keyframe cannot be read, or the game does not take it.
        """
        try:
            state = self._recording.keyframes[frame]
        except ReplayError as error:
            raise Astray(frame, str(error)) from None
        self.frame = frame
        self.call("load", lambda: self.game.load(state))

    def to(self, stop: int) -> None:
        """Step the game up to the state before `stop`, which lies ahead and in the recording.

        Raises:
            Astray: A step failed, or the game is over before.
        """
        game, remembered, before = self.game, self._actions, self.frame
        try:
            for row in self._recording.rows(before, stop):
                if self._has_over and game.over:
                    raise Astray(self.frame, f"the game is over before frame {self.frame}, the recording goes on")
                actions = remembered.get(row)
                game.step(self.decoded(row) if actions is None else actions)
                self.frame += 1
        except Astray:
            raise
        except Exception as error:  # a game may raise anything, and it is part of the answer
            raise self._failed("step", error) from error
        finally:
            self.stepped += self.frame - before

    def decoded(self, row: bytes) -> tuple[Any, ...]:
        """Return the actions of a frame, one a player."""
        actions, place = [], 0
        for codec in self._codecs:
            actions.append(codec.decode(row[place : place + codec.size]))
            place += codec.size
        if self._is_remembering and len(self._actions) < _REMEMBERED:
            self._actions[row] = tuple(actions)
        return tuple(actions)

    def call(self, name: str, method: Callable[[], Any]) -> Any:
        """Call a method of the game.

        Raises:
            Astray: It raised something.
        """
        try:
            return method()
        except Exception as error:  # as in `to`
            raise self._failed(name, error) from error

    def _failed(self, name: str, error: Exception) -> Astray:
        try:
            told = _tame(" ".join(str(error).split()))
        except Exception:  # it holds what cannot be told
            told = "it cannot say what"
        return Astray(self.frame, f"{name}() raised {type(error).__name__} at frame {self.frame}: {told}")


def _tame(text: str) -> str:
    """Return what a file says of itself, short, and without anything that could steer a terminal."""
    cut = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
    return "".join(letter if letter.isprintable() else "?" for letter in cut)
