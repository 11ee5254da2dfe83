"""A game that goes wrong on purpose at one frame, on one peer only: the demo shows what is done about it. Knows no network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from rollback.errors import UsageError
from rollback.game import Game

__all__ = ["Spoiler", "check_sabotage", "spoilt"]


class Progress(Protocol):
    """What says which frame is being stepped: a session."""

    @property
    def frame(self) -> int:
        """The frame whose state the game holds."""


class Spoiler:
    """Makes `game` go wrong in the step to S_frame, however often it is stepped again.

    The class of the game is replaced by one of the same name, so that the peers still take it for the same game.

    Attributes:
        session: To be set before frame 0; without one all goes well.
    """

    def __init__(self, game: Any, frame: int) -> None:
        self.session: Progress | None = None
        spoiler, kind = self, type(game)

        class Spoilt(kind):  # type: ignore[misc, valid-type]
            __slots__ = ()

            def step(self, actions: Sequence[Any]) -> None:
                super().step(actions)
                if spoiler.session is not None and spoiler.session.frame == frame - 1:
                    self.load(spoilt(self.save()))

        Spoilt.__name__, Spoilt.__qualname__, Spoilt.__module__ = kind.__name__, kind.__qualname__, kind.__module__
        game.__class__ = Spoilt


def check_sabotage(game: Game, frame: int, frames: int) -> None:
    """Find out whether the state of this game can be spoilt at this frame.

    Raises:
        UsageError: It cannot.
    """
    if frame > frames:
        raise UsageError(f"--sabotage {frame} comes after the end of the match, frame {frames}: name an earlier one")
    reset = getattr(game, "reset", None)
    if callable(reset):
        reset(0)
    if _numbers(game.save()) == 0:
        raise UsageError(
            f"--sabotage changes a whole number of the state, and that of {type(game).__name__} has none in a dict, list"
            " or tuple: name another game"
        )
    try:
        Spoiler(game, frame)
    except TypeError as error:  # a class with slots or a layout of its own
        raise UsageError(f"--sabotage cannot take the place of {type(game).__name__}.step: {error}") from None


def spoilt(state: Any) -> Any:
    """Return a copy of a state tree whose first and last whole number are one more.

    The first one can be seen, mostly; the last one is mostly of a kind that no game puts right again by itself.
    """
    count = _numbers(state)
    return _changed(state, {0, count - 1}, [0])


def _is_number(state: Any) -> bool:
    return type(state) is int


def _numbers(state: Any) -> int:
    if type(state) is dict:
        return sum(map(_numbers, state.values()))
    if type(state) in (list, tuple):
        return sum(map(_numbers, state))
    return int(_is_number(state))


def _changed(state: Any, chosen: set[int], seen: list[int]) -> Any:
    if type(state) is dict:
        return {key: _changed(entry, chosen, seen) for key, entry in state.items()}
    if type(state) in (list, tuple):
        return type(state)([_changed(entry, chosen, seen) for entry in state])
    if not _is_number(state):
        return state
    seen[0] += 1
    return state + 1 if seen[0] - 1 in chosen else state
